package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.List;
import java.util.Optional;

/** What tasks of workflows are handed on by those before them. Safe for use by multiple threads. */
final class NodeResults {
  private final WorkflowStore store;

  NodeResults(WorkflowStore store) {
    this.store = store;
  }

  /** The result of a node that the task's node depends on. */
  Optional<String> resultOf(TaskRow row, String node) {
    requireNonNull(node, "node");
    if (row.workflowId() == 0) {
      throw new IllegalArgumentException(
          "node must be one that the task is after, was '"
              + Check.shown(node)
              + "' though it is of no workflow");
    }
    List<WorkflowStep> steps = store.steps(row.workflowId());
    for (WorkflowStep step : steps) {
      if (step.taskId() == row.id()) {
        for (int number : step.after()) {
          if (steps.get(number).name().equals(node)) {
            return store.result(row.workflowId(), steps.get(number).taskId());
          }
        }
      }
    }
    throw new IllegalArgumentException(
        "node must be one that the task is after, was '" + Check.shown(node) + "'");
  }
}
