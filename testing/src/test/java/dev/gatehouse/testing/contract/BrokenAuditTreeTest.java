package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.audit.TreeExtension;
import dev.gatehouse.audit.TreeState;
import dev.gatehouse.audit.TreeTile;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transaction.Transaction;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each rule of the contract notices a tree that breaks it. */
class BrokenAuditTreeTest {
  @Test
  void AUDIT6_cursorOverIds_noticed() {
    assertThat(ContractRun.brokenRules(SkipsLateCommits.class)).contains("AUDIT6");
  }

  /** As one that goes on after the highest id that it has seen. */
  static class SkipsLateCommits extends Broken {
    private long highest;

    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("extend")) {
        ((TreeExtension) arguments[0])
            .leaves()
            .forEach(leaf -> highest = Math.max(highest, leaf.id()));
      }
      if (method.getName().equals("pending")) {
        return sound.pending(Math.max(highest, (long) arguments[0]), (int) arguments[1]);
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT9_leaseForAll_noticed() {
    assertThat(ContractRun.brokenRules(LeasesToAll.class)).contains("AUDIT9");
  }

  static class LeasesToAll extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("lease")
          ? sound.lease("all", (Duration) arguments[1])
          : BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT9_fenceNotRaised_noticed() {
    assertThat(ContractRun.brokenRules(KeepsFence.class)).contains("AUDIT9");
  }

  static class KeepsFence extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("lease")) {
        return sound
            .lease((String) arguments[0], (Duration) arguments[1])
            .map(state -> new TreeState(1, state.size(), state.root()));
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT10_lastLeafLost_noticed() {
    assertThat(ContractRun.brokenRules(LosesOrder.class)).contains("AUDIT10");
  }

  /** As one that gives indexes by id instead of the order it was told. */
  static class LosesOrder extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("extend")) {
        TreeExtension told = (TreeExtension) arguments[0];
        List<PendingLeaf> sorted =
            told.leaves().stream()
                .sorted(java.util.Comparator.comparingLong(PendingLeaf::id))
                .toList();
        return sound.extend(
            new TreeExtension(told.fence(), told.fromSize(), sorted, told.tiles(), told.head()));
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT11_fenceIgnored_noticed() {
    assertThat(ContractRun.brokenRules(IgnoresFence.class)).containsExactly("AUDIT11");
  }

  static class IgnoresFence extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("extend")) {
        TreeExtension told = (TreeExtension) arguments[0];
        return sound.extend(
            new TreeExtension(
                sound.state().fence(), told.fromSize(), told.leaves(), told.tiles(), told.head()));
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT12_readmissionForgotten_noticed() {
    assertThat(ContractRun.brokenRules(NeverReadmits.class)).containsExactly("AUDIT12");
  }

  static class NeverReadmits extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("readmit")
          ? null
          : BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT12_refusalForgotten_noticed() {
    assertThat(ContractRun.brokenRules(ForgetsRefusals.class)).contains("AUDIT12");
  }

  static class ForgetsRefusals extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("refuse")
          ? null
          : BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT13_stateReadBeforeTheLock_noticed() {
    assertThat(ContractRun.brokenRules(LocksTooLate.class)).contains("AUDIT13");
  }

  /** As one that reads the state from a snapshot taken before it had to wait. */
  static class LocksTooLate extends Broken {
    private Optional<TreeState> first = Optional.empty();

    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("lock")) {
        first = first.or(() -> Optional.of(sound.lock()));
        return first.get();
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT14_indexOffByOne_noticed() {
    assertThat(ContractRun.brokenRules(CountsFromOne.class)).containsExactly("AUDIT14");
  }

  static class CountsFromOne extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("leafHashes")) {
        return sound.leafHashes((long) arguments[0] + 1, (int) arguments[1]);
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  @Test
  void AUDIT15_tileCut_noticed() {
    assertThat(ContractRun.brokenRules(SpoilsTiles.class)).containsExactly("AUDIT15");
  }

  static class SpoilsTiles extends Broken {
    @Override
    Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("tile")) {
        return sound
            .tile((int) arguments[0], (long) arguments[1])
            .map(tile -> new TreeTile(tile.level(), tile.index(), new byte[8_192], tile.root()));
      }
      return BrokenStorage.invoke(sound, method, arguments);
    }
  }

  /** A contract over a memory storage whose tree is spoilt. */
  abstract static class Broken extends AuditTreeContract {
    abstract Object call(AuditTreeStore sound, Method method, Object[] arguments) throws Throwable;

    @Override
    protected Storage open(InstantSource leaseClock) {
      Storage sound = MemoryStorage.create(leaseClock);
      return BrokenStorage.broken(
          Storage.class,
          sound,
          (storage, method, arguments) ->
              method.getName().equals("audit")
                  ? store(storage.audit())
                  : BrokenStorage.invoke(storage, method, arguments));
    }

    private AuditStore store(AuditStore sound) {
      return BrokenStorage.broken(
          AuditStore.class,
          sound,
          (store, method, arguments) ->
              switch (method.getName()) {
                case "joining" -> store(store.joining((Transaction) arguments[0]));
                case "tree" -> BrokenStorage.broken(AuditTreeStore.class, store.tree(), this::call);
                default -> BrokenStorage.invoke(store, method, arguments);
              });
    }
  }
}
