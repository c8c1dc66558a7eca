package dev.gatehouse.scheduler;

/**
 * Where a task stands. The codes are Serendipity-job's. {@code WAITING} and {@code RUNNING}
 * alternate while there are retries; the other three are final, and only a requeue leads out of
 * them.
 */
public enum TaskStatus {
  /** Waits for its due time, the first or that of a retry. */
  WAITING(0),
  /** An attempt is under way, or its owner's lease has not run out yet. */
  RUNNING(1),
  /** An attempt succeeded. */
  FINISHED(2),
  /** Cancelled before it succeeded; a result that came later was ignored. */
  CANCELLED(3),
  /** Attempts are used up, or one failed for good. */
  FAILED(4);

  private final int code;

  TaskStatus(int code) {
    this.code = code;
  }

  /** The number on the wire and in storage. */
  public int code() {
    return code;
  }

  /** Whether nothing more happens by itself. */
  public boolean isFinal() {
    return this == FINISHED || this == CANCELLED || this == FAILED;
  }
}
