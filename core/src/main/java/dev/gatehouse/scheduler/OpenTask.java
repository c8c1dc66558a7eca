package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * How a task stands that is not final. Immutable.
 *
 * @param id the task
 * @param fence of its last lease, or greater
 * @param state what may become of it next
 */
public record OpenTask(long id, long fence, State state) {
  /** What may become of a task next. */
  public enum State {
    /** It may be claimed when it is due. */
    READY,
    /** It waits until it is resumed. */
    PAUSED,
    /** It waits until it is admitted. */
    PARKED,
    /** A node holds it. */
    LEASED
  }

  /** Checks that nothing is missing. */
  public OpenTask {
    requireNonNull(state, "state");
  }
}
