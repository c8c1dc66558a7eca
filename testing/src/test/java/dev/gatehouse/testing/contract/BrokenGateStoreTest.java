package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.BrokenStorage.invoke;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.GateStore.GatePage;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import dev.gatehouse.scheduler.GateStore.TaskPage;
import dev.gatehouse.scheduler.GateStore.Turn;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.contract.BrokenStorage.Defect;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Stores of gates that break one rule each: the contract must notice. */
class BrokenGateStoreTest {
  abstract static class Broken extends GateStoreContract {
    private final Defect<GateStore> defect;

    Broken(Defect<GateStore> defect) {
      this.defect = defect;
    }

    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenStorage.of(
          MemoryStorage.create(leaseClock),
          TaskStore.class,
          (tasks, method, arguments) -> {
            Object result = invoke(tasks, method, arguments);
            return result instanceof GateStore gates ? broken(gates) : result;
          });
    }

    private GateStore broken(GateStore sound) {
      return BrokenStorage.broken(
          GateStore.class,
          sound,
          (gates, method, arguments) ->
              method.getName().equals("joining")
                  ? broken((GateStore) invoke(gates, method, arguments))
                  : defect.call(gates, method, arguments));
    }
  }

  @SuppressWarnings("unchecked")
  private static List<Place> places(Object argument) {
    return List.copyOf((Collection<Place>) argument);
  }

  static final class TakesUpperCaseForLower extends Broken {
    TakesUpperCaseForLower() {
      super(
          (gates, method, arguments) -> {
            Object result = invoke(gates, method, arguments);
            if (!method.getName().equals("lock")) {
              return result;
            }
            Map<String, Long> locked = new HashMap<>();
            ((Map<?, ?>) result).forEach((name, next) -> locked.put((String) name, (Long) next));
            locked.replaceAll(
                (name, next) -> locked.getOrDefault(name.toUpperCase(Locale.ROOT), next));
            return locked;
          });
    }
  }

  /** Reads the times first, and lets others in before it locks. */
  static final class ForgetsTheTime extends Broken {
    ForgetsTheTime() {
      super(
          (gates, method, arguments) -> {
            Object result = invoke(gates, method, arguments);
            if (!method.getName().equals("lock")) {
              return result;
            }
            Map<String, Long> zero = new HashMap<>();
            ((Map<?, ?>) result).keySet().forEach(name -> zero.put((String) name, 0L));
            return zero;
          });
    }
  }

  static final class CountsOneLess extends Broken {
    CountsOneLess() {
      super(
          (gates, method, arguments) -> {
            Object result = invoke(gates, method, arguments);
            if (!method.getName().equals("standing")) {
              return result;
            }
            Map<String, Standing> counted = new HashMap<>();
            ((Map<?, ?>) result)
                .forEach(
                    (name, value) -> {
                      Standing now = (Standing) value;
                      int less = Math.max(0, now.holding() - 1);
                      counted.put((String) name, new Standing(less, now.firstWaiting()));
                    });
            return counted;
          });
    }
  }

  static final class AddsOverWhatIsThere extends Broken {
    AddsOverWhatIsThere() {
      super(
          (gates, method, arguments) -> {
            if (method.getName().equals("add")) {
              gates.remove(places(arguments[0]));
            }
            return invoke(gates, method, arguments);
          });
    }
  }

  static final class HoldsWhatIsNotThere extends Broken {
    HoldsWhatIsNotThere() {
      super(
          (gates, method, arguments) -> {
            if (method.getName().equals("hold")) {
              gates.add(places(arguments[0]));
            }
            return invoke(gates, method, arguments);
          });
    }
  }

  static final class FindsTheLastFirst extends Broken {
    FindsTheLastFirst() {
      super(
          (gates, method, arguments) -> {
            if (!method.getName().equals("waiting")) {
              return invoke(gates, method, arguments);
            }
            int limit = (Integer) arguments[1];
            List<Place> all = new ArrayList<>(gates.waiting((String) arguments[0], 5_000));
            Collections.reverse(all);
            return all.subList(0, Math.min(limit, all.size()));
          });
    }
  }

  static final class FindsNobodyLeft extends Broken {
    FindsNobodyLeft() {
      super(
          (gates, method, arguments) -> {
            Object result = invoke(gates, method, arguments);
            return result instanceof TaskPage page ? new TaskPage(List.of(), page.last()) : result;
          });
    }
  }

  static final class FindsNothingStalled extends Broken {
    FindsNothingStalled() {
      super(
          (gates, method, arguments) -> {
            Object result = invoke(gates, method, arguments);
            return result instanceof GatePage page
                ? new GatePage(List.of(), page.left(), page.last())
                : result;
          });
    }
  }

  static final class HandsOnWhateverIsAsked extends Broken {
    HandsOnWhateverIsAsked() {
      super(
          (gates, method, arguments) -> {
            if (!method.getName().equals("handOn")) {
              return invoke(gates, method, arguments);
            }
            List<Turn> turns = turns(arguments[0]);
            gates.hold(
                turns.stream()
                    .map(turn -> new Place(turn.gate(), turn.next(), 0, 1, true))
                    .toList());
            return turns;
          });
    }

    @SuppressWarnings("unchecked")
    private static List<Turn> turns(Object argument) {
      return (List<Turn>) argument;
    }
  }

  static final class PurgesTooMuch extends Broken {
    PurgesTooMuch() {
      super(
          (gates, method, arguments) ->
              method.getName().equals("purge")
                  ? gates.purge(Math.max(1, (Long) arguments[0] + 1), (Integer) arguments[1])
                  : invoke(gates, method, arguments));
    }
  }

  static final class KeepsWhatWasRolledBack extends Broken {
    KeepsWhatWasRolledBack() {
      super(defect());
    }

    private static Defect<GateStore> defect() {
      Queue<Place> added = new ConcurrentLinkedQueue<>();
      return (gates, method, arguments) -> {
        if (method.getName().equals("add")) {
          added.addAll(places(arguments[0]));
        }
        if (method.getName().equals("ofTasks") && !added.isEmpty()) {
          gates.add(List.copyOf(added));
        }
        return invoke(gates, method, arguments);
      };
    }
  }

  @Test
  void contract_eachDefect_noticedByItsRule() {
    assertThat(ContractRun.brokenRules(TakesUpperCaseForLower.class)).contains("GATE1");
    assertThat(ContractRun.brokenRules(ForgetsTheTime.class)).contains("GATE1", "GATE7");
    assertThat(ContractRun.brokenRules(CountsOneLess.class)).contains("GATE2");
    assertThat(ContractRun.brokenRules(AddsOverWhatIsThere.class)).contains("GATE3");
    assertThat(ContractRun.brokenRules(HoldsWhatIsNotThere.class)).contains("GATE3");
    assertThat(ContractRun.brokenRules(FindsTheLastFirst.class)).contains("GATE5");
    assertThat(ContractRun.brokenRules(FindsNobodyLeft.class)).contains("GATE6");
    assertThat(ContractRun.brokenRules(PurgesTooMuch.class)).contains("GATE7");
    assertThat(ContractRun.brokenRules(HandsOnWhateverIsAsked.class)).contains("GATE10");
    assertThat(ContractRun.brokenRules(FindsNothingStalled.class)).contains("GATE9");
    assertThat(ContractRun.brokenRules(KeepsWhatWasRolledBack.class)).contains("GATE8");
  }

  static final class Sound extends Broken {
    Sound() {
      super((gates, method, arguments) -> invoke(gates, method, arguments));
    }
  }

  @Test
  void contract_noDefect_nothingNoticed() {
    assertThat(ContractRun.brokenRules(Sound.class)).isEmpty();
  }
}
