package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The engine's steps, called by hand on one thread while two clocks are moved. */
class EngineTest {
  private static final long WINDOW = 1_000;

  private long storeAheadMillis;
  private final TestClock clock = new TestClock();
  private final InstantSource storeClock = () -> clock.instant().plusMillis(storeAheadMillis);
  private final SchedulerFixture fixture = new SchedulerFixture(storeClock);
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

  /** An engine of this process; handlers run when their worker is told to. */
  private final class Member {
    final Deque<Runnable> workers = new ArrayDeque<>();
    final Engine engine;

    Member() {
      SchedulerParts parts = fixture.parts();
      engine =
          new Engine(
              new SchedulerParts(
                  parts.store(),
                  parts.transactions(),
                  parts.audit(),
                  parts.handlers(),
                  parts.callbacks(),
                  parts.ids(),
                  parts.nodeNumber(),
                  clock,
                  clock::nanoTime,
                  parts.listener(),
                  parts.options()),
              EngineClock.followingStore(clock, clock::nanoTime),
              workers::add,
              Waker.NONE);
      engine.membership().keep();
    }

    void claim() {
      engine.claimer().claim(WINDOW, 100);
    }

    void fire() {
      engine.firing().fire();
    }

    void work() {
      while (!workers.isEmpty()) {
        workers.remove().run();
      }
    }

    void round() {
      claim();
      fire();
      work();
      engine.settler().flush();
    }
  }

  private TaskId scheduleAt(long storeMillis, String content) {
    return fixture
        .engine()
        .scheduler()
        .schedule(
            Task.unnumbered()
                .handler("work")
                .content(content)
                .retryPolicy(RetryPolicy.NONE)
                .at(java.time.Instant.ofEpochMilli(storeMillis)));
  }

  private TaskStatus status(TaskId id) {
    return fixture.state(id).status();
  }

  private List<Outcome> outcomes(TaskId id) {
    return fixture.store.attempts(id.value()).stream().map(Attempt::outcome).toList();
  }

  @Test
  void fire_storeAnHourAheadOrBehind_neverBeforeTheStoresTime() {
    for (long ahead : new long[] {3_600_000, -3_600_000}) {
      storeAheadMillis = ahead;
      starts.clear();
      Member member = new Member();
      TaskId id = scheduleAt(storeClock.millis() + 500, "1");

      member.claim();
      member.fire();
      assertThat(status(id)).isEqualTo(TaskStatus.RUNNING);
      clock.advanceMillis(499);
      member.fire();
      member.work();
      assertThat(starts).isEmpty();
      clock.advanceMillis(1);
      member.fire();
      member.work();

      assertThat(starts).containsExactly("1");
      member.engine.settler().flush();
      Attempt attempt = fixture.store.attempts(id.value()).get(0);
      assertThat(attempt.startedAt()).isEqualTo(storeClock.instant());
    }
  }

