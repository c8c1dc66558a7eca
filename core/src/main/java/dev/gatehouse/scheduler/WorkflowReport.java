package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * What a workflow is to take note of: how the task of one of its nodes ended, or that it is to be
 * cancelled. Immutable.
 *
 * @param id time-ordered, made by the scheduler
 * @param workflowId the workflow
 * @param taskId the task; 0 if the workflow is to be cancelled
 * @param status how the task ended; {@link TaskStatus#CANCELLED} if the workflow is to be cancelled
 * @param result JSON of at most 64 KiB characters that the task returned, or null
 */
public record WorkflowReport(
    long id, long workflowId, long taskId, TaskStatus status, @Nullable String result) {
  /** Checks that stores can keep it as it is. */
  public WorkflowReport {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(workflowId, 1, Long.MAX_VALUE, "workflowId");
    Check.range(taskId, 0, Long.MAX_VALUE, "taskId");
    Check.that(requireNonNull(status, "status").isFinal(), "status must be final, was " + status);
    if (result != null) {
      Check.range(result.length(), 0, TaskResult.Done.MAX_RESULT, "length of result");
    }
  }

  /** The workflow is to be cancelled. */
  static WorkflowReport cancel(long id, long workflowId) {
    return new WorkflowReport(id, workflowId, 0, TaskStatus.CANCELLED, null);
  }

  boolean isToCancel() {
    return taskId == 0;
  }

  /** What it is of: the result may be secret. */
  @Override
  public String toString() {
    return "WorkflowReport " + workflowId + " " + taskId + " " + status;
  }
}
