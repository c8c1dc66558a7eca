package dev.gatehouse.scheduler;

/** Where a node of a workflow stands. All but the first two are final. */
public enum NodeState {
  /** Some node that it depends on has not ended; its task is not scheduled. */
  WAITING(0),
  /** Its task is scheduled: it waits for its due time, is retried, or runs. */
  BEGUN(1),
  /** Its task finished. */
  FINISHED(2),
  /** Its task was cancelled, or was not to begin any more when its workflow was. */
  CANCELLED(3),
  /** Its task failed. */
  FAILED(4),
  /** What it depends on, directly or not, came to nothing. */
  SKIPPED(5);

  private final int code;

  NodeState(int code) {
    this.code = code;
  }

  /** The number in storage. */
  public int code() {
    return code;
  }

  /** Whether nothing more happens to it. */
  public boolean isFinal() {
    return this != WAITING && this != BEGUN;
  }

  /**
   * The state of that code.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static NodeState of(int code) {
    for (NodeState state : values()) {
      if (state.code == code) {
        return state;
      }
    }
    throw new IllegalArgumentException("code must be in 0..5, was " + code);
  }

  /** What a node becomes whose task ended so. */
  static NodeState after(TaskStatus status) {
    return switch (status) {
      case FINISHED -> FINISHED;
      case CANCELLED -> CANCELLED;
      case FAILED -> FAILED;
      case WAITING, RUNNING -> BEGUN;
    };
  }
}
