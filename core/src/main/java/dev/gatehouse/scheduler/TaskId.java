package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;

/**
 * Names a task, for good and across restarts; decimal on the wire. Immutable.
 *
 * @param value 1 or more
 */
public record TaskId(long value) implements Comparable<TaskId> {
  /** Checks the value. */
  public TaskId {
    Check.range(value, 1, Long.MAX_VALUE, "task id");
  }

  @Override
  public int compareTo(TaskId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