  @Test
  void claim_dueBeyondTheWindow_leftToOthers() {
    Member member = new Member();
    TaskId id = scheduleAt(storeClock.millis() + WINDOW + 1, "1");

    member.claim();

    assertThat(status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void fire_returnsTheTimeToTheNextDue() {
    Member member = new Member();
    scheduleAt(storeClock.millis() + 400, "1");
    member.claim();

    assertThat(member.engine.firing().fire()).isEqualTo(Duration.ofMillis(400).toNanos());
  }

  @Test
  void fire_pausedForLongerThanTheLease_windowDroppedAndNodeJoinsAnew() {
    Member member = new Member();
    TaskId id = scheduleAt(storeClock.millis() + 500, "1");
    member.claim();

    clock.advanceMillis(9_000);
    member.fire();
    member.work();

    assertThat(starts).isEmpty();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
    assertThat(fixture.heard.fenced).hasValue(1);
    clock.advanceMillis(1_000);
    while (member.engine.membership().keep() == 0) {}
    member.engine.keeper().recover();
    member.round();
    assertThat(starts).containsExactly("1");
    assertThat(outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
    assertThat(fixture.heard.recovered).hasValue(1);
  }

  @Test
  void begin_pauseBetweenDispatchAndStart_notStarted() {
    Member member = new Member();
    scheduleAt(storeClock.millis(), "1");
    member.claim();
    member.fire();

    clock.advanceMillis(9_000);
    member.work();

    assertThat(starts).isEmpty();
  }

  @Test
  void begin_leaseRenewedInTime_started() {
    Member member = new Member();
    scheduleAt(storeClock.millis() + 12_000, "1");
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
    Member paused = new Member();
    Member other = new Member();
    List<CompletableFuture<Response>> answers = new ArrayList<>();
    fixture.receiver =
        request -> {
          answers.add(new CompletableFuture<>());
          return answers.get(answers.size() - 1);
        };
    TaskId id =
        fixture
            .engine()
            .scheduler()
            .schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    paused.round();

    for (int i = 0; i < 4; i++) {
      clock.advanceMillis(3_000);
      other.engine.membership().keep();
    }
    other.engine.keeper().recover();
    other.round();
    answers.get(0).complete(Response.of(200, "success"));
    paused.engine.settler().flush();

    assertThat(fixture.heard.stale).hasValue(1);
    assertThat(status(id)).isEqualTo(TaskStatus.RUNNING);
    answers.get(1).complete(Response.of(500, ""));
    other.engine.settler().flush();
    assertThat(status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.FAILURE);
  }

  @Test
  void watch_leaseRunsOutDuringTheAttempt_exchangeCancelledAndLateResultReported() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver = request -> hanging;
    fixture
        .engine()
        .scheduler()
        .schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    Member member = new Member();
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
      new Member().claim();
      clock.advanceMillis(10_000);
      new Member().engine.keeper().recover();
    }

    Member member = new Member();
    member.round();
    assertThat(fixture.state(id).dueMillis()).isEqualTo(storeClock.millis() + 5_000);
    clock.advanceMillis(5_000);
    member.round();

    assertThat(status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(outcomes(id))
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
      assertThat(status(id)).isEqualTo(TaskStatus.WAITING);
      new Member().claim();
      clock.advanceMillis(10_000);
      new Member().engine.keeper().recover();
    }

    assertThat(status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(fixture.audit).hasSize(1);
    assertThat(fixture.audit.get(0).content()).isEqualTo("task " + id + " failed");
  }

  @Test
  void flush_storeOutOfReach_resultsKeptAndWrittenOnceItIsBack() {
    TaskId id = scheduleAt(storeClock.millis(), "1");
    Member member = new Member();
    fixture.store.failing("settle");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(member::round).isInstanceOf(StorageException.class);
    }
    assertThat(status(id)).isEqualTo(TaskStatus.RUNNING);

    fixture.store.failing();
    member.round();

    assertThat(starts).containsExactly("1");
    assertThat(outcomes(id)).containsExactly(Outcome.SUCCESS);
  }

  @Test
  void flush_oneSettlementRefusedForEver_theOthersAreWritten() {
    fixture.handlers.put(
        "work", context -> TaskResult.done("[" + context.content() + ",\"poison\"]"));
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ids.add(scheduleAt(storeClock.millis(), Integer.toString(i)));
    }
    fixture.store.refusing("[3,\"poison\"]");
    Member member = new Member();
    int failures = 0;
    for (int i = 0; i < 6; i++) {
      try {
        member.round();
      } catch (StorageException e) {
        failures++;
      }
    }

    assertThat(failures).isPositive();
    assertThat(ids).filteredOn(id -> status(id) != TaskStatus.FINISHED).containsExactly(ids.get(3));
  }

  @Test
  void settle_afterTheLeaseWasLostButBeforeRecovery_stillCounts() {
    TaskId id = scheduleAt(storeClock.millis(), "1");
    Member member = new Member();
    fixture.store.failing("settle", "renew");
    assertThatThrownBy(member::round).isInstanceOf(StorageException.class);
    clock.advanceMillis(20_000);
    member.fire();

    fixture.store.failing();
    member.engine.settler().flush();

    assertThat(outcomes(id)).containsExactly(Outcome.SUCCESS);
    assertThat(fixture.heard.stale).hasValue(0);
  }

