package dev.gatehouse.scheduler;

/** When things recur, without beginning or end. Immutable. */
sealed interface Rhythm permits CronRhythm, IntervalRhythm {
  /** What {@link #nextAfter} answers if there is none. */
  long NEVER = Long.MAX_VALUE;

  /** The first occurrence after that time, in epoch milliseconds. */
  long nextAfter(long millis);
}
