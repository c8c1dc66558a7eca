package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.contract.BrokenStorage.Defect;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Schedule stores that break one rule each: the contract must notice. */
class BrokenScheduleStoreTest {
  abstract static class Broken extends ScheduleStoreContract {
    private final Defect<ScheduleStore> defect;

    Broken(Defect<ScheduleStore> defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenStorage.of(MemoryStorage.create(leaseClock), ScheduleStore.class, defect);
    }
  }

  private static ScheduleRow with(ScheduleRow row, long version, Standing standing) {
    return new ScheduleRow(
        row.id(),
        row.applicationId(),
        row.name(),
        row.definition(),
        standing,
        version,
        row.createdMillis());
  }

  private static Optional<ScheduleRow> any(ScheduleStore store, long id) {
    return store.page(7, "", 1_000).stream().filter(row -> row.id() == id).findFirst();
  }

  static final class ForgetsTheProblem extends Broken {
    ForgetsTheProblem() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("find")) {
              return result;
            }
            return ((Optional<?>) result)
                .map(ScheduleRow.class::cast)
                .map(
                    row -> {
                      Standing was = row.standing();
                      return with(
                          row,
                          row.version(),
                          new Standing(
                              was.firstMillis(),
                              was.nextMillis(),
                              was.lastMillis(),
                              was.paused(),
                              ""));
                    });
          });
    }
  }

  static final class InsertsOverWhatIsThere extends Broken {
    InsertsOverWhatIsThere() {
      super(
          (store, method, arguments) -> {
            if (method.getName().equals("insert")) {
              ScheduleRow row = (ScheduleRow) arguments[0];
              store.remove(row.applicationId(), row.name());
            }
            return invoke(store, method, arguments);
          });
    }
  }

  static final class RemovesWhosever extends Broken {
    RemovesWhosever() {
      super(
          (store, method, arguments) ->
              method.getName().equals("remove") && store.remove(7, (String) arguments[1])
                  ? true
                  : invoke(store, method, arguments));
    }
  }

  static final class AdvancesWhateverTheVersion extends Broken {
    AdvancesWhateverTheVersion() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("advance")) {
              return invoke(store, method, arguments);
            }
            return any(store, (Long) arguments[0])
                .map(row -> store.advance(row.id(), row.version(), (Standing) arguments[2]))
                .orElse(false);
          });
    }
  }

  static final class NeverCounts extends Broken {
    NeverCounts() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("advance")) {
              return invoke(store, method, arguments);
            }
            Optional<ScheduleRow> row = any(store, (Long) arguments[0]);
            if (row.isEmpty() || row.get().version() != (Long) arguments[1]) {
              return false;
            }
            store.remove(7, row.get().name());
            store.insert(with(row.get(), row.get().version(), (Standing) arguments[2]));
            return true;
          });
    }
  }

  static final class ShowsThePausedAsDue extends Broken {
    ShowsThePausedAsDue() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("due")) {
              return result;
            }
            List<ScheduleRow> paused =
                store.page(0, "", 1_000).stream().filter(row -> row.standing().paused()).toList();
            return paused.isEmpty() ? result : paused;
          });
    }
  }

  static final class AnswersTheEarliestOfAll extends Broken {
    AnswersTheEarliestOfAll() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("earliestDue")) {
              return invoke(store, method, arguments);
            }
            OptionalLong earliest = store.earliestDue(-1);
            return earliest;
          });
    }
  }

  static final class LeavesOutOneBetweenPages extends Broken {
    LeavesOutOneBetweenPages() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("page") || ((String) arguments[1]).isEmpty()) {
              return invoke(store, method, arguments);
            }
            List<ScheduleRow> rest = store.page((Long) arguments[0], (String) arguments[1], 1_000);
            return rest.stream().skip(1).limit((Integer) arguments[2]).toList();
          });
    }
  }

  static final class KeepsWhatWasRolledBack extends Broken {
    KeepsWhatWasRolledBack() {
      super(defect());
    }

    private static Defect<ScheduleStore> defect() {
      Queue<ScheduleRow> inserted = new ConcurrentLinkedQueue<>();
      return (store, method, arguments) -> {
        if (method.getName().equals("insert")) {
          inserted.add((ScheduleRow) arguments[0]);
        }
        if (method.getName().equals("page")) {
          for (ScheduleRow row : inserted) {
            if (store.find(row.applicationId(), row.name()).isEmpty()) {
              store.insert(row);
            }
          }
        }
        return invoke(store, method, arguments);
      };
    }
  }

  static final class LocksWhatIsNotThere extends Broken {
    LocksWhatIsNotThere() {
      super(
          (store, method, arguments) ->
              method.getName().equals("tryLock") ? true : invoke(store, method, arguments));
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(ForgetsTheProblem.class)).contains("SCHEDULE1");
    assertThat(ContractRun.brokenRules(InsertsOverWhatIsThere.class)).contains("SCHEDULE2");
    assertThat(ContractRun.brokenRules(RemovesWhosever.class)).contains("SCHEDULE3");
    assertThat(ContractRun.brokenRules(AdvancesWhateverTheVersion.class))
        .contains("SCHEDULE4", "SCHEDULE5");
    assertThat(ContractRun.brokenRules(NeverCounts.class)).contains("SCHEDULE4", "SCHEDULE5");
    assertThat(ContractRun.brokenRules(ShowsThePausedAsDue.class)).contains("SCHEDULE6");
    assertThat(ContractRun.brokenRules(AnswersTheEarliestOfAll.class)).contains("SCHEDULE6");
    assertThat(ContractRun.brokenRules(LeavesOutOneBetweenPages.class)).contains("SCHEDULE7");
    assertThat(ContractRun.brokenRules(KeepsWhatWasRolledBack.class)).contains("SCHEDULE8");
    assertThat(ContractRun.brokenRules(LocksWhatIsNotThere.class)).contains("SCHEDULE9");
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
