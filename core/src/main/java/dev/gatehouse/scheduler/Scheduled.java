package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * What a request to schedule a task came to. Immutable.
 *
 * @param id the task that was scheduled or, if its number was taken, the one that has the number
 * @param outcome what happened
 */
public record Scheduled(TaskId id, Outcome outcome) {
  /** What can happen. */
  public enum Outcome {
    /** There is a new task. */
    NEW,
    /** The task that had the number has a new definition and due time. */
    REPLACED,
    /** The task that had the number is as it was, as {@link IfTaken} allows. */
    KEPT,
    /** The number was taken, and nothing was scheduled. */
    REJECTED
  }

  /** Checks that nothing is missing. */
  public Scheduled {
    requireNonNull(id, "id");
    requireNonNull(outcome, "outcome");
  }
}
