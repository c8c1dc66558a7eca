package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * How many tasks a storage holds that are neither to be claimed nor leased, each kind as far as it
 * looked. Immutable.
 *
 * @param paused those that wait until they are resumed
 * @param parked those whose time has come and that wait for their turn: behind others of their key,
 *     or at a limit
 * @param failed those that failed for good and are kept, to be requeued: the dead letters
 * @param cancelled those that were cancelled and are kept
 * @param finished those that succeeded and are kept
 */
public record OtherCounts(
    CountedTasks paused,
    CountedTasks parked,
    CountedTasks failed,
    CountedTasks cancelled,
    CountedTasks finished) {
  /** Checks that nothing is missing. */
  public OtherCounts {
    requireNonNull(paused, "paused");
    requireNonNull(parked, "parked");
    requireNonNull(failed, "failed");
    requireNonNull(cancelled, "cancelled");
    requireNonNull(finished, "finished");
  }
}