  @Test
  void keep_renewalFails_leaseEndsByItselfAndNodeJoinsAnewWhenTheStoreIsBack() {
    Member member = new Member();
    fixture.store.failing("renew", "join");
    clock.advanceMillis(3_000);
    assertThatThrownBy(() -> member.engine.membership().keep())
        .isInstanceOf(StorageException.class);
    assertThat(member.engine.membership().live()).isNotNull();
    clock.advanceMillis(6_000);
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
  void claim_fails_nothingIsLostAndTheNextClaimGoesOn() {
    scheduleAt(storeClock.millis(), "1");
    Member member = new Member();
    fixture.store.failing("claim");
    assertThatThrownBy(member::claim).isInstanceOf(StorageException.class);

    fixture.store.failing();
    member.round();

    assertThat(starts).containsExactly("1");
  }

  @Test
  void checkLeases_answerToTheClaimWasLost_givenBackAfter5s() {
    TaskId id = scheduleAt(storeClock.millis(), "1");
    Member member = new Member();
    Node node = member.engine.membership().live();
    fixture.store.claim(node.number(), storeClock.millis(), 1);
    scheduleAt(storeClock.millis(), "2");
    member.round();
    member.engine.keeper().checkLeases();
    clock.advanceMillis(3_000);
    member.engine.membership().keep();
    member.engine.keeper().checkLeases();
    member.engine.settler().flush();
    assertThat(status(id)).isEqualTo(TaskStatus.RUNNING);

    clock.advanceMillis(2_000);
    member.engine.keeper().checkLeases();
    member.engine.settler().flush();

    assertThat(status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).attempt()).isZero();
    member.round();
    assertThat(starts).containsExactly("2", "1");
  }

  @Test
  void checkLeases_cancelledInTheWindow_neverStarts() {
    TaskId id = scheduleAt(storeClock.millis() + 500, "1");
    Member member = new Member();
    member.claim();
    assertThat(fixture.engine().scheduler().cancel(id)).isEqualTo(Cancellation.REQUESTED);

    member.engine.keeper().checkLeases();
    clock.advanceMillis(500);
    member.round();

    assertThat(starts).isEmpty();
    assertThat(status(id)).isEqualTo(TaskStatus.CANCELLED);
    assertThat(outcomes(id)).isEmpty();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void checkLeases_takenAwayByForce_attemptTrippedAndItsResultStale() {
    CompletableFuture<Response> hanging = new CompletableFuture<>();
    fixture.receiver =
        request ->
            fixture.sent.size() == 1
                ? hanging
                : CompletableFuture.completedFuture(Response.of(200, "success"));
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    Member member = new Member();
    member.round();

    assertThat(scheduler.forceRequeue(id)).isEqualTo(Requeue.REQUEUED);
    member.engine.keeper().checkLeases();
    assertThat(hanging).isCancelled();
    assertThat(fixture.heard.stale).hasValue(1);
    member.round();

    assertThat(status(id)).isEqualTo(TaskStatus.FINISHED);
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
    Member member = new Member();
    member.round();
    scheduler.forceRequeue(id);

    member.round();

    assertThat(answers.get(0)).isCancelled();
    answers.get(1).complete(Response.of(200, "success"));
    member.engine.settler().flush();
    assertThat(status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.store.attempts(id.value())).extracting(Attempt::fence).containsExactly(2L);
  }

  @Test
  void claim_capacityReached_noMoreUntilSomeAreSettled() {
    fixture.options = SchedulerOptions.builder().capacity(2).build();
    Member member = new Member();
    for (int i = 0; i < 3; i++) {
      scheduleAt(storeClock.millis(), Integer.toString(i));
    }

    assertThat(member.engine.claimer().claim(WINDOW, 100)).isTrue();
    assertThat(member.engine.claimer().claim(WINDOW, 100)).isFalse();
    member.round();
    member.round();

    assertThat(starts).containsExactly("0", "1", "2");
  }

  @Test
  void releaseAll_windowNotBegun_readyAgainAtTheirDueTimeAndNotCounted() {
    long due = storeClock.millis() + 700;
    TaskId id = scheduleAt(due, "1");
    Member member = new Member();
    member.claim();

    member.engine.attempts().releaseAll();
    member.engine.settler().flush();

    assertThat(status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(due);
    assertThat(fixture.state(id).attempt()).isZero();
  }

  @Test
  void leave_attemptsUnderWay_othersRecoverThemAtOnce() {
    fixture.receiver = request -> new CompletableFuture<>();
    TaskId id =
        fixture
            .engine()
            .scheduler()
            .schedule(Task.unnumbered().application(fixture.application(7, 5, 0)));
    Member member = new Member();
    member.round();

    member.engine.membership().leave();
    new Member().engine.keeper().recover();

    assertThat(status(id)).isEqualTo(TaskStatus.WAITING);
    assertThat(outcomes(id)).containsExactly(Outcome.CRASHED);
  }
}
