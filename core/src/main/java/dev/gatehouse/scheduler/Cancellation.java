package dev.gatehouse.scheduler;

/** What a request to cancel came to. */
public enum Cancellation {
  /** The task waited and is cancelled: it never runs again. */
  CANCELLED,
  /**
   * An attempt is under way, or another node is about to begin one: it is told to end, and whatever
   * it returns, the task ends as cancelled.
   */
  REQUESTED,
  /** The task had ended before, however it ended; nothing changed. */
  TOO_LATE,
  /** There is no such task, or it is another application's. */
  NOT_FOUND
}
