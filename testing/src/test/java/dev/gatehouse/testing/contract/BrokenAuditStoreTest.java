package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditErasure;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRemoval;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTreeStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.transaction.Transaction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Each rule of the contract notices a store that breaks it. */
class BrokenAuditStoreTest {
  @Test
  void AUDIT1_batchWithoutLastEntry_noticed() {
    assertThat(ContractRun.brokenRules(LosesLast.class)).contains("AUDIT1");
  }

  static class LosesLast extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void append(List<AuditEntry> entries) {
          super.append(entries.size() > 1 ? entries.subList(0, entries.size() - 1) : entries);
        }
      };
    }
  }

  @Test
  void AUDIT2_batchAppendedOneByOne_noticed() {
    assertThat(ContractRun.brokenRules(NotAtomic.class)).contains("AUDIT2");
  }

  static class NotAtomic extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void append(List<AuditEntry> entries) {
          if (entries.isEmpty() || entries.size() > MAX_BATCH) {
            super.append(entries);
          }
          entries.forEach(entry -> super.append(List.of(entry)));
        }
      };
    }
  }

  @Test
  void AUDIT2_keptIdIgnored_noticed() {
    assertThat(ContractRun.brokenRules(IgnoresConflict.class)).containsExactly("AUDIT2");
  }

  static class IgnoresConflict extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void append(List<AuditEntry> entries) {
          try {
            super.append(entries);
          } catch (ConflictException e) {
            assertThat(e).hasMessageContaining("audit");
          }
        }
      };
    }
  }

  @Test
  void AUDIT3_lowerBoundIncluded_noticed() {
    assertThat(ContractRun.brokenRules(IncludesAfter.class)).containsExactly("AUDIT3");
  }

  static class IncludesAfter extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return scanning(
          store,
          this,
          scan -> {
            AuditPosition after = scan.after();
            AuditPosition before =
                new AuditPosition(after.timeMicros(), Math.max(0, after.id() - 1));
            return new AuditScan(before, scan.before(), scan.order(), scan.matches(), scan.limit());
          });
    }
  }

  @Test
  void AUDIT3_descendingTakesFarEnd_noticed() {
    assertThat(ContractRun.brokenRules(LimitsBeforeReversing.class)).containsExactly("AUDIT3");
  }

  static class LimitsBeforeReversing extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public List<AuditEntry> scan(AuditScan scan) {
          if (scan.order() == AuditScan.Order.ASCENDING) {
            return super.scan(scan);
          }
          List<AuditEntry> entries =
              new ArrayList<>(
                  super.scan(
                      new AuditScan(
                          scan.after(),
                          scan.before(),
                          AuditScan.Order.ASCENDING,
                          scan.matches(),
                          scan.limit())));
          Collections.reverse(entries);
          return entries;
        }
      };
    }
  }

  @Test
  void AUDIT4_matchesIgnored_noticed() {
    assertThat(ContractRun.brokenRules(IgnoresMatches.class))
        .containsExactlyInAnyOrder("AUDIT4", "AUDIT16");
  }

  static class IgnoresMatches extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return scanning(
          store,
          this,
          scan ->
              new AuditScan(scan.after(), scan.before(), scan.order(), List.of(), scan.limit()));
    }
  }

  @Test
  void AUDIT4_matchesAfterLimit_noticed() {
    assertThat(ContractRun.brokenRules(MatchesAfterLimit.class)).containsExactly("AUDIT4");
  }

  static class MatchesAfterLimit extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public List<AuditEntry> scan(AuditScan scan) {
          List<AuditMatch> matches = scan.matches();
          AuditScan all =
              new AuditScan(scan.after(), scan.before(), scan.order(), List.of(), scan.limit());
          return super.scan(all).stream()
              .filter(entry -> matches.stream().allMatch(match -> match.test(entry.record())))
              .toList();
        }
      };
    }
  }

  @Test
  void AUDIT5_bytesWrittenAnew_noticed() {
    assertThat(ContractRun.brokenRules(TrimsContent.class)).contains("AUDIT5");
  }

  /** As a column that pads or trims blanks would. */
  static class TrimsContent extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public Optional<AuditEntry> find(long id) {
          return super.find(id)
              .map(AuditEntry::record)
              .map(record -> record.toBuilder().ext(record.ext().orElse("{}").replace(" ", "")))
              .map(builder -> AuditEntry.of(LogName.AUDIT, builder.build()));
        }
      };
    }
  }

  @Test
  void AUDIT16_erasedOneByOne_noticed() {
    assertThat(ContractRun.brokenRules(ErasesOneByOne.class)).containsExactly("AUDIT16");
  }

  static class ErasesOneByOne extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void erase(List<AuditErasure> erasures) {
          erasures.forEach(erasure -> super.erase(List.of(erasure)));
        }
      };
    }
  }

  @Test
  void AUDIT18_removedOneByOne_noticed() {
    assertThat(ContractRun.brokenRules(RemovesOneByOne.class)).containsExactly("AUDIT18");
  }

  static class RemovesOneByOne extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void remove(AuditRemoval removal) {
          long index = removal.ranges().get(0).from();
          for (long id : removal.ids()) {
            AuditRemoval.Range leaf = new AuditRemoval.Range(index, index + 1, 9);
            super.remove(new AuditRemoval(List.of(id), List.of(leaf), removal.evidence()));
            index++;
          }
        }
      };
    }
  }

  @Test
  void AUDIT16_columnsKept_noticed() {
    assertThat(ContractRun.brokenRules(KeepsColumns.class)).contains("AUDIT16");
  }

  /** As one that erases from the bytes and forgets an index: the user is found as before. */
  static class KeepsColumns extends Broken {
    private final Map<Long, AuditRecord> indexed = new HashMap<>();

    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public void append(List<AuditEntry> entries) {
          super.append(entries);
          entries.forEach(entry -> indexed.put(entry.record().id(), entry.record()));
        }

        @Override
        public List<AuditEntry> scan(AuditScan scan) {
          AuditScan all =
              new AuditScan(scan.after(), scan.before(), scan.order(), List.of(), scan.limit());
          return super.scan(all).stream()
              .filter(
                  entry ->
                      scan.matches().stream()
                          .allMatch(
                              match ->
                                  match.test(
                                      indexed.getOrDefault(entry.record().id(), entry.record()))))
              .toList();
        }
      };
    }
  }

  @Test
  void AUDIT7_keyNotKept_noticed() {
    assertThat(ContractRun.brokenRules(ForgetsKey.class)).contains("AUDIT7");
  }

  static class ForgetsKey extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        @Override
        public byte[] cursorKey(byte[] candidate) {
          return candidate;
        }
      };
    }
  }

  @Test
  void AUDIT8_joiningIgnored_noticed() {
    assertThat(ContractRun.brokenRules(AppendsOutside.class)).containsExactly("AUDIT8");
  }

  static class AppendsOutside extends Broken {
    @Override
    AuditStore broken(AuditStore store) {
      return new Delegate(store, this) {
        private final List<AuditEntry> leaked = Collections.synchronizedList(new ArrayList<>());

        @Override
        public AuditStore joining(Transaction transaction) {
          return new Delegate(store.joining(transaction), AppendsOutside.this) {
            @Override
            public void append(List<AuditEntry> entries) {
              super.append(entries);
              leaked.addAll(entries);
            }
          };
        }

        @Override
        public Optional<AuditEntry> find(long id) {
          return super.find(id)
              .or(() -> leaked.stream().filter(entry -> entry.record().id() == id).findFirst());
        }
      };
    }
  }

  private static AuditStore scanning(
      AuditStore store, Broken broken, UnaryOperator<AuditScan> change) {
    return new Delegate(store, broken) {
      @Override
      public List<AuditEntry> scan(AuditScan scan) {
        return super.scan(change.apply(scan));
      }
    };
  }

  /** A contract over a memory storage whose audit store is spoilt. */
  abstract static class Broken extends AuditStoreContract {
    abstract AuditStore broken(AuditStore store);

    @Override
    protected Storage open(InstantSource leaseClock) {
      Storage storage = MemoryStorage.create(leaseClock);
      AuditStore broken = broken(storage.audit());
      return (Storage)
          Proxy.newProxyInstance(
              Storage.class.getClassLoader(),
              new Class<?>[] {Storage.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("audit")) {
                  return broken;
                }
                try {
                  return method.invoke(storage, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  /** The store as it is. */
  private static class Delegate implements AuditStore {
    final AuditStore store;
    private final Broken broken;

    Delegate(AuditStore store, Broken broken) {
      this.store = store;
      this.broken = broken;
    }

    @Override
    public LogName log() {
      return store.log();
    }

    @Override
    public void append(List<AuditEntry> entries) {
      store.append(entries);
    }

    @Override
    public List<AuditEntry> scan(AuditScan scan) {
      return store.scan(scan);
    }

    @Override
    public Optional<AuditEntry> find(long id) {
      return store.find(id);
    }

    @Override
    public void erase(List<AuditErasure> erasures) {
      store.erase(erasures);
    }

    @Override
    public void remove(AuditRemoval removal) {
      store.remove(removal);
    }

    @Override
    public AuditTreeStore tree() {
      return store.tree();
    }

    @Override
    public byte[] cursorKey(byte[] candidate) {
      return store.cursorKey(candidate);
    }

    @Override
    public AuditStore joining(Transaction transaction) {
      return broken.broken(store.joining(transaction));
    }
  }
}
