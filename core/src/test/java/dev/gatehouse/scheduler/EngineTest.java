package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The engine's steps, called by hand on one thread. */
class EngineTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final InstantSource storeClock = fixture.storeClock;
  private final List<String> starts = new ArrayList<>();

  EngineTest() {
    fixture.options = SchedulerOptions.DEFAULT;
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(context.content());
          return TaskResult.done();
        });
  }

  @Test
  void fire_storeAnHourAheadOrBehind_neverBeforeTheStoresTime() {
    for (long ahead : new long[] {3_600_000, -3_600_000}) {
      fixture.storeAheadMillis = ahead;
      starts.clear();
      SteppedNode member = new SteppedNode(fixture);
      TaskId id = fixture.scheduleAt(storeClock.millis() + 500, "1");

      member.claim();
      member.fire();
      assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);
      clock.advanceMillis(499);
      member.fire();
      member.work();
      assertThat(starts).isEmpty();
      clock.advanceMillis(1);
      member.fire();
      member.work();

      assertThat(starts).containsExactly("1");
      member.settle();
      Attempt attempt = fixture.store.attempts(id.value()).get(0);
      assertThat(attempt.startedAt()).isEqualTo(storeClock.instant());
    }
  }

  @Test
  void claim_dueBeyondTheWindow_leftToOthers() {
    SteppedNode member = new SteppedNode(fixture);
    TaskId id = fixture.scheduleAt(storeClock.millis() + SteppedNode.WINDOW_MILLIS + 1, "1");

    member.claim();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void fire_returnsTheTimeToTheNextDue() {
    SteppedNode member = new SteppedNode(fixture);
    fixture.scheduleAt(storeClock.millis() + 400, "1");
    member.claim();

    assertThat(member.engine.firing().fire()).isEqualTo(Duration.ofMillis(400).toNanos());
  }

  @Test
  void flush_storeOutOfReach_resultsKeptAndWrittenOnceItIsBack() {
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    fixture.store.failing("settle");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(member::round).isInstanceOf(StorageException.class);
    }
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);

    fixture.store.failing();
    member.round();

    assertThat(starts).containsExactly("1");
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
  }

  @Test
  void flush_oneSettlementRefusedForEver_theOthersAreWritten() {
    fixture.handlers.put(
        "work", context -> TaskResult.done("[" + context.content() + ",\"poison\"]"));
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ids.add(fixture.scheduleAt(storeClock.millis(), Integer.toString(i)));
    }
    fixture.store.refusing("[3,\"poison\"]");
    SteppedNode member = new SteppedNode(fixture);
    int failures = 0;
    for (int i = 0; i < 6; i++) {
      try {
        member.round();
      } catch (StorageException e) {
        failures++;
      }
    }

    assertThat(failures).isPositive();
    assertThat(ids)
        .filteredOn(id -> fixture.status(id) != TaskStatus.FINISHED)
        .containsExactly(ids.get(3));
  }

  /** Else each of its refusals would end a step, and have the others tried one by one. */
  @Test
  void flush_oneSettlementRefusedForEver_soonDoesNotSlowTheOthers() {
    fixture.handlers.put("work", context -> TaskResult.done("[" + context.content() + "]"));
    fixture.store.refusing("[-1]");
    TaskId poison = fixture.scheduleAt(storeClock.millis(), "-1");
    SteppedNode member = new SteppedNode(fixture);
    for (int i = 0; i < 20; i++) {
      fixture.scheduleAt(storeClock.millis(), Integer.toString(i));
      try {
        member.round();
      } catch (StorageException e) {
        assertThat(e).hasMessage("result refused");
      }
    }
    assertThat(member.engine.settler().nanosToLook()).isBetween(1L, 2_000_000_000L);

    long flushes = member.engine.settler().flushes();
    List<TaskId> others = new ArrayList<>();
    for (int i = 100; i < 300; i++) {
      others.add(fixture.scheduleAt(storeClock.millis(), Integer.toString(i)));
    }
    // A claim takes no more than could begin at once.
    member.begin();
    member.begin();
    member.settle();

    assertThat(others).allMatch(id -> fixture.status(id) == TaskStatus.FINISHED);
    assertThat(member.engine.settler().flushes() - flushes).isLessThanOrEqualTo(8);
    assertThat(fixture.status(poison)).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void flush_oneSettlementRefusedForEver_isGivenUpAsFailed() {
    fixture.handlers.put("work", context -> TaskResult.done("[" + context.content() + "]"));
    fixture.store.refusing("[-1]");
    TaskId poison = fixture.scheduleAt(storeClock.millis(), "-1");
    SteppedNode member = new SteppedNode(fixture);
    for (int i = 0; i < 60 && fixture.status(poison) == TaskStatus.RUNNING || i == 0; i++) {
      clock.advanceMillis(5_000);
      member.engine.membership().keep();
      fixture.scheduleAt(storeClock.millis(), Integer.toString(i));
      try {
        member.round();
      } catch (StorageException e) {
        assertThat(e).hasMessage("result refused");
      }
    }

    assertThat(fixture.status(poison)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.store.attempts(poison.value()).get(0).error())
        .isEqualTo("the storage refused to keep how it ended");
    assertThat(member.engine.settler().nanosToLook()).isEqualTo(Long.MAX_VALUE);
  }

  /** Else an outage would have all ends wait aside for a minute after it. */
  @Test
  void flush_storeOutOfReachForLong_noneWaitsAside() {
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    member.begin();
    fixture.store.failing("settle");
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(member::settle).isInstanceOf(StorageException.class);
    }
    fixture.store.failing();
    member.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void flush_listenerThrowsAnError_whatIsWrittenIsNotWrittenAgain() {
    fixture.listener =
        new GatehouseListener() {
          @Override
          public void staleResults(int count) {
            throw new AssertionError("listener");
          }
        };
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    member.claim();
    member.fire();
    member.work();
    fixture.engine().scheduler().forceRequeue(id);

    assertThatThrownBy(member::settle).isInstanceOf(AssertionError.class);

    assertThat(member.engine.settler().isIdle()).isTrue();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void start_registryFailsOnTheCallersThread_permitComesBackOnce() {
    fixture.scheduleCallback();
    fixture.applications.failure = new IllegalStateException("the pool is closed");
    VirtualStepper stepper = new VirtualStepper(fixture.parts());

    assertThatThrownBy(stepper::run).isSameAs(fixture.applications.failure);

    assertThat(stepper.engine().runner().permits().availablePermits())
        .isEqualTo(fixture.options.maxRunning());
  }

  @Test
  void next_capacityFullOfCallbacksUnderWay_notTheOverdueTaskThereIsNoRoomFor() {
    fixture.options = SchedulerOptions.builder().capacity(1).lease(Duration.ofDays(1)).build();
    fixture.receiver = request -> new CompletableFuture<>();
    fixture.scheduleCallback();
    fixture.scheduleCallback();
    VirtualStepper stepper = new VirtualStepper(fixture.parts());
    stepper.run();

    assertThat(stepper.next()).contains(clock.instant().plusSeconds(60));
  }

  @Test
  void task_claimedAheadOfItsTime_waits() {
    TaskId id = fixture.scheduleAt(storeClock.millis() + 500, "1");
    TaskScheduler scheduler = fixture.engine().scheduler();
    new SteppedNode(fixture).claim();

    assertThat(scheduler.task(id).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(scheduler.task(id).attempt()).isZero();
    clock.advanceMillis(500);

    assertThat(scheduler.task(id).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(scheduler.task(id).attempt()).isEqualTo(1);
  }

  /** A node without work asks when the next task is due, and claims only what may be there. */
  @Test
  void claim_nothingToDo_asksForTheEarliestOnly() {
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    for (int i = 0; i < 10; i++) {
      member.round();
    }
    assertThat(fixture.store.calls("claim")).isEqualTo(1);
    assertThat(fixture.store.calls("earliestDue")).isEqualTo(11);

    fixture.scheduleAt(storeClock.millis() + SteppedNode.WINDOW_MILLIS + 500, "1");
    member.round();
    assertThat(fixture.store.calls("claim")).isEqualTo(1);
    clock.advanceMillis(500);
    member.round();
    assertThat(fixture.store.calls("claim")).isEqualTo(2);

    fixture.scheduleAt(storeClock.millis(), "2");
    member.round();
    assertThat(starts).containsExactly("2");
  }

  @Test
  void claim_nothingToDoAndAHint_claimsAtOnce() {
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    fixture.scheduleAt(storeClock.millis(), "1");
    member.engine.heard(storeClock.millis());
    member.round();
    assertThat(fixture.store.calls("earliestDue")).isEqualTo(1);
    assertThat(starts).containsExactly("1");
  }

  @Test
  void isInUse_workflows_forAMinute() {
    AdvanceQueue queue = new SteppedNode(fixture).engine.settler().queue();
    assertThat(queue.isInUse(clock.nanoTime())).isFalse();
    queue.noteUse(clock.nanoTime());
    clock.advanceMillis(59_999);
    assertThat(queue.isInUse(clock.nanoTime())).isTrue();
    clock.advanceMillis(1);
    assertThat(queue.isInUse(clock.nanoTime())).isFalse();
  }

  @Test
  void claim_fails_nothingIsLostAndTheNextClaimGoesOn() {
    fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    fixture.store.failing("claim");
    assertThatThrownBy(member::claim).isInstanceOf(StorageException.class);

    fixture.store.failing();
    member.round();

    assertThat(starts).containsExactly("1");
  }

  @Test
  void auditLeases_answerToTheClaimWasLost_givenBackAfter5s() {
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    fixture.store.losingAnswers("claim");
    assertThatThrownBy(member::round).isInstanceOf(StorageException.class);
    fixture.store.losingAnswers();
    member.engine.keeper().auditLeases();
    clock.advanceMillis(3_000);
    member.engine.membership().keep();
    member.engine.keeper().auditLeases();
    member.settle();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);

    clock.advanceMillis(2_000);
    member.engine.keeper().auditLeases();
    member.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).attempt()).isZero();
    member.round();
    assertThat(starts).containsExactly("1");
  }

  @Test
  void auditLeases_leaseThatNothingExplains_foundWithinTwelveAudits() {
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    Node node = requireNonNull(member.engine.membership().live());
    fixture.store.claim(node.number(), storeClock.millis(), 1);
    fixture.scheduleAt(storeClock.millis(), "2");
    member.round();
    for (int i = 0; i < 12; i++) {
      member.engine.keeper().auditLeases();
    }
    clock.advanceMillis(3_000);
    member.engine.membership().keep();
    clock.advanceMillis(2_000);
    member.engine.keeper().auditLeases();
    member.settle();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
  }

  @Test
  void auditLeases_partAfterPart_allAreFoundAndGivenBackInTime() {
    List<TaskId> ids = new ArrayList<>();
    for (String name : List.of("1", "2", "3")) {
      ids.add(fixture.scheduleAt(storeClock.millis(), name));
    }
    SteppedNode member = new SteppedNode(fixture);
    Node node = requireNonNull(member.engine.membership().live());
    fixture.store.claim(node.number(), storeClock.millis(), 3);
    fixture.scheduleAt(storeClock.millis(), "4");
    member.round();
    fixture.store.inParts = true;
    for (int i = 0; i < 11 + 3; i++) {
      member.engine.keeper().auditLeases();
    }
    clock.advanceMillis(3_000);
    member.engine.membership().keep();
    clock.advanceMillis(2_000);
    member.engine.keeper().auditLeases();
    member.settle();
    assertThat(ids).allMatch(id -> fixture.status(id) == TaskStatus.WAITING);
  }

  @Test
  void checkHeld_cancelledInTheWindow_neverStarts() {
    TaskId id = fixture.scheduleAt(storeClock.millis() + 500, "1");
    SteppedNode member = new SteppedNode(fixture);
    member.claim();
    assertThat(fixture.engine().scheduler().cancel(id)).isEqualTo(Cancellation.REQUESTED);

    member.engine.keeper().checkHeld();
    clock.advanceMillis(500);
    member.round();

    assertThat(starts).isEmpty();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.CANCELLED);
    assertThat(fixture.outcomes(id)).isEmpty();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void checkHeld_takenAwayByForce_attemptTrippedAndItsResultStale() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver =
        request ->
            fixture.sent.size() == 1
                ? hanging
                : CompletableFuture.completedFuture(Response.of(200, "success"));
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    SteppedNode member = new SteppedNode(fixture);
    member.round();

    assertThat(scheduler.forceRequeue(id)).isEqualTo(Requeue.REQUEUED);
    member.engine.keeper().checkHeld();
    assertThat(hanging).isCancelled();
    assertThat(fixture.heard.stale).hasValue(1);
    member.round();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void claim_takenAwayByForceAndClaimedAgainHere_theOldAttemptGivesWay() {
    List<CompletableFuture<Response>> answers = new ArrayList<>();
    fixture.receiver =
        request -> {
          answers.add(new CompletableFuture<>());
          return answers.get(answers.size() - 1);
        };
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    scheduler.forceRequeue(id);

    member.round();

    assertThat(answers.get(0)).isCancelled();
    answers.get(1).complete(Response.of(200, "success"));
    member.settle();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.store.attempts(id.value())).extracting(Attempt::fence).containsExactly(2L);
  }

  @Test
  void claim_capacityReached_noMoreUntilSomeAreSettled() {
    fixture.options = SchedulerOptions.builder().capacity(2).build();
    SteppedNode member = new SteppedNode(fixture);
    for (int i = 0; i < 3; i++) {
      fixture.scheduleAt(storeClock.millis(), Integer.toString(i));
    }

    assertThat(member.engine.claimer().claim(SteppedNode.WINDOW_MILLIS, 100)).isZero();
    assertThat(member.engine.claimer().claim(SteppedNode.WINDOW_MILLIS, 100)).isEqualTo(100);
    member.round();
    member.round();

    assertThat(starts).containsExactly("0", "1", "2");
  }

  @Test
  void releaseAll_windowNotBegun_readyAgainAtTheirDueTimeAndNotCounted() {
    long due = storeClock.millis() + 700;
    TaskId id = fixture.scheduleAt(due, "1");
    SteppedNode member = new SteppedNode(fixture);
    member.claim();

    member.engine.attempts().releaseAll();
    member.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(due);
    assertThat(fixture.state(id).attempt()).isZero();
  }
}
