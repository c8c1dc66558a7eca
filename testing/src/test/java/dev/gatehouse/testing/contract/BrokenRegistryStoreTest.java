package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Stores that break one rule each: the contract must notice. */
final class BrokenRegistryStoreTest {
  /** What a broken store answers; {@code store} is the sound one, inside the transaction or not. */
  private interface Defect {
    Object answer(RegistryStore store, Method method, Object[] arguments) throws Throwable;
  }

  private abstract static class Broken extends RegistryStoreContract {
    private final Defect defect;

    Broken(Defect defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return broken(MemoryStorage.create(leaseClock), defect);
    }
  }

  private abstract static class BrokenChanges extends RegistryChangesContract {
    private final Defect defect;

    BrokenChanges(Defect defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return broken(MemoryStorage.create(leaseClock), defect);
    }
  }

  private static Storage broken(Storage storage, Defect defect) {
    return proxy(
        Storage.class,
        (method, arguments) ->
            method.getName().equals("registry")
                ? broken(storage.registry(), defect)
                : invoke(storage, method, arguments));
  }

  private static RegistryStore broken(RegistryStore store, Defect defect) {
    return proxy(
        RegistryStore.class,
        (method, arguments) ->
            method.getName().equals("joining")
                ? broken((RegistryStore) invoke(store, method, arguments), defect)
                : defect.answer(store, method, arguments));
  }

