package dev.gatehouse.scheduler;

/** Where a workflow stands. */
public enum WorkflowStatus {
  /** Its nodes take their course. */
  RUNNING(1),
  /**
   * All nodes have ended, and none came to nothing but those that say {@link IfFailed#CONTINUE}.
   */
  FINISHED(2),
  /** It was cancelled, and all nodes have ended. */
  CANCELLED(3),
  /** All nodes have ended, and some node that does not say otherwise came to nothing. */
  FAILED(4),
  /** A node came to nothing: no other begins, and when those under way have ended it has failed. */
  STOPPING(5),
  /** As that, because it was to be cancelled; then it is cancelled. */
  CANCELLING(6);

  private final int code;

  WorkflowStatus(int code) {
    this.code = code;
  }

  /** The number in storage. */
  public int code() {
    return code;
  }

  /** Whether nothing more happens to it. */
  public boolean isFinal() {
    return this == FINISHED || this == CANCELLED || this == FAILED;
  }

  /** Whether no node begins any more, and those that have are to end. */
  public boolean isEnding() {
    return this == STOPPING || this == CANCELLING;
  }

  /**
   * The status of that code.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static WorkflowStatus of(int code) {
    for (WorkflowStatus status : values()) {
      if (status.code == code) {
        return status;
      }
    }
    throw new IllegalArgumentException("code must be in 1..6, was " + code);
  }
}
