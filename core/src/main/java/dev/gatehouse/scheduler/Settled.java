package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * What a task became. Immutable.
 *
 * @param id the task
 * @param status after the change
 */
public record Settled(long id, TaskStatus status) {
  /** Checks that there is a status. */
  public Settled {
    requireNonNull(status, "status");
  }
}
