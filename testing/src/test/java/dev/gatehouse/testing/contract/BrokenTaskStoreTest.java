package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.CountedTasks;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The contracts notice a store that breaks a rule. */
class BrokenTaskStoreTest {
  @Test
  void numberIsNotFound_rule2Fails() {
    assertThat(ContractRun.brokenRules(ForgetsNumbers.class)).contains("TASK2");
  }

  @Test
  void dueTimeIsExcluded_rule3Fails() {
    assertThat(ContractRun.brokenRules(ClaimsNothingEarly.class)).contains("TASK3");
  }

  @Test
  void limitIsExceeded_rule3Fails() {
    assertThat(ContractRun.brokenRules(ClaimsOneMore.class)).contains("TASK3");
  }

  @Test
  void leavingHasNoEffect_rule4Fails() {
    assertThat(ContractRun.brokenRules(LeavesNobody.class)).contains("TASK4");
  }

  @Test
  void leavingHasNoEffect_rule11Fails() {
    assertThat(ContractRun.brokenRules(RenewsAnyone.class)).contains("TASK11");
  }

  @Test
  void anyNodeSettles_rule5Fails() {
    assertThat(ContractRun.brokenRules(SettlesForAnyNode.class)).contains("TASK5");
  }

  @Test
  void attemptsAreLost_rule6Fails() {
    assertThat(ContractRun.brokenRules(DropsAttempts.class)).contains("TASK6");
  }

  @Test
  void cancellationIsLost_rule7Fails() {
    assertThat(ContractRun.brokenRules(DropsCancellation.class)).contains("TASK7");
  }

  @Test
  void cancellationIsDatedLater_rule8Fails() {
    assertThat(ContractRun.brokenRules(CancelsLater.class)).contains("TASK8");
  }

  @Test
  void applicationIsIgnored_rule9Fails() {
    assertThat(ContractRun.brokenRules(IgnoresApplication.class)).contains("TASK9");
  }

  @Test
  void requeueIsAlwaysForced_rule10Fails() {
    assertThat(ContractRun.brokenRules(AlwaysForces.class)).contains("TASK10");
  }

  @Test
  void oneCrashTooManyIsAllowed_rule12Fails() {
    assertThat(ContractRun.brokenRules(AllowsOneCrashMore.class)).contains("TASK12");
  }

  @Test
  void purgeTakesWhatEndedAtThatTime_rule13Fails() {
    assertThat(ContractRun.brokenRules(PurgesTooMuch.class)).contains("TASK13");
  }

  @Test
  void forgottenIsKept_rule15Fails() {
    assertThat(ContractRun.brokenRules(KeepsTheForgotten.class)).contains("TASK15");
  }

  @Test
  void pauseHasNoEffect_rule16Fails() {
    assertThat(ContractRun.brokenRules(PausesNothing.class)).contains("TASK16");
  }

  @Test
  void dueTimeStays_rule17Fails() {
    assertThat(ContractRun.brokenRules(ReschedulesNothing.class)).contains("TASK17");
  }

  @Test
  void everythingIsSuperseded_rule18Fails() {
    assertThat(ContractRun.brokenRules(AlwaysSupersedes.class)).contains("TASK18");
  }

  @Test
  void progressIsNotKept_rule19Fails() {
    assertThat(ContractRun.brokenRules(DropsProgress.class)).contains("TASK19");
  }

  @Test
  void pagesAreOfEverybody_rule20Fails() {
    assertThat(ContractRun.brokenRules(PagesOfEverybody.class)).contains("TASK20");
  }

  @Test
  void countIsAlwaysSaidToBeComplete_rule21Fails() {
    assertThat(ContractRun.brokenRules(CountsTooSurely.class)).contains("TASK21");
  }

  @Test
  void nothingIsPassedOver_rule27Fails() {
    assertThat(ContractRun.brokenRules(PassesNothingOver.class)).contains("TASK27");
  }

  @Test
  void resultsOfManyAreLost_rule25Fails() {
    assertThat(ContractRun.brokenRules(DropsResultsOfMany.class)).contains("TASK25");
  }

  @Test
  void admissionIsForgotten_rule22Fails() {
    assertThat(ContractRun.brokenRules(AdmitsNobody.class)).contains("TASK22");
  }

  @Test
  void parkedIsOnlyReleased_rule22Fails() {
    assertThat(ContractRun.brokenRules(ParksNothing.class)).contains("TASK22");
  }

