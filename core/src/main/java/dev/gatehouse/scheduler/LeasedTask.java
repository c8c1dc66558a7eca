package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * A lease as the store sees it. Immutable.
 *
 * @param id the task
 * @param fence of the lease
 * @param asked what was asked of the task meanwhile
 */
public record LeasedTask(long id, long fence, Asked asked) {
  /** Checks that nothing is missing. */
  public LeasedTask {
    requireNonNull(asked, "asked");
  }
}
