package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * A leased task's progress. It counts only while the node holds the task under the fence.
 * Immutable.
 *
 * @param id the task
 * @param fence of the lease
 * @param progress how far it has got
 */
public record ProgressReport(long id, long fence, TaskProgress progress) {
  /** Checks that nothing is missing. */
  public ProgressReport {
    requireNonNull(progress, "progress");
  }
}