  @Test
  void allSeemReady_rule24Fails() {
    assertThat(ContractRun.brokenRules(TakesAllForReady.class)).contains("TASK24");
  }

  @Test
  void retriesOfTasksThatHaveBegunAreMissing_rule26Fails() {
    assertThat(ContractRun.brokenRules(CountsOthersTooSurely.class)).contains("TASK29");
    assertThat(ContractRun.brokenRules(FindsNoPartButTheLast.class)).contains("TASK30");
    assertThat(ContractRun.brokenRules(KnowsNoRetries.class)).contains("TASK26");
  }

  @Test
  void retriesAheadEndAfterAPage_rule26Fails() {
    assertThat(ContractRun.brokenRules(GivesTheFirstPageOnly.class)).contains("TASK26");
  }

  @Test
  void transactionIsNotJoined_rule14Fails() {
    assertThat(ContractRun.brokenRules(JoinsNothing.class)).contains("TASK14");
  }

  private static TaskStore broken(TaskStore sound, Defect defect) {
    return proxy(
        TaskStore.class,
        (proxy, method, arguments) -> {
          if (method.getName().equals("joining")) {
            Object joined = new Call(sound, method, arguments).go();
            return broken((TaskStore) joined, defect);
          }
          return defect.answer(new Call(sound, method, arguments));
        });
  }

