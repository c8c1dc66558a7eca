package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * The work of a node of a workflow as stores keep it. Immutable.
 *
 * @param task what is scheduled when the node is ready, but for the times; a part of the workflow
 *     and without a number
 * @param delayMillis how long after the node is ready its task is due; {@link #AT} if at the task's
 *     {@code runtimeMillis}, or at once when that is past
 */
public record WorkflowWork(TaskRow task, long delayMillis) {
  /** In place of a delay: the due time is fixed. */
  public static final long AT = -1;

  /** Checks that stores can keep it as it is. */
  public WorkflowWork {
    Check.range(requireNonNull(task, "task").workflowId(), 1, Long.MAX_VALUE, "workflowId");
    Check.that(task.taskNo() == null, "task must be unnumbered");
    Check.range(delayMillis, AT, Long.MAX_VALUE, "delayMillis");
  }

  static WorkflowWork of(TaskRow row, Task task) {
    return new WorkflowWork(
        row, task.delay().map(delay -> Math.max(0, delay.toMillis())).orElse(AT));
  }

  /** The task of a node that is ready now. */
  TaskRow readyAt(long nowMillis) {
    long due =
        delayMillis == AT ? Math.max(nowMillis, task.runtimeMillis()) : nowMillis + delayMillis;
    return new TaskRow(
        task.id(),
        task.applicationId(),
        task.kind(),
        null,
        task.name(),
        task.content(),
        task.timeoutMillis(),
        task.retry(),
        nowMillis,
        due,
        task.priority(),
        task.key(),
        task.keyLimit(),
        task.workflowId());
  }
}
