package dev.gatehouse.registry;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How long an instance takes to answer: a moving average that follows a slow answer at once, so
 * that the next call knows, comes down with faster ones, and fades while there are none, so that
 * who was slow is tried again (Finagle's peak EWMA). Of two answers at a time, one may be lost.
 * Safe for use by multiple threads.
 */
final class Latency {
  /** After this time without an answer, or with faster ones, 37 % are left. */
  private static final double FADE_NANOS = 10e9;

  /** Up to here fading is less than one in a thousand, and not worth the time. */
  private static final long FRESH_NANOS = 10_000_000;

  /** What a failure counts for at least. */
  private static final long FAILURE_NANOS = 5_000_000_000L;

  private static final double UNKNOWN_NANOS = 1e6;

  private final AtomicLong averageBits = new AtomicLong();
  private volatile long observedAt;

  void observe(long nanos, boolean success, long now) {
    double sample = success ? nanos : Math.max(nanos, FAILURE_NANOS);
    long before = averageBits.get();
    double average = Double.longBitsToDouble(before);
    double kept = before == 0 ? 0 : Math.exp(-Math.max(0, now - observedAt) / FADE_NANOS);
    double after = sample >= average ? sample : average * kept + sample * (1 - kept);
    if (averageBits.compareAndSet(before, Double.doubleToRawLongBits(Math.max(1, after)))) {
      observedAt = now;
    }
  }

  /** Takes note that an answer would have taken longer than that. */
  void observeAtLeast(long nanos, long now) {
    if (nanos > now(now)) {
      observe(nanos, true, now);
    }
  }

  /** The average as it has faded by now, in nanoseconds. */
  double now(long now) {
    long bits = averageBits.get();
    if (bits == 0) {
      return UNKNOWN_NANOS;
    }
    double average = Double.longBitsToDouble(bits);
    long age = now - observedAt;
    return age < FRESH_NANOS ? average : average * faded(age / FADE_NANOS);
  }

  /** About e to the power of that less than nothing, as (1 - x/64)^64: it need not be exact. */
  private static double faded(double x) {
    double left = Math.max(0, 1 - x / 64);
    for (int squared = 0; squared < 6; squared++) {
      left *= left;
    }
    return left;
  }
}
