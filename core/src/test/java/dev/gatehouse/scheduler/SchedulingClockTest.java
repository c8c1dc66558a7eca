package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A node that only schedules, whose host's clock is wrong. */
class SchedulingClockTest {
  private static final long WRONG = Duration.ofMinutes(10).toMillis();
  private static final long START = TestClock.START.toEpochMilli();

  private final SchedulerFixture fixture = new SchedulerFixture();

  private TaskEngine engine() {
    fixture.handlers.put("work", context -> TaskResult.done());
    return fixture.engine();
  }

  private static TaskId schedule(TaskEngine engine, Duration delay) {
    return engine.scheduler().schedule(Task.unnumbered().handler("work").in(delay));
  }

  @Test
  void schedule_hostsClockAheadOfTheStores_isDueByTheStores() {
    fixture.storeAheadMillis = -WRONG;
    TaskState state = fixture.state(schedule(engine(), Duration.ofSeconds(5)));
    assertThat(state.dueMillis()).isEqualTo(START - WRONG + 5_000);
    assertThat(state.row().createdMillis()).isEqualTo(START - WRONG);
  }

  @Test
  void schedule_hostsClockBehindTheStores_isDueByTheStores() {
    fixture.storeAheadMillis = WRONG;
    TaskState state = fixture.state(schedule(engine(), Duration.ofSeconds(5)));
    assertThat(state.dueMillis()).isEqualTo(START + WRONG + 5_000);
  }

  @Test
  void cancel_hostsClockWrong_endedByTheStores() {
    fixture.storeAheadMillis = WRONG;
    TaskId id = fixture.scheduleAt(START + 2 * WRONG, "1");
    TaskEngine engine = engine();
    assertThat(engine.scheduler().cancel(id)).isEqualTo(Cancellation.CANCELLED);
    assertThat(fixture.state(id).endedMillis()).isEqualTo(START + WRONG);
  }

  @Test
  void reschedule_runNow_hostsClockWrong_isDueByTheStores() {
    fixture.storeAheadMillis = -WRONG;
    TaskId id = fixture.scheduleAt(START + WRONG, "1");
    assertThat(engine().scheduler().runNow(id)).isEqualTo(TaskChange.DONE);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(START - WRONG);
  }

  @Test
  void schedule_soonAgain_asksOnce() {
    TaskEngine engine = engine();
    schedule(engine, Duration.ZERO);
    fixture.clock.advanceMillis(29_999);
    schedule(engine, Duration.ZERO);
    assertThat(fixture.store.calls("nowMicros")).isEqualTo(1);
  }

  @Test
  void schedule_halfAMinuteLater_asksAgain() {
    fixture.storeAheadMillis = WRONG;
    TaskEngine engine = engine();
    schedule(engine, Duration.ZERO);
    fixture.storeAheadMillis = -WRONG;
    fixture.clock.advanceMillis(30_000);
    TaskState state = fixture.state(schedule(engine, Duration.ZERO));
    assertThat(fixture.store.calls("nowMicros")).isEqualTo(2);
    assertThat(state.dueMillis()).isEqualTo(START + 30_000 - WRONG);
  }

  /** While a machine is suspended its monotonic clock may stand still. */
  @Test
  void millis_hostsClocksDisagree_asksAgain() {
    long[] nanos = {0};
    SchedulingClock clock = new SchedulingClock(fixture.clock, () -> nanos[0]);
    assertThat(clock.millis(fixture.store)).isEqualTo(START);
    fixture.clock.advanceMillis(1_000);
    assertThat(clock.millis(fixture.store)).isEqualTo(START + 1_000);
    fixture.clock.advanceMillis(-999);
    nanos[0] += 1_000_000;
    assertThat(clock.millis(fixture.store)).isEqualTo(START + 1);
  }

  @Test
  void millis_storeCannotBeAsked_whatIsKnownThenAsksAgain() {
    SchedulingClock clock = new SchedulingClock(fixture.clock, fixture.clock::nanoTime);
    fixture.storeAheadMillis = WRONG;
    fixture.store.failing("nowMicros");
    assertThat(clock.millis(fixture.store)).isEqualTo(START);
    fixture.store.failing();
    assertThat(clock.millis(fixture.store)).isEqualTo(START + WRONG);
    fixture.store.failing("nowMicros");
    fixture.clock.advance(Duration.ofMinutes(1));
    assertThat(clock.millis(fixture.store)).isEqualTo(START + WRONG + 60_000);
  }
}
