package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/** What the scheduler does with a storage, from a first task to the purge of all. */
final class StoresInUse {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final long FAR = Long.MAX_VALUE / 2_000;
  private static final int TASKS = 40;

  private StoresInUse() {}

  /** Runs tasks behind a gate, a workflow and a schedule, to their end. */
  static void runAll(JdbcStorage storage) {
    AtomicInteger ran = new AtomicInteger();
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .scheduler(SchedulerOptions.builder().limit("limited", Limit.concurrent(1)).build())
            .handler("limited", context -> count(ran))
            .handler("step", context -> TaskResult.done("1"))
            .build()) {
      gatehouse.start();
      gatehouse.scheduler().repeat(Schedule.every("often", Duration.ofHours(1)).handler("step"));
      Task limited = Task.unnumbered().handler("limited");
      gatehouse.scheduler().scheduleAll(List.of(limited, limited, limited));
      Task step = Task.unnumbered().handler("step");
      WorkflowId workflow =
          gatehouse
              .workflows()
              .schedule(
                  Workflow.of(
                      "chain", WorkflowNode.of("a", step), WorkflowNode.of("b", step).after("a")));
      await().atMost(SOON).until(() -> ran.get() == 3 && isFinal(gatehouse, workflow));
      assertThat(gatehouse.workflows().workflow(workflow).status())
          .isEqualTo(WorkflowStatus.FINISHED);
      assertThat(gatehouse.scheduler().findSchedule("often")).isPresent();
      assertThat(gatehouse.scheduler().stopRepeating("often")).isTrue();
    }
    assertThat(storage.workflows().purge(FAR, 1_000)).isOne();
    assertThat(storage.tasks().purge(TaskStatus.FINISHED, FAR, 1_000)).isEqualTo(5);
    assertThat(storage.tasks().gates().purge(FAR * 1_000, 1_000)).isOne();
  }

  private static boolean isFinal(Gatehouse gatehouse, WorkflowId id) {
    return gatehouse.workflows().workflow(id).status().isFinal();
  }

  private static TaskResult count(AtomicInteger ran) {
    ran.incrementAndGet();
    return TaskResult.done();
  }

  /** Claims, settles, recovers, purges and tidies as a node would. */
  static void claimAll(JdbcStorage storage) {
    TaskStore tasks = storage.tasks();
    tasks.insert(LongStream.rangeClosed(1, TASKS).mapToObj(StoresInUse::row).toList());
    int node = tasks.join("boot", Duration.ofSeconds(60)).node();
    List<ClaimedTask> claimed = tasks.claim(node, 10, TASKS);
    assertThat(claimed).hasSize(TASKS);
    List<Settlement> half =
        claimed.subList(0, TASKS / 2).stream().map(StoresInUse::finish).toList();
    assertThat(tasks.settle(node, half, 5)).hasSize(TASKS / 2);
    tasks.leave(node, "boot");
    assertThat(tasks.recover(5, 5, TASKS))
        .extracting(Settled::id)
        .containsExactlyInAnyOrderElementsOf(
            claimed.subList(TASKS / 2, TASKS).stream().map(one -> one.row().id()).toList());
    long recovered = claimed.get(TASKS - 1).row().id();
    assertThat(tasks.find(OptionalLong.empty(), recovered).orElseThrow().status())
        .isEqualTo(TaskStatus.WAITING);
    assertThat(tasks.attempts(recovered))
        .extracting(Attempt::outcome)
        .containsExactly(Attempt.Outcome.CRASHED);
    assertThat(tasks.purge(TaskStatus.FINISHED, FAR, 1_000)).isEqualTo(TASKS / 2);
    tasks.tidy(1_000_000);
    assertThat(tasks.findId(7, "n" + recovered)).hasValue(recovered);
    assertThat(tasks.findId(7, "n" + claimed.get(0).row().id())).isEmpty();
  }

  private static TaskRow row(long id) {
    return new TaskRow(id, 7, "callback", "n" + id, "", "1", 1_000, "linear:5:5", 0, 0);
  }

  private static Settlement finish(ClaimedTask task) {
    Instant now = Instant.ofEpochMilli(5);
    Attempt attempt =
        new Attempt(task.attempt(), task.fence(), now, now, Attempt.Outcome.SUCCESS, 200, "");
    return new Settlement.Finish(task.row(), attempt, "1");
  }
}
