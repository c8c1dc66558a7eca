package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;

/**
 * Names a workflow, for good and across restarts; decimal on the wire. Immutable.
 *
 * @param value 1 or more
 */
public record WorkflowId(long value) implements Comparable<WorkflowId> {
  /** Checks the value. */
  public WorkflowId {
    Check.range(value, 1, Long.MAX_VALUE, "workflow id");
  }

  @Override
  public int compareTo(WorkflowId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
