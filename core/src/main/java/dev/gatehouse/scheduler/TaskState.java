package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A task and where it stands, as stores answer it. Times are epoch milliseconds. Immutable.
 *
 * @param row what it is
 * @param status where it stands
 * @param dueMillis when its next attempt is due, or its last one was
 * @param attempt number of attempts begun since scheduling or requeue
 * @param asked what was asked of it
 * @param endedMillis when it became final; 0 while it is not
 * @param result JSON that its handler returned, or null
 * @param progress what the attempt under way has reported, or null
 */
public record TaskState(
    TaskRow row,
    TaskStatus status,
    long dueMillis,
    int attempt,
    Asked asked,
    long endedMillis,
    @Nullable String result,
    @Nullable TaskProgress progress) {
  /** Checks that nothing is missing. */
  public TaskState {
    requireNonNull(row, "row");
    requireNonNull(status, "status");
    requireNonNull(asked, "asked");
  }

  /** A task without progress. */
  public TaskState(
      TaskRow row,
      TaskStatus status,
      long dueMillis,
      int attempt,
      Asked asked,
      long endedMillis,
      @Nullable String result) {
    this(row, status, dueMillis, attempt, asked, endedMillis, result, null);
  }

  @Override
  public String toString() {
    return "TaskState " + row.id() + " " + status;
  }
}
