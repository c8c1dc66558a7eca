package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of tasks with local handlers, stepped through virtual time. */
class TaskLifeTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<Double> starts = new ArrayList<>();

  private Task local(int stepSeconds, int retries) {
    return Task.unnumbered()
        .handler("work")
        .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(stepSeconds), retries));
  }

  @Test
  void run_attemptsOf2sStep5Retries3_starts0And7And19And36AndFailsAt38() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          clock.advanceMillis(2_000);
          return TaskResult.failed("no");
        });
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(5, 3));

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(starts).containsExactly(0.0, 7.0, 19.0, 36.0);
    TaskDetail detail = engine.scheduler().task(id);
    assertThat(detail.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(detail.endedAt()).contains(TestClock.START.plusSeconds(38));
    assertThat(detail.attempts()).extracting(Attempt::number).containsExactly(1, 2, 3, 4);
    assertThat(detail.attempts()).extracting(Attempt::error).containsOnly("no");
  }

  @Test
  void run_stepsAboveAnHour_cappedAtAnHour() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          return TaskResult.failed("no");
        });
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(local(1000, 5));

    fixture.runUntil(engine.stepper(), Duration.ofHours(5));

    assertThat(starts).containsExactly(0.0, 1000.0, 3000.0, 6000.0, 9600.0, 13200.0);
  }

  @Test
  void run_noRetries_oneAttempt() {
    fixture.handlers.put("work", context -> TaskResult.failed("no"));
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(10, 0));

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(fixture.outcomes(id)).containsExactly(Outcome.FAILURE);
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void run_failedForGood_noRetry() {
    fixture.handlers.put("work", context -> TaskResult.failedForGood("never"));
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(10, 5));

    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(fixture.outcomes(id)).containsExactly(Outcome.FAILURE);
  }

  @Test
  void run_done_resultKeptAndContextTold() {
    List<TaskContext> contexts = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          contexts.add(context);
          assertThat(context.isCancelled()).isFalse();
          return TaskResult.done("{\"n\":1}");
        });
    TaskEngine engine = fixture.engine();
    Instant due = TestClock.START.plusSeconds(3);
    TaskId id = engine.scheduler().schedule(Task.of("no-1").handler("work").content("[7]").at(due));

    fixture.runUntil(engine.stepper(), Duration.ofSeconds(3));

    TaskContext context = contexts.get(0);
    assertThat(contexts).hasSize(1);
    assertThat(context.id()).isEqualTo(id);
    assertThat(context.taskNo()).contains("no-1");
    assertThat(context.content()).isEqualTo("[7]");
    assertThat(context.dueAt()).isEqualTo(due);
    assertThat(context.attempt()).isEqualTo(1);
    assertThat(context.fence()).isEqualTo(1);
    assertThat(context.isCancelled()).isTrue();
    assertThat(engine.scheduler().task(id).result()).contains("{\"n\":1}");
    assertThat(fixture.heard.outcomes).containsExactly("work success");
    assertThat(fixture.heard.lateness).containsExactly(Duration.ZERO);
  }

  @Test
  void run_severalDue_inOrderOfDueTimeThenId() {
    List<String> order = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          order.add(context.content());
          return TaskResult.done();
        });
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    scheduler.schedule(local(0, 0).content("2").in(Duration.ofSeconds(2)));
    scheduler.schedule(local(0, 0).content("1").in(Duration.ofSeconds(1)));
    scheduler.schedule(local(0, 0).content("3").in(Duration.ofSeconds(2)));
    clock.advanceMillis(5_000);

    engine.stepper().run();

    assertThat(order).containsExactly("1", "2", "3");
  }

  @Test
  void run_handlerSchedulesAnother_runsInTheSameCall() {
    TaskEngine[] engine = new TaskEngine[1];
    List<String> ran = new ArrayList<>();
    fixture.handlers.put("next", context -> done(ran, "next"));
    fixture.handlers.put(
        "work",
        context -> {
          engine[0].scheduler().schedule(Task.unnumbered().handler("next"));
          return done(ran, "work");
        });
    engine[0] = fixture.engine();
    engine[0].scheduler().schedule(local(0, 0));

    engine[0].stepper().run();

    assertThat(ran).containsExactly("work", "next");
  }

  private static TaskResult done(List<String> ran, String name) {
    ran.add(name);
    return TaskResult.done();
  }

  @Test
  void run_resultAfterTheTimeout_countsAsTimeoutAndIsRetried() {
    fixture.handlers.put(
        "work",
        context -> {
          if (context.attempt() == 1) {
            clock.advanceMillis(1_500);
          }
          return TaskResult.done();
        });
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(5, 3).timeout(Duration.ofMillis(1_500)));

    fixture.runUntil(engine.stepper(), Duration.ofMinutes(1));

    assertThat(fixture.outcomes(id)).containsExactly(Outcome.TIMEOUT, Outcome.SUCCESS);
    assertThat(fixture.store.attempts(id.value()).get(0).error())
        .isEqualTo("not done after 1500 ms");
    assertThat(fixture.heard.outcomes).containsExactly("work timeout", "work success");
  }

  @Test
  void run_cancelledBeforeDue_neverRuns() {
    fixture.handlers.put("work", context -> done(new ArrayList<>(), "x"));
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(5, 3).in(Duration.ofMinutes(1)));

    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.CANCELLED);
    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.TOO_LATE);
    fixture.runUntil(engine.stepper(), Duration.ofHours(1));

    assertThat(fixture.outcomes(id)).isEmpty();
    assertThat(fixture.heard.outcomes).isEmpty();
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void run_cancelledByItsOwnHandler_endsAsCancelledWhateverItReturns() {
    TaskEngine[] engine = new TaskEngine[1];
    List<Cancellation> answers = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          answers.add(engine[0].scheduler().cancel(context.id()));
          return TaskResult.done();
        });
    engine[0] = fixture.engine();
    TaskId id = engine[0].scheduler().schedule(local(5, 3));

    fixture.runUntil(engine[0].stepper(), Duration.ofHours(1));

    assertThat(answers).containsExactly(Cancellation.REQUESTED);
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void run_kindWithoutHandlerHere_staysDueAsItWasAndIsNotCounted() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(Task.unnumbered().handler("elsewhere"));
    Stepper stepper = engine.stepper();

    stepper.run();

    assertThat(stepper.next()).isEmpty();
    fixture.runUntil(stepper, Duration.ofMinutes(10));
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(TestClock.START.toEpochMilli());
    assertThat(fixture.outcomes(id)).isEmpty();
    assertThat(fixture.state(id).attempt()).isZero();
  }

  @Test
  void run_failedTaskRequeued_startsWithRetriesAnew() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          return TaskResult.failed("no");
        });
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId id = scheduler.schedule(local(5, 1));
    Stepper stepper = engine.stepper();
    fixture.runUntil(stepper, Duration.ofSeconds(100));

    assertThat(scheduler.requeue(id)).isEqualTo(Requeue.REQUEUED);
    assertThat(scheduler.requeue(id)).isEqualTo(Requeue.WAITING);
    fixture.runUntil(stepper, Duration.ofSeconds(200));

    assertThat(starts).containsExactly(0.0, 5.0, 100.0, 105.0);
    assertThat(scheduler.task(id).attempts())
        .extracting(Attempt::number)
        .containsExactly(1, 2, 1, 2);
  }

  @Test
  void run_thirtyDaysOfDailyTasks_eachOnItsDay() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds() / 86_400);
          return TaskResult.done();
        });
    TaskEngine engine = fixture.engine();
    for (int day = 1; day <= 30; day++) {
      engine.scheduler().schedule(local(0, 0).in(Duration.ofDays(day)));
    }

    fixture.runUntil(engine.stepper(), Duration.ofDays(31));

    assertThat(starts).hasSize(30).isSorted();
    assertThat(starts.get(29)).isEqualTo(30.0);
  }

  @Test
  void run_finalTasksOlderThanTheRetention_purged() {
    fixture.handlers.put("work", context -> TaskResult.done());
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(local(0, 0));
    Stepper stepper = engine.stepper();

    fixture.runUntil(stepper, Duration.ofDays(7));
    assertThat(engine.scheduler().findTask(id)).isPresent();
    fixture.runUntil(stepper, Duration.ofDays(7).plus(Purging.LONGEST));

    assertThat(engine.scheduler().findTask(id)).isEmpty();
  }

  /** Without a history, dead letters must still be there for who comes to look. */
  @Test
  void run_failedWithoutHistory_keptForThirtyDaysAndRequeued() {
    fixture.options = SchedulerOptions.builder().retention(Duration.ZERO).build();
    fixture.handlers.put("work", context -> TaskResult.failedForGood("no"));
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId id = scheduler.schedule(local(0, 0));
    TaskId cancelled = scheduler.schedule(local(3_600, 0));
    scheduler.cancel(cancelled);
    Stepper stepper = engine.stepper();

    fixture.runUntil(stepper, Duration.ofDays(30));
    assertThat(scheduler.findTask(cancelled)).isEmpty();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    assertThat(scheduler.requeue(id)).isEqualTo(Requeue.REQUEUED);
    fixture.runUntil(stepper, Duration.ofDays(60));
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
    fixture.runUntil(stepper, Duration.ofDays(60).plusMinutes(2));

    assertThat(scheduler.findTask(id)).isEmpty();
  }

  @Test
  void failedRetention_asTold_elseThirtyDaysOrThatOfOthersIfLonger() {
    assertThat(SchedulerOptions.DEFAULT.failedRetention()).isEqualTo(Duration.ofDays(30));
    SchedulerOptions.Builder builder = SchedulerOptions.builder().retention(Duration.ofDays(90));
    assertThat(builder.build().failedRetention()).isEqualTo(Duration.ofDays(90));
    assertThat(builder.failedRetention(Duration.ZERO).build().failedRetention()).isZero();
    assertThatThrownBy(() -> builder.failedRetention(Duration.ofDays(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("failedRetention must be in");
  }

  @Test
  void next_nothingScheduled_empty() {
    assertThat(fixture.engine().stepper().next()).isEqualTo(Optional.empty());
  }
}
