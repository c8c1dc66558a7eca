package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ClosedException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks that are paused, resumed, and given other times, stepped through virtual time. */
class TaskRequestsTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<Double> starts = new ArrayList<>();
  private final Task task =
      Task.unnumbered().handler("work").retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 1));

  @BeforeEach
  void addHandler() {
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          return TaskResult.failed("no");
        });
  }

  @Test
  void pause_waiting_runsWhenResumed() {
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId id = scheduler.schedule(task.in(Duration.ofSeconds(2)));
    assertThat(scheduler.pause(id)).isEqualTo(TaskChange.DONE);
    Stepper stepper = engine.stepper();

    fixture.runUntil(stepper, Duration.ofSeconds(60));

    assertThat(starts).isEmpty();
    TaskDetail paused = scheduler.task(id);
    assertThat(paused.status()).isEqualTo(TaskStatus.WAITING);
    assertThat(paused.status().code()).isZero();
    assertThat(paused.asked()).isEqualTo(Asked.PAUSE);
    assertThat(paused.dueAt()).isEqualTo(TestClock.START.plusSeconds(2));
    assertThat(scheduler.resume(id)).isEqualTo(TaskChange.DONE);
    fixture.runUntil(stepper, Duration.ofSeconds(61));
    assertThat(starts).containsExactly(60.0);
  }

  @Test
  void pause_whileItRuns_theRetryWaitsForTheResumption() {
    List<TaskChange> answers = new ArrayList<>();
    TaskEngine[] engine = new TaskEngine[1];
    fixture.handlers.put(
        "work",
        context -> {
          starts.add(clock.seconds());
          if (context.attempt() == 1) {
            answers.add(engine[0].scheduler().pause(context.id()));
            answers.add(engine[0].scheduler().reschedule(context.id(), TestClock.START));
            answers.add(engine[0].scheduler().runNow(context.id()));
          }
          return TaskResult.failed("no");
        });
    engine[0] = fixture.engine();
    TaskId id = engine[0].scheduler().schedule(task);
    Stepper stepper = engine[0].stepper();

    fixture.runUntil(stepper, Duration.ofSeconds(100));

    assertThat(answers)
        .containsExactly(TaskChange.REQUESTED, TaskChange.RUNNING, TaskChange.RUNNING);
    assertThat(starts).containsExactly(0.0);
    assertThat(engine[0].scheduler().task(id).attempt()).isEqualTo(1);
    engine[0].scheduler().resume(id);
    fixture.runUntil(stepper, Duration.ofSeconds(200));
    assertThat(starts).containsExactly(0.0, 100.0);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void pause_claimedAheadByAnotherNode_isGivenBackAndNeverStarts() {
    TaskId id = fixture.scheduleAt(fixture.storeClock.millis() + 500, "1");
    SteppedNode member = new SteppedNode(fixture);
    member.claim();
    assertThat(fixture.engine().scheduler().pause(id)).isEqualTo(TaskChange.REQUESTED);

    member.engine.keeper().checkHeld();
    member.settle();
    clock.advanceMillis(500);
    member.round();

    assertThat(starts).isEmpty();
    assertThat(fixture.state(id).asked()).isEqualTo(Asked.PAUSE);
    assertThat(fixture.state(id).attempt()).isZero();
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void runNow_waitingForItsRetry_runsAtOnce() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    Stepper stepper = engine.stepper();
    fixture.runUntil(stepper, Duration.ofSeconds(1));

    assertThat(engine.scheduler().runNow(id)).isEqualTo(TaskChange.DONE);
    stepper.run();

    assertThat(starts).containsExactly(0.0, 1.0);
  }

  @Test
  void runNow_paused_endsThePause() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task.in(Duration.ofDays(1)));
    engine.scheduler().pause(id);

    assertThat(engine.scheduler().runNow(id)).isEqualTo(TaskChange.DONE);
    fixture.runUntil(engine.stepper(), Duration.ofSeconds(1));

    assertThat(starts).containsExactly(0.0);
  }

  @Test
  void reschedule_soonerAndLater_startsThen() {
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId sooner = scheduler.schedule(task.in(Duration.ofDays(1)));
    TaskId later = scheduler.schedule(task);
    assertThat(scheduler.reschedule(sooner, TestClock.START.plusSeconds(3)))
        .isEqualTo(TaskChange.DONE);
    assertThat(scheduler.reschedule(later, TestClock.START.plusSeconds(7)))
        .isEqualTo(TaskChange.DONE);

    fixture.runUntil(engine.stepper(), Duration.ofSeconds(7));

    assertThat(starts).containsExactly(3.0, 7.0);
  }

  @Test
  void changes_endedUnknownOrAnothers_changeNothing() {
    Application billing = fixture.application(7, 5, 0);
    Application shipping = fixture.application(8, 5, 0);
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    TaskId ended = scheduler.schedule(task);
    scheduler.cancel(ended);
    TaskId billings = scheduler.as(billing).schedule(task);
    TaskScheduler other = scheduler.as(shipping);

    assertThat(scheduler.pause(ended)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(scheduler.resume(ended)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(scheduler.runNow(ended)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(other.pause(billings)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(other.resume(billings)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(other.runNow(billings)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(other.reschedule(billings, TestClock.START)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(scheduler.pause(new TaskId(99))).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(fixture.state(billings).asked()).isEqualTo(Asked.NOTHING);
  }

  @Test
  void reschedule_timeOutOfRange_refused() {
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(task);

    assertThatThrownBy(() -> scheduler.reschedule(id, Instant.MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("at must be in 1970..2169, was +");
  }

  @Test
  void changes_closed_refused() {
    TaskEngine engine = fixture.engine();
    TaskId id = engine.scheduler().schedule(task);
    engine.close();

    assertThatThrownBy(() -> engine.scheduler().pause(id)).isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> engine.scheduler().runNow(id)).isInstanceOf(ClosedException.class);
  }

  @Test
  void changes_ofAnApplicationsTask_audited() {
    Application billing = fixture.application(7, 5, 0);
    TaskScheduler scheduler = fixture.engine().scheduler();
    TaskId id = scheduler.schedule(task.application(billing).in(Duration.ofHours(1)));

    scheduler.pause(id);
    scheduler.reschedule(id, TestClock.START.plusSeconds(5));
    scheduler.resume(id);
    scheduler.runNow(id);

    assertThat(fixture.audit)
        .extracting(AuditRecord::content)
        .containsExactly(
            "Task 1 paused", "Task 1 rescheduled", "Task 1 resumed", "Task 1 is to run now");
  }
}
