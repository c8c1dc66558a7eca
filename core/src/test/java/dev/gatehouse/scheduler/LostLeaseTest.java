package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Nodes that die, pause, or lose their store, stepped by hand. */
class LostLeaseTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final InstantSource storeClock = fixture.storeClock;
  private final List<String> starts = new ArrayList<>();

  LostLeaseTest() {
    fixture.options = SchedulerOptions.DEFAULT;
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(context.content());
          return TaskResult.done();
        });
  }

  @Test
  void fire_pausedForLongerThanTheLease_windowGivenBackAndNodeJoinsAnew() {
    SteppedNode member = new SteppedNode(fixture);
    TaskId id = fixture.scheduleAt(storeClock.millis() + 500, "1");
    member.claim();

    clock.advanceMillis(9_000);
    member.fire();
    member.work();

    assertThat(starts).isEmpty();
    assertThat(fixture.heard.fenced).hasValue(1);
    member.engine.settler().flush();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
    clock.advanceMillis(1_000);
    while (member.engine.membership().keep() == 0) {}
    member.engine.keeper().recover();
    member.round();
    assertThat(starts).containsExactly("1");
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
    assertThat(fixture.heard.recovered).hasValue(0);
  }

  /** The monotonic clock stands still meanwhile, so the lease seems to last. */
  @Test
  void begin_machineWasSuspendedAndAnotherNodeRecovered_isNotBegunTwice() {
    long[] suspended = new long[1];
    SteppedNode member = new SteppedNode(fixture, () -> clock.nanoTime() - suspended[0]);
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    member.claim();
    Duration night = Duration.ofHours(8);
    clock.advance(night);
    suspended[0] = night.toNanos();
    SteppedNode other = new SteppedNode(fixture);
    other.engine.keeper().recover();
    other.round();
    assertThat(starts).containsExactly("1");

    member.begin();

    assertThat(starts).containsExactly("1");
    member.settle();
    while (member.engine.membership().keep() == 0) {}
    TaskId next = fixture.scheduleAt(storeClock.millis(), "2");
    member.round();
    assertThat(starts).containsExactly("1", "2");
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.status(next)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.heard.fenced).hasValue(1);
  }

  /** Whoever sets the host's clock takes no lease away. */
  @Test
  void begin_wallClockWasSetForward_beginsOnceTheLeaseIsRenewed() {
    fixture.options = SchedulerOptions.builder().lease(Duration.ofDays(365)).build();
    long[] set = new long[1];
    SteppedNode member = new SteppedNode(fixture, () -> clock.nanoTime() - set[0]);
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    member.claim();
    clock.advance(Duration.ofHours(1));
    set[0] = Duration.ofHours(1).toNanos();
    member.round();
    assertThat(starts).isEmpty();

    member.engine.membership().keep();
    member.round();

    assertThat(fixture.heard.fenced).hasValue(0);
    assertThat(fixture.state(id).attempt()).isEqualTo(1);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void fire_pausedForLongerThanTheLeaseAndStoreOutOfReach_recoveredByAnother() {
    SteppedNode member = new SteppedNode(fixture);
    TaskId id = fixture.scheduleAt(storeClock.millis() + 500, "1");
    member.claim();
    clock.advanceMillis(9_000);
    member.fire();
    clock.advanceMillis(1_000);

    SteppedNode other = new SteppedNode(fixture);
    other.engine.keeper().recover();
    member.engine.settler().flush();
    other.round();

    assertThat(starts).containsExactly("1");
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
  }

  @Test
  void begin_pauseBetweenDispatchAndStart_notStarted() {
    SteppedNode member = new SteppedNode(fixture);
    fixture.scheduleAt(storeClock.millis(), "1");
    member.claim();
    member.fire();

    clock.advanceMillis(9_000);
    member.work();

    assertThat(starts).isEmpty();
  }

  @Test
  void begin_leaseRenewedInTime_started() {
    SteppedNode member = new SteppedNode(fixture);
    fixture.scheduleAt(storeClock.millis() + 12_000, "1");
    for (int i = 0; i < 4; i++) {
      clock.advanceMillis(3_000);
      member.engine.membership().keep();
    }

    member.round();

    assertThat(starts).containsExactly("1");
    assertThat(fixture.heard.fenced).hasValue(0);
  }

  @Test
  void settle_nodePausedDuringTheAttempt_resultIsStaleAndTheOthersCounts() {
    SteppedNode paused = new SteppedNode(fixture);
    SteppedNode other = new SteppedNode(fixture);
    List<CompletableFuture<Response>> answers = new ArrayList<>();
    fixture.receiver =
        request -> {
          answers.add(new CompletableFuture<>());
          return answers.get(answers.size() - 1);
        };
    TaskId id = fixture.scheduleCallback();
    paused.round();

    for (int i = 0; i < 4; i++) {
      clock.advanceMillis(3_000);
      other.engine.membership().keep();
    }
    other.engine.keeper().recover();
    other.round();
    answers.get(0).complete(Response.of(200, "success"));
    paused.settle();

    assertThat(fixture.heard.stale).hasValue(1);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);
    answers.get(1).complete(Response.of(500, ""));
    other.settle();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.FAILURE);
  }

  @Test
  void watch_leaseRunsOutDuringTheAttempt_exchangeCancelledAndLateResultReported() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver = request -> hanging;
    fixture.scheduleCallback();
    SteppedNode member = new SteppedNode(fixture);
    member.round();

    clock.advanceMillis(9_000);
    member.fire();

    assertThat(hanging).isCancelled();
    assertThat(fixture.heard.stale).hasValue(1);
    assertThat(fixture.heard.outcomes).isEmpty();
    assertThat(member.engine.settler().isIdle()).isTrue();
  }

  @Test
  void recover_crashesDoNotUseUpRetries_retriesAfterThemAsEver() {
    fixture.handlers.put("work", context -> TaskResult.failed("no"));
    TaskId id =
        fixture
            .engine()
            .scheduler()
            .schedule(
                Task.unnumbered()
                    .handler("work")
                    .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 1)));
    for (int crash = 0; crash < 2; crash++) {
      new SteppedNode(fixture).begin();
      clock.advanceMillis(10_000);
      new SteppedNode(fixture).engine.keeper().recover();
    }

    SteppedNode member = new SteppedNode(fixture);
    member.round();
    assertThat(fixture.state(id).dueMillis()).isEqualTo(storeClock.millis() + 5_000);
    clock.advanceMillis(5_000);
    member.round();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.outcomes(id))
        .containsExactly(Outcome.CRASHED, Outcome.CRASHED, Outcome.FAILURE, Outcome.FAILURE);
  }

  @Test
  void recover_taskThatKillsItsNode_failsAfterSixCrashesAndIsAudited() {
    TaskId id =
        fixture
            .engine()
            .scheduler()
            .schedule(Task.unnumbered().handler("work").application(fixture.application(7, 5, 5)));
    for (int crash = 0; crash < 6; crash++) {
      assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
      new SteppedNode(fixture).begin();
      clock.advanceMillis(10_000);
      new SteppedNode(fixture).engine.keeper().recover();
    }

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.audit).hasSize(1);
    assertThat(fixture.audit.get(0).content()).isEqualTo("Task " + id + " failed");
  }

  @Test
  void settle_afterTheLeaseWasLostButBeforeRecovery_stillCounts() {
    TaskId id = fixture.scheduleAt(storeClock.millis(), "1");
    SteppedNode member = new SteppedNode(fixture);
    fixture.store.failing("settle", "renew");
    assertThatThrownBy(member::round).isInstanceOf(StorageException.class);
    clock.advanceMillis(20_000);
    member.fire();

    fixture.store.failing();
    member.settle();

    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
    assertThat(fixture.heard.stale).hasValue(0);
  }

  @Test
  void keep_renewalFails_leaseEndsByItselfAndNodeJoinsAnewWhenTheStoreIsBack() {
    SteppedNode member = new SteppedNode(fixture);
    fixture.store.failing("renew", "join");
    clock.advanceMillis(4_000);
    assertThatThrownBy(() -> member.engine.membership().keep())
        .isInstanceOf(StorageException.class);
    assertThat(member.engine.membership().live()).isNotNull();
    clock.advanceMillis(5_000);
    assertThat(member.engine.membership().live()).isNull();
    assertThatThrownBy(() -> member.engine.membership().keep())
        .isInstanceOf(StorageException.class);

    fixture.store.failing();
    member.engine.membership().keep();

    Node node = member.engine.membership().live();
    assertThat(node).isNotNull();
    assertThat(node.number()).isEqualTo(2);
  }

  @Test
  void leave_attemptsUnderWay_othersRecoverThemAtOnce() {
    fixture.receiver = request -> new CompletableFuture<>();
    TaskId id = fixture.scheduleCallback();
    SteppedNode member = new SteppedNode(fixture);
    member.round();

    member.engine.membership().leave();
    new SteppedNode(fixture).engine.keeper().recover();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED);
  }

  private SteppedNode closeOne(SteppedNode member) {
    member.engine.attempts().interruptAll();
    member.settle();
    member.engine.membership().leave();
    return new SteppedNode(fixture);
  }

  /** Seven deployments during one long task must not make it a poison pill. */
  @Test
  void close_sevenTimesDuringAttempts_countsNeitherCrashNorRetry() {
    fixture.options = SchedulerOptions.builder().maxCrashes(0).build();
    fixture.receiver = request -> new CompletableFuture<>();
    TaskId id =
        fixture
            .engine()
            .scheduler()
            .schedule(Task.unnumbered().application(fixture.application(7, 5, 1)));
    SteppedNode member = new SteppedNode(fixture);
    for (int closed = 0; closed < 7; closed++) {
      member.round();
      member = closeOne(member);
      member.engine.keeper().recover();
      assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    }
    fixture.receiver = request -> CompletableFuture.completedFuture(Response.of(500, ""));
    member.round();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    clock.advanceMillis(5_000);
    member.round();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.state(id).attempt()).isEqualTo(2);
    assertThat(fixture.outcomes(id))
        .startsWith(Outcome.INTERRUPTED, Outcome.INTERRUPTED)
        .endsWith(Outcome.INTERRUPTED, Outcome.FAILURE, Outcome.FAILURE)
        .hasSize(9);
    assertThat(fixture.heard.recovered).hasValue(0);
  }

  @Test
  void close_cancelledMeanwhile_endsAsCancelled() {
    fixture.receiver = request -> new CompletableFuture<>();
    TaskId id = fixture.scheduleCallback();
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    fixture.store.cancel(OptionalLong.empty(), id.value(), storeClock.millis());

    closeOne(member);

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void close_leaseIsAnothersMeanwhile_changesNothing() {
    fixture.receiver = request -> new CompletableFuture<>();
    TaskId id = fixture.scheduleCallback();
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    fixture.clock.advanceMillis(10_000);
    SteppedNode other = new SteppedNode(fixture);
    other.engine.keeper().recover();
    other.round();

    member.engine.attempts().interruptAll();
    member.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED);
  }
}
