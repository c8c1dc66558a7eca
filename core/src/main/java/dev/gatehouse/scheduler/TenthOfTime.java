package dev.gatehouse.scheduler;

import java.util.function.LongSupplier;

/**
 * Upkeep that takes the longer the more there is in the store, kept to a tenth of the time: after
 * each run it rests nine times as long as that took. Not safe: confine to one thread.
 */
final class TenthOfTime {
  private static final int REST = 9;

  private final LongSupplier nanoTime;
  private long from;

  TenthOfTime(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    from = nanoTime.getAsLong();
  }

  /** How long it still rests; zero or less if it may run. */
  long nanosToRest() {
    return from - nanoTime.getAsLong();
  }

  /** Does the work; one that fails has taken its time too. */
  void run(Runnable work) {
    long begin = nanoTime.getAsLong();
    try {
      work.run();
    } finally {
      long end = nanoTime.getAsLong();
      from = end + REST * (end - begin);
    }
  }
}
