package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.contract.BrokenStorage.Defect;
import dev.gatehouse.transaction.Transaction;
import java.lang.reflect.Method;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Storages that break one rule each: the contract must notice. */
class BrokenStorageTest {
  abstract static class Broken extends StorageContract {
    /** A defect for each storage, since some remember what was done. */
    abstract Defect<Storage> defect();

    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenStorage.broken(Storage.class, MemoryStorage.create(leaseClock), defect());
    }
  }

  private static boolean isCall(Method method) {
    return method.getName().equals("call") || method.getName().equals("run");
  }

  @SuppressWarnings("unchecked") // the only parameter of call, and of run
  private static @Nullable Object work(Object[] arguments, Transaction transaction) {
    if (arguments[0] instanceof Function<?, ?> work) {
      return ((Function<Transaction, Object>) work).apply(transaction);
    }
    ((Consumer<Transaction>) arguments[0]).accept(transaction);
    return null;
  }

  static final class UsableWhateverThePlace extends Broken {
    @Override
    Defect<Storage> defect() {
      return BrokenStorage::invoke;
    }

    @Override
    protected Optional<Storage> openUnusable() {
      return Optional.of(MemoryStorage.create());
    }
  }

  static final class ChecksOnce extends Broken {
    @Override
    Defect<Storage> defect() {
      AtomicInteger checks = new AtomicInteger();
      return (storage, method, arguments) -> {
        if (method.getName().equals("check") && checks.incrementAndGet() > 1) {
          throw new StorageException("broken on purpose");
        }
        return invoke(storage, method, arguments);
      };
    }
  }

  static final class LosesTheCommit extends Broken {
    @Override
    Defect<Storage> defect() {
      return (storage, method, arguments) -> {
        if (!isCall(method)) {
          return invoke(storage, method, arguments);
        }
        Object[] result = new Object[1];
        IllegalStateException rollback = new IllegalStateException("broken on purpose");
        try {
          storage.run(
              transaction -> {
                result[0] = work(arguments, transaction);
                throw rollback;
              });
        } catch (IllegalStateException e) {
          if (e != rollback) {
            throw e;
          }
        }
        return result[0];
      };
    }
  }

  static final class SwallowsTheFailure extends Broken {
    @Override
    Defect<Storage> defect() {
      return (storage, method, arguments) -> {
        try {
          return invoke(storage, method, arguments);
        } catch (IllegalStateException e) {
          return null;
        }
      };
    }
  }

  static final class KeepsAuditOfTheRolledBack extends Broken {
    @Override
    Defect<Storage> defect() {
      Queue<AuditEntry> appended = new ConcurrentLinkedQueue<>();
      return (storage, method, arguments) -> {
        if (method.getName().equals("audit")) {
          return noting(storage.audit(), appended);
        }
        try {
          return invoke(storage, method, arguments);
        } finally {
          if (isCall(method)) {
            for (AuditEntry entry : appended) {
              if (storage.audit().find(entry.record().id()).isEmpty()) {
                storage.audit().append(List.of(entry));
              }
            }
          }
        }
      };
    }

    private static AuditStore noting(AuditStore sound, Queue<AuditEntry> appended) {
      return BrokenStorage.broken(
          AuditStore.class,
          sound,
          (store, method, arguments) -> {
            if (method.getName().equals("append")) {
              ((List<?>) arguments[0]).forEach(entry -> appended.add((AuditEntry) entry));
            }
            Object result = invoke(store, method, arguments);
            return method.getName().equals("joining")
                ? noting((AuditStore) result, appended)
                : result;
          });
    }
  }

  static final class TakesTasksIntoAnyTransaction extends Broken {
    @Override
    Defect<Storage> defect() {
      return (storage, method, arguments) ->
          method.getName().equals("tasks")
              ? BrokenStorage.broken(
                  TaskStore.class,
                  storage.tasks(),
                  (store, called, given) -> {
                    try {
                      return invoke(store, called, given);
                    } catch (IllegalArgumentException e) {
                      return store;
                    }
                  })
              : invoke(storage, method, arguments);
    }
  }

  static final class ClosesOnce extends Broken {
    @Override
    Defect<Storage> defect() {
      AtomicInteger closings = new AtomicInteger();
      return (storage, method, arguments) -> {
        // The contract closes what the test has closed, so the second is the test's own.
        if (method.getName().equals("close") && closings.incrementAndGet() == 2) {
          throw new StorageException("broken on purpose");
        }
        return invoke(storage, method, arguments);
      };
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(UsableWhateverThePlace.class)).containsExactly("STORAGE2");
    assertThat(ContractRun.brokenRules(ChecksOnce.class)).containsExactly("STORAGE2");
    assertThat(ContractRun.brokenRules(LosesTheCommit.class)).contains("STORAGE3");
    assertThat(ContractRun.brokenRules(SwallowsTheFailure.class)).contains("STORAGE4");
    assertThat(ContractRun.brokenRules(KeepsAuditOfTheRolledBack.class)).contains("STORAGE4");
    assertThat(ContractRun.brokenRules(TakesTasksIntoAnyTransaction.class)).contains("STORAGE5");
    assertThat(ContractRun.brokenRules(ClosesOnce.class)).containsExactly("STORAGE6");
  }

  static final class Sound extends Broken {
    @Override
    Defect<Storage> defect() {
      return BrokenStorage::invoke;
    }
  }

  @Test
  void contract_noDefect_nothingNoticed() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
  }
}
