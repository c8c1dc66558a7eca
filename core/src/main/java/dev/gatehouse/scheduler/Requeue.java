package dev.gatehouse.scheduler;

/** What a request to run a task again came to. */
public enum Requeue {
  /** It had failed, was cancelled, or was forced: it is due now, with attempts counted anew. */
  REQUEUED,
  /** It waits anyway; nothing changed. */
  WAITING,
  /** It is running; nothing changed. */
  RUNNING,
  /** It has succeeded; nothing changed. */
  FINISHED,
  /** There is no such task, or it is another application's. */
  NOT_FOUND
}