  private static Storage storageWith(Storage sound, TaskStore tasks) {
    return proxy(
        Storage.class,
        (proxy, method, arguments) ->
            method.getName().equals("tasks") ? tasks : new Call(sound, method, arguments).go());
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** A call to something sound, for a defect to change on its way. */
  private record Call(Object sound, Method method, List<Object> arguments) {
    Call(Object sound, Method method, Object @Nullable [] arguments) {
      this(sound, method, arguments == null ? List.of() : List.of(arguments));
    }

    boolean is(String name) {
      return method.getName().equals(name);
    }

    /** Another value in place of one argument. */
    Call with(int index, Object value) {
      List<Object> changed = new ArrayList<>(arguments);
      changed.set(index, value);
      return new Call(sound, method, changed);
    }

    Object go() throws Throwable {
      try {
        return method.invoke(sound, arguments.toArray());
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  @FunctionalInterface
  private interface Defect {
    Object answer(Call call) throws Throwable;
  }

  /** Settles otherwise than asked. */
  private static Defect settling(UnaryOperator<Settlement> change) {
    return call -> {
      if (!call.is("settle")) {
        return call.go();
      }
      List<?> settlements = (List<?>) call.arguments().get(1);
      return call.with(1, settlements.stream().map(Settlement.class::cast).map(change).toList())
          .go();
    };
  }

  private static Storage open(InstantSource clock, Defect defect) {
    Storage sound = MemoryStorage.create(clock);
    return storageWith(sound, broken(sound.tasks(), defect));
  }

  static class ForgetsNumbers extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("findId") ? OptionalLong.empty() : call.go());
    }
  }

  static class ClaimsNothingEarly extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> {
            int dueUntil = call.arguments().size() - 2;
            return call.is("claim")
                ? call.with(dueUntil, (long) call.arguments().get(dueUntil) - 1).go()
                : call.go();
          });
    }
  }

  static class LeavesNobody extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, call -> call.is("leave") ? null : call.go());
    }
  }

  static class AdmitsNobody extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("admit") ? call.arguments().get(0) : call.go());
    }
  }

  static class ParksNothing extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, settling(ParksNothing::released));
    }

    private static Settlement released(Settlement settlement) {
      return settlement instanceof Settlement.Park park
          ? new Settlement.Release(park.id(), park.fence(), StoreContract.START.toEpochMilli())
          : settlement;
    }
  }

  static class TakesAllForReady extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> {
            Object result = call.go();
            return call.is("open")
                ? ((List<?>) result)
                    .stream()
                        .map(task -> new OpenTask(((OpenTask) task).id(), 1, OpenTask.State.READY))
                        .toList()
                : result;
          });
    }
  }

  static class DropsResultsOfMany extends TaskHistoryContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, settling(DropsResultsOfMany::bare));
    }

    private static Settlement bare(Settlement settlement) {
      return settlement instanceof Settlement.Finish finish
          ? new Settlement.Finish(finish.row(), finish.attempt(), null)
          : settlement;
    }
  }

  static class KeepsTheForgotten extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, settling(KeepsTheForgotten::kept));
    }

    private static Settlement kept(Settlement settlement) {
      return settlement instanceof Settlement.Forget forget
          ? new Settlement.Finish(forget.row(), forget.attempt(), null)
          : settlement;
    }
  }

  static class RenewsAnyone extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, call -> call.is("leave") ? null : call.go());
    }
  }

  static class ClaimsOneMore extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> {
            int limit = call.arguments().size() - 1;
            return call.is("claim") && (int) call.arguments().get(limit) < TaskStore.MAX_BATCH
                ? call.with(limit, Math.max(1, (int) call.arguments().get(limit) + 1)).go()
                : call.go();
          });
    }
  }

  static class PassesNothingOver extends TaskClaimContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("claim") && call.arguments().get(2) instanceof Exclusion
                  ? call.with(2, Exclusion.NONE).go()
                  : call.go());
    }
  }

  static class DropsAttempts extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("attempts") ? List.of() : call.go());
    }
  }

  static class IgnoresApplication extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> call.is("find") ? call.with(0, OptionalLong.empty()).go() : call.go());
    }
  }

  static class AlwaysForces extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("requeue") ? call.with(3, true).go() : call.go());
    }
  }

  static class AllowsOneCrashMore extends TaskRecoveryContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("recover")
                  ? call.with(0, (int) call.arguments().get(0) + 1).go()
                  : call.go());
    }
  }

  static class PurgesTooMuch extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("purge") && (long) call.arguments().get(1) < Long.MAX_VALUE
                  ? call.with(1, (long) call.arguments().get(1) + 1).go()
                  : call.go());
    }
  }

  static class SettlesForAnyNode extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("settle") ? call.with(0, 1).go() : call.go());
    }
  }

  static class DropsCancellation extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("cancel") ? Cancellation.REQUESTED : call.go());
    }
  }

  static class CancelsLater extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("cancel")
                  ? call.with(2, (long) call.arguments().get(2) + 1).go()
                  : call.go());
    }
  }

  static class PausesNothing extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("pause") ? TaskChange.DONE : call.go());
    }
  }

  static class ReschedulesNothing extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock, call -> call.is("reschedule") ? TaskChange.DONE : call.go());
    }
  }

  static class AlwaysSupersedes extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> call.is("replace") ? call.with(1, IfTaken.SUPERSEDE).go() : call.go());
    }
  }

  static class DropsProgress extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(leaseClock, call -> call.is("progress") ? null : call.go());
    }
  }

  static class PagesOfEverybody extends TaskChangeContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> call.is("failed") ? call.with(0, OptionalLong.empty()).go() : call.go());
    }
  }

  static class CountsTooSurely extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("count") && call.go() instanceof TaskCounts counts
                  ? new TaskCounts(counts.waiting(), counts.due(), counts.leased(), true)
                  : call.go());
    }
  }

  static class FindsNoPartButTheLast extends TaskLeaseContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call -> call.is("leasedPart") ? new TaskStore.LeasedPart(List.of(), true) : call.go());
    }
  }

  static class CountsOthersTooSurely extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("countOthers") && call.go() instanceof OtherCounts counts
                  ? new OtherCounts(
                      new CountedTasks(Math.min(100, counts.paused().number()), true),
                      counts.parked(),
                      counts.failed(),
                      counts.cancelled(),
                      counts.finished())
                  : call.go());
    }
  }

  static class KnowsNoRetries extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("retriesAhead")
                  ? ((List<?>) call.go())
                      .stream().filter(ahead -> ((RetriesAhead) ahead).failed() == 0).toList()
                  : call.go());
    }
  }

  static class GivesTheFirstPageOnly extends TaskParkContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      return BrokenTaskStoreTest.open(
          leaseClock,
          call ->
              call.is("retriesAhead") && !"".equals(call.arguments().get(2))
                  ? List.of()
                  : call.go());
    }
  }

  static class JoinsNothing extends TaskStoreContract {
    @Override
    protected Storage open(InstantSource leaseClock) {
      Storage sound = MemoryStorage.create(leaseClock);
      Storage apart = MemoryStorage.create(leaseClock);
      TaskStore deaf =
          proxy(
              TaskStore.class,
              (proxy, method, arguments) ->
                  method.getName().equals("joining")
                      ? proxy
                      : new Call(apart.tasks(), method, arguments).go());
      return storageWith(sound, deaf);
    }
  }
}
