package dev.gatehouse.scheduler;

/** What a request to pause, resume or reschedule a task came to. */
public enum TaskChange {
  /** It is as asked, whether it was so before or not. */
  DONE,
  /**
   * An attempt is under way, or another node is about to begin one. It goes on; one that was not
   * begun is given back, and none follows until the task is resumed.
   */
  REQUESTED,
  /** An attempt is under way, or another node is about to begin one; nothing changed. */
  RUNNING,
  /** The task had ended before, or is to end as cancelled; nothing changed. */
  TOO_LATE,
  /** There is no such task, or it is another application's. */
  NOT_FOUND
}
