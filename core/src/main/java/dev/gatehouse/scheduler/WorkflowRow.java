package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * A workflow as stores keep it. Times are epoch milliseconds. Immutable.
 *
 * @param id time-ordered, made by the scheduler
 * @param applicationId 0 for the host's own
 * @param name for people, 1..64 characters
 * @param status where it stands
 * @param createdMillis when it was scheduled
 * @param endedMillis when it became final; 0 while it is not
 */
public record WorkflowRow(
    long id,
    long applicationId,
    String name,
    WorkflowStatus status,
    long createdMillis,
    long endedMillis) {
  /** Checks that stores can keep it as it is. */
  public WorkflowRow {
    Check.range(id, 1, Long.MAX_VALUE, "id");
    Check.range(applicationId, 0, Long.MAX_VALUE, "applicationId");
    Check.text(name, 1, 64, "name");
    requireNonNull(status, "status");
    Check.range(createdMillis, 0, Long.MAX_VALUE, "createdMillis");
    Check.range(endedMillis, 0, Long.MAX_VALUE, "endedMillis");
  }

  /** This row with that status, since then if it is final. */
  WorkflowRow with(WorkflowStatus value, long nowMillis) {
    return new WorkflowRow(
        id, applicationId, name, value, createdMillis, value.isFinal() ? nowMillis : 0);
  }
}
