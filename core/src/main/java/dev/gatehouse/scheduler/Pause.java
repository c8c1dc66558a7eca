package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.Collection;

/**
 * When to come again to what could not be done: after a pause, twice as long each further time. Not
 * safe: confine to one thread.
 */
final class Pause {
  private final long longestNanos;
  private long nanos;
  private long endNanos;

  Pause(Duration first, Duration longest) {
    longestNanos = longest.toNanos();
    nanos = first.toNanos() / 2;
  }

  /** Begins the next. */
  void begin(long nanoTime) {
    nanos = Math.min(longestNanos, 2 * nanos);
    endNanos = nanoTime + nanos;
  }

  /** Nanoseconds to its end; none or less once that is over. */
  long nanosLeft(long nanoTime) {
    return endNanos - nanoTime;
  }

  /** Nanoseconds until the first of them ends; {@link Long#MAX_VALUE} if there is none. */
  static long nanosToFirst(Collection<Pause> pauses, long nanoTime) {
    return pauses.stream()
        .mapToLong(pause -> Math.max(0, pause.nanosLeft(nanoTime)))
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
