package dev.gatehouse.scheduler;

/** What was asked of a task and is still to be heeded, or lasts. */
public enum Asked {
  /** Nothing: the task goes its way. */
  NOTHING(0),
  /** To end as cancelled; while a node has it. */
  CANCEL(1),
  /** To begin no attempt until it is resumed; an attempt under way goes on. */
  PAUSE(2);

  private final int code;

  Asked(int code) {
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
  public static Asked of(int code) {
    for (Asked asked : values()) {
      if (asked.code == code) {
        return asked;
      }
    }
    throw new IllegalArgumentException("code must be in 0..2, was " + code);
  }
}
