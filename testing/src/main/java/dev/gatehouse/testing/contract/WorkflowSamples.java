package dev.gatehouse.testing.contract;

import dev.gatehouse.scheduler.IfFailed;
import dev.gatehouse.scheduler.NodeState;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.scheduler.WorkflowWork;
import java.util.List;
import java.util.stream.IntStream;

/** Workflows for tests of stores; the tasks of number n's nodes are 1000 n, 1000 n + 1, ... */
final class WorkflowSamples {
  static final long APPLICATION = 7;

  private WorkflowSamples() {}

  static WorkflowRow row(long id, WorkflowStatus status, long endedMillis) {
    return new WorkflowRow(id, APPLICATION, "flow-" + id, status, 5, endedMillis);
  }

  static WorkflowRow running(long id) {
    return row(id, WorkflowStatus.RUNNING, 0);
  }

  static long task(long id, int number) {
    return 1_000 * id + number;
  }

  /** Of three nodes the first, then both others after it. */
  static List<WorkflowStep> steps(long id) {
    return IntStream.range(0, 3)
        .mapToObj(
            number ->
                new WorkflowStep(
                    number,
                    task(id, number),
                    "node-" + number,
                    number == 0 ? List.of() : List.of(0),
                    IfFailed.STOP,
                    number == 0 ? NodeState.BEGUN : NodeState.WAITING,
                    0))
        .toList();
  }

  static WorkflowStep with(WorkflowStep step, NodeState state, long endedMillis) {
    return new WorkflowStep(
        step.number(),
        step.taskId(),
        step.name(),
        step.after(),
        step.ifFailed(),
        state,
        endedMillis);
  }

  static List<WorkflowWork> work(long id) {
    return IntStream.range(0, 3)
        .mapToObj(number -> new WorkflowWork(task(id, number, "{\"n\":" + number + "}"), number))
        .toList();
  }

  private static TaskRow task(long id, int number, String content) {
    return new TaskRow(
        task(id, number),
        APPLICATION,
        "kind",
        null,
        "",
        content,
        60_000,
        "linear:0:0",
        5,
        6,
        Priority.NORMAL,
        null,
        0,
        id);
  }

  /** Inserts the workflow of that id, running. */
  static void insert(WorkflowStore store, long id) {
    insert(store, running(id));
  }

  static void insert(WorkflowStore store, WorkflowRow row) {
    store.insert(row, steps(row.id()), work(row.id()));
  }

  static WorkflowReport report(long id, long workflowId) {
    return new WorkflowReport(
        id, workflowId, task(workflowId, 0), TaskStatus.FINISHED, "{\"report\":" + id + "}");
  }
}
