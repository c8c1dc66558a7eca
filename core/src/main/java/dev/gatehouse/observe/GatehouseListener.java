package dev.gatehouse.observe;

import java.time.Duration;

/**
 * Hears what happens inside, for metrics and traces. Every method does nothing by default.
 *
 * <p>Methods are called on the thread where it happened, some of them on the engines' own, so they
 * must not block; what they throw is logged and dropped. Must be safe for use by multiple threads.
 */
public interface GatehouseListener {
  /** Hears nothing. */
  GatehouseListener NONE = new GatehouseListener() {};

  /**
   * An attempt of a task ended.
   *
   * @param kind the task's kind
   * @param outcome {@code success}, {@code failure}, {@code timeout} or {@code cancelled}
   * @param lateness from the due time to the start of the attempt, never negative
   * @param duration from start to end of the attempt
   */
  default void attemptEnded(String kind, String outcome, Duration lateness, Duration duration) {}

  /** Tasks were freed from a node that lost its lease. */
  default void tasksRecovered(int count) {}

  /** The results of attempts came too late: another owner holds the tasks, nothing was written. */
  default void staleResults(int count) {}

  /** This node lost its lease, dropped what it had not begun, and registers anew. */
  default void nodeFenced() {}

  /**
   * A signature was refused.
   *
   * @param reason as in {@link dev.gatehouse.error.AuthenticationException.Reason}
   */
  default void signatureRefused(String reason) {}

  /**
   * Grants changed; they took effect on this node so long after they were committed. Of two threads
   * that find a version at a time, each may tell of it.
   */
  default void permissionsChanged(long version, Duration latency) {}
}
