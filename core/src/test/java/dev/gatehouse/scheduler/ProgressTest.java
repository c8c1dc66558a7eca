package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.registry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What handlers say of their progress, and tasks that failed. */
class ProgressTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<TaskContext> contexts = new ArrayList<>();

  private SteppedNode running(TaskHandler handler) {
    fixture.handlers.put("work", handler);
    fixture.scheduleAt(fixture.storeClock.millis(), "1");
    return new SteppedNode(fixture);
  }

  @Test
  void progress_saidOften_lastWordOfEachSecondWritten() {
    SteppedNode[] member = new SteppedNode[1];
    member[0] =
        running(
            context -> {
              contexts.add(context);
              for (int percent = 0; percent <= 40; percent++) {
                context.progress(percent, "step " + percent);
                member[0].engine.progress().write();
                clock.advanceMillis(100);
              }
              return TaskResult.done();
            });

    member[0].round();

    assertThat(fixture.store.reported)
        .extracting(report -> report.progress().percent())
        .containsExactly(0, 10, 20, 30, 40);
    assertThat(fixture.store.reported).allMatch(report -> report.id() == 1 && report.fence() == 1);
    contexts.get(0).progress(50, "late");
    clock.advanceMillis(2_000);
    member[0].engine.progress().write();
    assertThat(fixture.store.calls("progress")).isEqualTo(5);
  }

  @Test
  void progress_neverSaid_storeIsNotAsked() {
    SteppedNode[] member = new SteppedNode[1];
    member[0] =
        running(
            context -> {
              member[0].engine.progress().write();
              return TaskResult.done();
            });

    member[0].round();

    assertThat(fixture.store.calls("progress")).isZero();
  }

  @Test
  void progress_outOfRange_refused() {
    running(
            context -> {
              contexts.add(context);
              assertThatThrownBy(() -> context.progress(101, ""))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessage("percent must be in 0..100, was 101");
              assertThatThrownBy(() -> context.progress(-1, ""))
                  .isInstanceOf(IllegalArgumentException.class);
              assertThatThrownBy(() -> context.progress(1, "x".repeat(256)))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining("note must have 0..255");
              return TaskResult.done();
            })
        .round();

    assertThat(contexts).hasSize(1);
    assertThat(fixture.heard.outcomes).containsExactly("work success");
  }

  @Test
  void failedTasks_pageByPage_requeuedAndScoped() {
    fixture.handlers.put("work", context -> TaskResult.failed("no"));
    TaskEngine engine = fixture.engine();
    TaskScheduler scheduler = engine.scheduler();
    Task task = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
    List<TaskId> ids = scheduler.scheduleAll(List.of(task, task, task));
    fixture.runUntil(engine.stepper(), Duration.ofSeconds(1));

    assertThat(scheduler.failedTasks(2)).extracting(TaskDetail::id).isEqualTo(ids.subList(0, 2));
    assertThat(scheduler.failedTasks(ids.get(1), 2))
        .extracting(TaskDetail::id)
        .containsExactly(ids.get(2));
    assertThat(scheduler.failedTasks(1).get(0).attempts()).hasSize(1);
    assertThat(scheduler.as(fixture.application(7, 5, 0)).failedTasks(10)).isEmpty();
    scheduler.requeue(ids.get(0));
    assertThat(scheduler.failedTasks(10)).extracting(TaskDetail::id).doesNotContain(ids.get(0));
    assertThatThrownBy(() -> scheduler.failedTasks(101))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit must be in 1..100, was 101");
  }
}
