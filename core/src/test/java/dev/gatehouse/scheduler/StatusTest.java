package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ClosedException;
import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a scheduler says of itself. */
class StatusTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<SchedulerStatus> during = new ArrayList<>();
  private @Nullable TaskEngine asked;

  @BeforeEach
  void addHandler() {
    fixture.handlers.put(
        "work",
        context -> {
          if (asked != null) {
            during.add(asked.status());
          }
          return TaskResult.done();
        });
  }

  private static Task task() {
    return Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
  }

  @Test
  void status_notStarted_tellsOfTheStorageOnly() {
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(task());
    engine.scheduler().schedule(task().in(Duration.ofHours(1)));
    clock.advanceMillis(250);

    SchedulerStatus status = engine.status();

    assertThat(status.node()).isEmpty();
    assertThat(status.tasks()).contains(new TaskCounts(1, 1, 0, true));
    assertThat(status.others().orElseThrow().finished()).isEqualTo(new CountedTasks(0, true));
    assertThat(status.earliestDue()).contains(TestClock.START);
    assertThat(status.lag()).isEqualTo(Duration.ofMillis(250));
    assertThat(status.held()).isZero();
    assertThat(status.work()).isEqualTo(SchedulerStatus.Work.NONE);
    assertThat(status.rates()).isEqualTo(SchedulerStatus.Rates.NONE);
  }

  @Test
  void status_nothingIsDue_noLag() {
    TaskEngine engine = fixture.engine();
    assertThat(engine.status().earliestDue()).isEmpty();
    assertThat(engine.status().lag()).isZero();

    Instant due = TestClock.START.plusSeconds(60);
    engine.scheduler().schedule(task().at(due));

    assertThat(engine.status().earliestDue()).contains(due);
    assertThat(engine.status().lag()).isZero();
  }

  @Test
  void status_whileATaskRunsAndAfter_countsIt() {
    TaskEngine engine = fixture.engine();
    asked = engine;
    engine.scheduler().schedule(task());
    Stepper stepper = engine.stepper();
    clock.advanceMillis(5);
    stepper.run();

    assertThat(during).hasSize(1);
    SchedulerStatus status = during.get(0);
    assertThat(status.node()).hasValue(1);
    assertThat(status.tasks()).contains(new TaskCounts(0, 0, 1, true));
    assertThat(status.held()).isEqualTo(1);
    assertThat(status.underWay()).isEqualTo(1);
    assertThat(status.work().claimed()).isEqualTo(1);
    assertThat(status.work().settled()).isZero();
    SchedulerStatus after = engine.status();
    assertThat(after.others().orElseThrow().finished()).isEqualTo(new CountedTasks(1, true));
    assertThat(after.held()).isZero();
    assertThat(after.underWay()).isZero();
    assertThat(after.work().claims()).isGreaterThanOrEqualTo(1);
    assertThat(after.work().flushes()).isEqualTo(1);
    assertThat(after.work().settled()).isEqualTo(1);
    assertThat(after.work().since()).isEqualTo(Duration.ofMillis(5));
    assertThat(after.work().stale() + after.work().fenced() + after.work().recovered()).isZero();
  }

  @Test
  void status_tasksOfALostNode_countsThemAsRecovered() {
    int lost = fixture.store.join("boot", Duration.ofSeconds(1)).node();
    fixture.scheduleAt(clock.millis(), "1");
    fixture.store.claim(lost, clock.millis(), 1);
    fixture.store.leave(lost, "boot");
    TaskEngine engine = fixture.engine();
    engine.stepper().run();

    assertThat(engine.status().work().recovered()).isEqualTo(1);
  }

  @Test
  void status_nodeLostItsLease_countsThat() {
    fixture.options = SchedulerOptions.builder().lease(Duration.ofSeconds(10)).build();
    TaskEngine engine = fixture.engine();
    Stepper stepper = engine.stepper();
    stepper.run();
    clock.advanceMillis(60_000);
    stepper.run();

    assertThat(engine.status().work().fenced()).isEqualTo(1);
    assertThat(engine.status().node()).hasValue(2);
  }

  @Test
  void status_storageOutOfReach_tellsTheRest() {
    TaskEngine engine = fixture.engine();
    engine.scheduler().schedule(task());
    Stepper stepper = engine.stepper();
    stepper.run();
    fixture.store.failing("count");

    SchedulerStatus status = engine.status();

    assertThat(status.tasks()).isEmpty();
    assertThat(status.earliestDue()).isEmpty();
    assertThat(status.lag()).isZero();
    assertThat(status.work().settled()).isEqualTo(1);
  }

  @Test
  void status_afterSomeTasks_tellsTheRates() {
    TaskEngine engine = fixture.engine();
    Stepper stepper = engine.stepper();
    for (int i = 0; i < 20; i++) {
      engine.scheduler().schedule(task());
      stepper.run();
      clock.advanceMillis(500);
    }
    SchedulerStatus.Rates rates = engine.status().rates();
    assertThat(rates.over()).isEqualTo(Duration.ofSeconds(10));
    assertThat(rates.settled()).isEqualTo(2.0);
    assertThat(rates.claimed()).isEqualTo(2.0);
    assertThat(rates.claims()).isBetween(2.0, 6.0);
    assertThat(rates.flushes()).isBetween(2.0, 4.0);
  }

  @Test
  void status_closed_isRefused() {
    TaskEngine engine = fixture.engine();
    engine.close();

    assertThatThrownBy(engine::status).isInstanceOf(ClosedException.class);
  }
}
