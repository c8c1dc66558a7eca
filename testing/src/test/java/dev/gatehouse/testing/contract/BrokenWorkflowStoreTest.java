package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.scheduler.WorkflowWork;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.contract.BrokenStorage.Defect;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Workflow stores that break one rule each: the contract must notice. */
class BrokenWorkflowStoreTest {
  abstract static class Broken extends WorkflowStoreContract {
    private final Defect<WorkflowStore> defect;

    Broken(Defect<WorkflowStore> defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenStorage.of(MemoryStorage.create(leaseClock), WorkflowStore.class, defect);
    }
  }

  static final class ForgetsDelays extends Broken {
    ForgetsDelays() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("work")) {
              return result;
            }
            return ((List<?>) result)
                .stream()
                    .map(WorkflowWork.class::cast)
                    .map(one -> new WorkflowWork(one.task(), 0))
                    .toList();
          });
    }
  }

  static final class FindsWhosever extends Broken {
    FindsWhosever() {
      super(
          (store, method, arguments) ->
              method.getName().equals("find")
                  ? store.find(OptionalLong.empty(), (Long) arguments[1])
                  : invoke(store, method, arguments));
    }
  }

  static final class LocksWhatItSawFirst extends Broken {
    LocksWhatItSawFirst() {
      super(defect());
    }

    private static Defect<WorkflowStore> defect() {
      Map<Long, WorkflowRow> seen = new ConcurrentHashMap<>();
      return (store, method, arguments) -> {
        if (method.getName().equals("insert")) {
          WorkflowRow row = (WorkflowRow) arguments[0];
          seen.put(row.id(), row);
        }
        return method.getName().equals("tryLock") && seen.containsKey((Long) arguments[0])
            ? store.find(OptionalLong.empty(), (Long) arguments[0]).map(row -> seen.get(row.id()))
            : invoke(store, method, arguments);
      };
    }
  }

  static final class ChangesTheFirstStepToo extends Broken {
    ChangesTheFirstStepToo() {
      super(
          (store, method, arguments) -> {
            if (!method.getName().equals("change") || ((List<?>) arguments[1]).isEmpty()) {
              return invoke(store, method, arguments);
            }
            WorkflowRow row = (WorkflowRow) arguments[0];
            List<WorkflowStep> steps = new ArrayList<>();
            ((List<?>) arguments[1]).forEach(step -> steps.add((WorkflowStep) step));
            WorkflowStep last = steps.get(steps.size() - 1);
            store
                .steps(row.id())
                .forEach(
                    step ->
                        steps.add(WorkflowSamples.with(step, last.state(), last.endedMillis())));
            store.change(row, steps);
            return null;
          });
    }
  }

  static final class KeepsNoResults extends Broken {
    KeepsNoResults() {
      super(
          (store, method, arguments) ->
              method.getName().equals("keepResults") ? null : invoke(store, method, arguments));
    }
  }

  static final class TakesReportsOfAll extends Broken {
    TakesReportsOfAll() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (method.getName().equals("take")) {
              store.open(0, 1_000).forEach(id -> store.take(id, 1));
            }
            return result;
          });
    }
  }

  static final class TakesInReverse extends Broken {
    TakesInReverse() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("take")) {
              return result;
            }
            List<Object> reversed = new ArrayList<>((List<?>) result);
            Collections.reverse(reversed);
            return reversed;
          });
    }
  }

  static final class HidesTheEnding extends Broken {
    HidesTheEnding() {
      super(
          (store, method, arguments) -> {
            Object result = invoke(store, method, arguments);
            if (!method.getName().equals("open")) {
              return result;
            }
            return ((List<?>) result)
                .stream()
                    .filter(
                        id ->
                            store
                                .find(OptionalLong.empty(), (Long) id)
                                .filter(row -> row.status().isEnding())
                                .isEmpty())
                    .toList();
          });
    }
  }

  static final class PurgesWhatEndedJustThen extends Broken {
    PurgesWhatEndedJustThen() {
      super(
          (store, method, arguments) ->
              method.getName().equals("purge")
                  ? store.purge((Long) arguments[0] + 1, (Integer) arguments[1])
                  : invoke(store, method, arguments));
    }
  }

  static final class KeepsWhatWasRolledBack extends Broken {
    KeepsWhatWasRolledBack() {
      super(defect());
    }

    private static Defect<WorkflowStore> defect() {
      Queue<WorkflowReport> reported = new ConcurrentLinkedQueue<>();
      return (store, method, arguments) -> {
        if (method.getName().equals("report")) {
          ((List<?>) arguments[0]).forEach(one -> reported.add((WorkflowReport) one));
        }
        if (method.getName().equals("open")) {
          for (WorkflowReport report : reported) {
            store.report(List.of(report));
          }
        }
        return invoke(store, method, arguments);
      };
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(ForgetsDelays.class)).contains("FLOW1");
    assertThat(ContractRun.brokenRules(FindsWhosever.class)).contains("FLOW2");
    assertThat(ContractRun.brokenRules(LocksWhatItSawFirst.class)).contains("FLOW3");
    assertThat(ContractRun.brokenRules(ChangesTheFirstStepToo.class)).contains("FLOW4");
    assertThat(ContractRun.brokenRules(KeepsNoResults.class)).contains("FLOW4");
    assertThat(ContractRun.brokenRules(TakesReportsOfAll.class)).contains("FLOW5");
    assertThat(ContractRun.brokenRules(TakesInReverse.class)).contains("FLOW5");
    assertThat(ContractRun.brokenRules(HidesTheEnding.class)).contains("FLOW6");
    assertThat(ContractRun.brokenRules(PurgesWhatEndedJustThen.class)).contains("FLOW7");
    assertThat(ContractRun.brokenRules(KeepsWhatWasRolledBack.class)).contains("FLOW8");
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
