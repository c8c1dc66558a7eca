package dev.gatehouse.benchmarks;

import java.time.Duration;

/**
 * How much is measured: enough to rely on, or just enough to see that all of it works. Immutable.
 *
 * @param quick whether the whole area must be done within 50 s
 * @param patience how long a subject may stand still before it has failed
 */
public record Plan(boolean quick, Duration patience) {
  /** A plan for a quick run, or for one that takes its time. */
  public static Plan of(boolean quick) {
    return new Plan(quick, Duration.ofSeconds(quick ? 8 : 60));
  }

  /** One of two values: the first if there is little time. */
  public int pick(int quickly, int thoroughly) {
    return quick ? quickly : thoroughly;
  }

  /** How many times each subject is measured. */
  public int rounds() {
    return pick(1, 3);
  }
}