  private interface Answer {
    Object to(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> answer.to(method, arguments)));
  }

  private static Object invoke(Object target, Method method, Object... arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static boolean is(Method method, String name, Class<?> first) {
    return method.getName().equals(name) && method.getParameterTypes()[0] == first;
  }

  static final class Sound extends Broken {
    Sound() {
      super(BrokenRegistryStoreTest::invoke);
    }
  }

  static final class SoundChanges extends BrokenChanges {
    SoundChanges() {
      super(BrokenRegistryStoreTest::invoke);
    }
  }

  @Test
  void sound_passes() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
    assertThat(ContractRun.brokenRules(SoundChanges.class)).isEmpty();
  }

  static final class SkipsVersions extends BrokenChanges {
    SkipsVersions() {
      super(
          (store, method, arguments) -> {
            Object answer = invoke(store, method, arguments);
            return method.getName().equals("advance") ? invoke(store, method, arguments) : answer;
          });
    }
  }

  @Test
  void advance_skippingVersions_noticed() {
    assertThat(ContractRun.brokenRules(SkipsVersions.class)).contains("REGISTRY1", "REGISTRY2");
  }

  static final class RepeatsChanges extends BrokenChanges {
    RepeatsChanges() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("changes")) {
              return store.changes(Math.max(0, (long) arguments[0] - 1), (int) arguments[1]);
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void changes_withTheOneBefore_noticed() {
    assertThat(ContractRun.brokenRules(RepeatsChanges.class)).containsExactly("REGISTRY2");
  }

  static final class DropsCallback extends Broken {
    DropsCallback() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("insert")) {
              Application given = (Application) arguments[0];
              return store.insert(
                  Application.named(given.name())
                      .retryPolicy(given.retryPolicy())
                      .status(given.status())
                      .remark(given.remark())
                      .registered(given.id(), given.appKey(), given.createdAt(), null));
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void insert_withoutCallback_noticed() {
    assertThat(ContractRun.brokenRules(DropsCallback.class)).containsExactly("REGISTRY3");
  }

  static final class TurkishNames extends Broken {
    TurkishNames() {
      super(
          (store, method, arguments) -> {
            if (is(method, "findServer", String.class)) {
              return store.findServer(((String) arguments[0]).toLowerCase(new Locale("tr")));
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void findServer_byTurkishCase_noticed() {
    assertThat(ContractRun.brokenRules(TurkishNames.class)).contains("REGISTRY4");
  }

  static final class IgnoresCaseOfKeys extends Broken {
    IgnoresCaseOfKeys() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("findApplicationByKey")) {
              return store.applications("", 1000).stream()
                  .filter(one -> one.appKey().equalsIgnoreCase((String) arguments[0]))
                  .findFirst();
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void findApplicationByKey_anyCase_noticed() {
    assertThat(ContractRun.brokenRules(IgnoresCaseOfKeys.class)).containsExactly("REGISTRY4");
  }

  static final class OverwritesNames extends Broken {
    OverwritesNames() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("insert")) {
              Application given = (Application) arguments[0];
              store
                  .findApplication(given.name())
                  .ifPresent(taken -> store.removeApplication(taken.id()));
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void insert_overTakenName_noticed() {
    assertThat(ContractRun.brokenRules(OverwritesNames.class)).contains("REGISTRY5");
  }

  static final class KeepsFirstTimes extends Broken {
    KeepsFirstTimes() {
      super(
          (store, method, arguments) -> {
            if (is(method, "put", Server.class)) {
              Server given = (Server) arguments[0];
              Optional<Server> before = store.findServer(given.name());
              if (before.isPresent()) {
                store.put(
                    given.registered(
                        before.get().createdAt().orElseThrow(),
                        before.get().updatedAt().orElseThrow()));
                return null;
              }
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void putServer_keepingTimes_noticed() {
    assertThat(ContractRun.brokenRules(KeepsFirstTimes.class)).containsExactly("REGISTRY6");
  }

  static final class LeavesOrphans extends Broken {
    LeavesOrphans() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("removeServer")) {
              return invoke(store, method, arguments);
            }
            List<Service> services = store.servicesOn((String) arguments[0], "", 1000);
            boolean removed = store.removeServer((String) arguments[0]);
            if (removed && !services.isEmpty()) {
              Server server = Server.named((String) arguments[0]).at("h", 1);
              store.put(RegistryRows.registered(server));
              services.forEach(store::put);
            }
            return removed;
          });
    }
  }

  @Test
  void removeServer_leavingServices_noticed() {
    assertThat(ContractRun.brokenRules(LeavesOrphans.class)).contains("REGISTRY7");
  }

  static final class CountsWrong extends Broken {
    CountsWrong() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("servers")) {
              List<Server> page = store.servers((String) arguments[0], (int) arguments[1]);
              return page.size() > 1 ? page.subList(0, page.size() - 1) : page;
            }
            if (method.getName().equals("applications")) {
              return store.applications((String) arguments[0], 1000);
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void pages_ofWrongSize_noticed() {
    assertThat(ContractRun.brokenRules(CountsWrong.class)).contains("REGISTRY8");
  }

  static final class WritesOutside extends Broken {
    WritesOutside() {
      super(
          new Defect() {
            private final Map<String, Server> kept = new HashMap<>();

            @Override
            public Object answer(RegistryStore store, Method method, Object[] arguments)
                throws Throwable {
              if (is(method, "put", Server.class)) {
                Server given = (Server) arguments[0];
                kept.put(RegistryStore.nameKey(given.name()), given);
              }
              if (method.getName().equals("servers") && arguments[0].equals("")) {
                return kept.values().stream().limit((int) arguments[1]).toList();
              }
              return invoke(store, method, arguments);
            }
          });
    }
  }

  @Test
  void put_outsideTheTransaction_noticed() {
    assertThat(ContractRun.brokenRules(WritesOutside.class)).contains("REGISTRY9");
  }

  private abstract static class BrokenInstances extends RegistryInstancesContract {
    private final Defect defect;

    BrokenInstances(Defect defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return broken(MemoryStorage.create(leaseClock), defect);
    }
  }

  static final class SoundInstances extends BrokenInstances {
    SoundInstances() {
      super(BrokenRegistryStoreTest::invoke);
    }
  }

  @Test
  void soundInstances_pass() {
    assertThat(ContractRun.brokenRules(SoundInstances.class)).isEmpty();
  }

  static final class RenewsAnyEpoch extends BrokenInstances {
    RenewsAnyEpoch() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("renew")) {
              Instance given = (Instance) arguments[0];
              return store
                  .findInstance(given.server(), given.address())
                  .map(store::renew)
                  .orElse(RegistryStore.LeaseRenewal.REFUSED);
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void renew_ofAnyEpoch_noticed() {
    assertThat(ContractRun.brokenRules(RenewsAnyEpoch.class)).containsExactly("REGISTRY10");
  }

  static final class RefusesWhatIsLocked extends BrokenInstances {
    private static final ReentrantLock LOCK = new ReentrantLock();

    RefusesWhatIsLocked() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("renew")) {
              return invoke(store, method, arguments);
            }
            if (!LOCK.tryLock()) {
              return RegistryStore.LeaseRenewal.REFUSED;
            }
            try {
              TimeUnit.MICROSECONDS.sleep(100);
              return invoke(store, method, arguments);
            } finally {
              LOCK.unlock();
            }
          });
    }
  }

  @Test
  void renew_refusedWhileAnotherRenews_noticed() {
    assertThat(ContractRun.brokenRules(RefusesWhatIsLocked.class)).containsExactly("REGISTRY10");
  }

  static final class RemovesWhatIsNotOver extends BrokenInstances {
    RemovesWhatIsNotOver() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("removeLapsed")) {
              Instance given = (Instance) arguments[0];
              return store.removeInstance(given.server(), given.address());
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void removeLapsed_whatIsNotOver_noticed() {
    assertThat(ContractRun.brokenRules(RemovesWhatIsNotOver.class)).containsExactly("REGISTRY10");
  }

  static final class DropsMetadata extends BrokenInstances {
    DropsMetadata() {
      super(
          (store, method, arguments) ->
              is(method, "put", Instance.class)
                  ? store.put(((Instance) arguments[0]).metadata(Map.of()))
                  : invoke(store, method, arguments));
    }
  }

  @Test
  void putInstance_withoutMetadata_noticed() {
    assertThat(ContractRun.brokenRules(DropsMetadata.class)).containsExactly("REGISTRY3");
  }

  static final class RemovesAnyEpoch extends BrokenInstances {
    RemovesAnyEpoch() {
      super(
          (store, method, arguments) -> {
            if (is(method, "removeInstance", Instance.class)) {
              Instance given = (Instance) arguments[0];
              return store.removeInstance(given.server(), given.address());
            }
            return invoke(store, method, arguments);
          });
    }
  }

  @Test
  void removeInstance_ofAnyEpoch_noticed() {
    assertThat(ContractRun.brokenRules(RemovesAnyEpoch.class)).containsExactly("REGISTRY7");
  }

  static final class LocksByAdvancing extends BrokenChanges {
    LocksByAdvancing() {
      super(
          (store, method, arguments) ->
              method.getName().equals("tryLock")
                  ? store.advance(RegistryStore.Subject.SERVER, "lock") > 0
                  : invoke(store, method, arguments));
    }
  }

  @Test
  void tryLock_leavesVersions_noticed() {
    assertThat(ContractRun.brokenRules(LocksByAdvancing.class)).containsExactly("REGISTRY1");
  }
}
