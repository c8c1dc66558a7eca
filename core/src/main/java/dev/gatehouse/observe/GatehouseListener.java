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

  /**
   * The oldest record of a log that is not in the tree waits for so long already, as far as this
   * node has seen: longer than it may. Told again each time as much more has gone by.
   *
   * @param log {@code audit} or {@code event}, here and below
   */
  default void auditLagging(String log, Duration lag) {}

  /**
   * Pending records of a log were altered, or written by somebody without the key: they are set
   * aside and never get into the tree.
   */
  default void auditRecordsRefused(String log, int count) {}

  /** The tree over a log is not what it should be; it grows no more until that is mended. */
  default void auditDamaged(String log, String what) {}

  /**
   * An instance of a server may take calls of this process no more, or may again.
   *
   * @param address host and port
   * @param change {@code ejected} after failures in a row, {@code restored} when that is over,
   *     {@code down} or {@code up} by probes
   */
  default void instanceChanged(String server, String address, String change) {}

  /**
   * No instance of a server is up any more, or one is again, or the server was removed meanwhile.
   *
   * @param policy what becomes of calls while none is: {@code FAIL} or {@code PANIC}
   */
  default void serverDown(String server, boolean down, String policy) {}

  /**
   * Calls of a service fail at once from now on, or are tried again, or pass.
   *
   * @param state {@code open}, {@code half-open} or {@code closed}
   */
  default void breakerChanged(String server, String service, String state) {}

  /**
   * The lease of an instance that this process keeps was lost. If it had ended, it is taken anew;
   * if somebody else registered the instance again, or removed it, it is kept no more.
   */
  default void leaseLost(String server, String address) {}
}
