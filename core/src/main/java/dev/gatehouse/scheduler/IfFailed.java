package dev.gatehouse.scheduler;

/**
 * What becomes of a workflow when one of its nodes comes to nothing: the node's task has failed,
 * its retries and crashes used up, or was cancelled by itself.
 */
public enum IfFailed {
  /**
   * The workflow fails: no further node begins, those that wait or run are cancelled. The default.
   */
  STOP(0),
  /**
   * What depends on the node, directly or not, is skipped; the other nodes go on, and when they
   * have ended the workflow has failed.
   */
  SKIP_DEPENDENTS(1),
  /** What depends on the node goes on as if it had finished without a result. */
  CONTINUE(2);

  private final int code;

  IfFailed(int code) {
    this.code = code;
  }

  /** The number in storage. */
  public int code() {
    return code;
  }

  /**
   * What has that code.
   *
   * @throws IllegalArgumentException if nothing has
   */
  public static IfFailed of(int code) {
    for (IfFailed ifFailed : values()) {
      if (ifFailed.code == code) {
        return ifFailed;
      }
    }
    throw new IllegalArgumentException("code must be in 0..2, was " + code);
  }
}
