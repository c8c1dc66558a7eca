package dev.gatehouse.scheduler;

import java.time.Instant;
import java.util.Optional;

/**
 * Runs tasks on the caller's thread, at the time that the engine's clock shows: for tests that move
 * the clock instead of waiting. Handlers run inline, one after the other, in order of (due time,
 * id). Not safe: confine to one thread.
 */
public interface Stepper {
  /**
   * When {@link #run} next has something to do: the earliest due time, the end of an attempt's
   * time, or at the earliest possible moment what is overdue. Empty if nothing is to come.
   *
   * @throws dev.gatehouse.error.StorageException if the storage fails
   */
  Optional<Instant> next();

  /**
   * Does all that is due, and what becomes due by that, until nothing is left. Does not end while
   * every handler schedules another task for the same instant.
   *
   * @throws dev.gatehouse.error.StorageException if the storage fails; no result is lost, the next
   *     call goes on
   * @throws dev.gatehouse.error.ClosedException if the engine is closed
   */
  void run();
}
