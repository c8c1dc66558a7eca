package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * A task that a node has leased for one attempt. Immutable.
 *
 * @param row what it is
 * @param dueMillis when the attempt is due
 * @param attempt the number of the attempt, 1 for the first since scheduling or requeue
 * @param crashes how many attempts since then ended with their node
 * @param fence proves the lease
 */
public record ClaimedTask(TaskRow row, long dueMillis, int attempt, int crashes, long fence) {
  /** Checks that there is a row. */
  public ClaimedTask {
    requireNonNull(row, "row");
  }
}
