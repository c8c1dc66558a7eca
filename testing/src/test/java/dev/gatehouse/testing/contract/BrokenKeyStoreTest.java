package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.contract.BrokenStorage.Defect;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Key stores that break one rule each: the contract must notice. */
class BrokenKeyStoreTest {
  abstract static class Broken extends KeyStoreContract {
    private final Defect<KeyStore> defect;

    Broken(Defect<KeyStore> defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenStorage.of(MemoryStorage.create(leaseClock), KeyStore.class, defect);
    }
  }

  static final class AltersMaterial extends Broken {
    AltersMaterial() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("find")) {
              return result;
            }
            return ((Optional<?>) result)
                .map(StoredKey.class::cast)
                .map(
                    found ->
                        found.material().length < 2
                            ? found
                            : new StoredKey(found.key(), new byte[] {found.material()[0]}));
          });
    }
  }

  static final class ShowsKeysOfOthers extends Broken {
    ShowsKeysOfOthers() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            return method.getName().equals("find") && ((Optional<?>) result).isEmpty()
                ? store.find((Long) arguments[0] - 1, (Long) arguments[1])
                : result;
          });
    }
  }

  static final class InsertsOverWhatIsThere extends Broken {
    InsertsOverWhatIsThere() {
      super(
          (store, method, arguments) ->
              method.getName().equals("insert") && store.update((StoredKey) arguments[0])
                  ? null
                  : invoke(store, method, arguments));
    }
  }

  static final class UpdatesWhatIsNotThere extends Broken {
    UpdatesWhatIsNotThere() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (Boolean.FALSE.equals(result)) {
              StoredKey key = (StoredKey) arguments[0];
              if (store.find(7, key.key().id()).isEmpty()) {
                store.insert(key);
              }
            }
            return result;
          });
    }
  }

  static final class KeepsMaterialOfTheDestroyed extends Broken {
    KeepsMaterialOfTheDestroyed() {
      super(
          (store, method, arguments) ->
              method.getName().equals("update")
                      && ((StoredKey) arguments[0]).key().state() == Key.State.DESTROYED
                  ? true
                  : invoke(store, method, arguments));
    }
  }

  static final class ListsTheDestroyedAsLive extends Broken {
    ListsTheDestroyedAsLive() {
      super(
          (store, method, arguments) ->
              method.getName().equals("live")
                  ? store.page((Long) arguments[0], Long.MAX_VALUE, (Integer) arguments[1])
                  : invoke(store, method, arguments));
    }
  }

  static final class ListsOldestFirst extends Broken {
    ListsOldestFirst() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("live")) {
              return result;
            }
            List<Object> reversed = new ArrayList<>((List<?>) result);
            Collections.reverse(reversed);
            return reversed;
          });
    }
  }

  static final class RepeatsTheLastOfAPage extends Broken {
    RepeatsTheLastOfAPage() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("page")) {
              return invoke(store, method, arguments);
            }
            long before = (Long) arguments[1];
            return store.page(
                (Long) arguments[0],
                before == Long.MAX_VALUE ? before : before + 1,
                (Integer) arguments[2]);
          });
    }
  }

  static final class NeverAdvances extends Broken {
    NeverAdvances() {
      super(
          (store, method, arguments) ->
              method.getName().equals("advance") ? null : invoke(store, method, arguments));
    }
  }

  static final class ReadsWhatIsStaleAfterAdvance extends Broken {
    ReadsWhatIsStaleAfterAdvance() {
      super(defect());
    }

    private static Defect<KeyStore> defect() {
      Map<String, Object> firstAnswers = new ConcurrentHashMap<>();
      return (store, method, arguments) -> {
        Object result = invoke(store, method, arguments);
        return method.getName().equals("page") && arguments[2].equals(1)
            ? firstAnswers.computeIfAbsent("newest", key -> result)
            : result;
      };
    }
  }

  static final class KeepsWhatWasRolledBack extends Broken {
    KeepsWhatWasRolledBack() {
      super(defect());
    }

    private static Defect<KeyStore> defect() {
      Queue<StoredKey> inserted = new ConcurrentLinkedQueue<>();
      return (store, method, arguments) -> {
        if (method.getName().equals("insert")) {
          inserted.add((StoredKey) arguments[0]);
        }
        if (method.getName().equals("page")) {
          for (StoredKey key : inserted) {
            if (store.find(key.key().applicationId(), key.key().id()).isEmpty()) {
              store.insert(key);
            }
          }
        }
        return invoke(store, method, arguments);
      };
    }
  }

  static final class WalksOverTheDestroyed extends Broken {
    WalksOverTheDestroyed() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("liveAfter") || (Long) arguments[0] != 0) {
              return invoke(store, method, arguments);
            }
            List<StoredKey> all = new ArrayList<>(store.page(7, Long.MAX_VALUE, 1000));
            Collections.reverse(all);
            return all.subList(0, Math.min(all.size(), (Integer) arguments[1]));
          });
    }
  }

  static final class DisablesWhatItShouldDestroy extends Broken {
    DisablesWhatItShouldDestroy() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("destroy")) {
              return invoke(store, method, arguments);
            }
            Optional<StoredKey> found = store.find((Long) arguments[0], (Long) arguments[1]);
            found.ifPresent(
                stored -> {
                  Key key = stored.key();
                  Key disabled =
                      new Key(
                          key.id(),
                          key.applicationId(),
                          key.algorithm(),
                          key.purpose(),
                          Key.State.DISABLED,
                          key.notBefore(),
                          key.notAfter());
                  store.update(new StoredKey(disabled, stored.material()));
                });
            return found.isPresent();
          });
    }
  }

  static final class ForgetsWhatWasDestroyed extends Broken {
    ForgetsWhatWasDestroyed() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            return method.getName().equals("changedAfter")
                ? ((List<?>) result)
                    .stream().filter(id -> !store.live((Long) id, 1).isEmpty()).toList()
                : result;
          });
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(AltersMaterial.class)).contains("KEY1");
    assertThat(ContractRun.brokenRules(ShowsKeysOfOthers.class)).contains("KEY2");
    assertThat(ContractRun.brokenRules(InsertsOverWhatIsThere.class)).contains("KEY3");
    assertThat(ContractRun.brokenRules(UpdatesWhatIsNotThere.class)).contains("KEY4");
    assertThat(ContractRun.brokenRules(KeepsMaterialOfTheDestroyed.class)).contains("KEY4");
    assertThat(ContractRun.brokenRules(ListsTheDestroyedAsLive.class)).contains("KEY5");
    assertThat(ContractRun.brokenRules(ListsOldestFirst.class)).contains("KEY5");
    assertThat(ContractRun.brokenRules(RepeatsTheLastOfAPage.class)).contains("KEY6");
    assertThat(ContractRun.brokenRules(NeverAdvances.class)).contains("KEY7");
    assertThat(ContractRun.brokenRules(ReadsWhatIsStaleAfterAdvance.class)).contains("KEY8");
    assertThat(ContractRun.brokenRules(KeepsWhatWasRolledBack.class)).contains("KEY9");
    assertThat(ContractRun.brokenRules(WalksOverTheDestroyed.class)).contains("KEY10");
    assertThat(ContractRun.brokenRules(DisablesWhatItShouldDestroy.class)).contains("KEY11");
    assertThat(ContractRun.brokenRules(ForgetsWhatWasDestroyed.class)).contains("KEY13");
  }

  static final class Sound extends Broken {
    Sound() {
      super((store, method, arguments) -> invoke(store, method, arguments));
    }
  }

  @Test
  void contract_noDefect_nothingNoticed() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
  }
}
