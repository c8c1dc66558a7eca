package dev.gatehouse.transport;

import dev.gatehouse.check.Check;
import java.time.Duration;

/** The moment after which an answer is of no use. Measured on the monotonic clock. Immutable. */
public final class Deadline {
  private static final Duration MAX = Duration.ofDays(1);

  private final long nanoTime;

  private Deadline(long nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** So long from now: more than nothing, at most a day. */
  public static Deadline in(Duration timeout) {
    Check.range(timeout, Duration.ofNanos(1), MAX, "timeout");
    return new Deadline(System.nanoTime() + timeout.toNanos());
  }

  /** The time left, zero when there is none. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  @Override
  public String toString() {
    return "Deadline in " + remaining();
  }
}
