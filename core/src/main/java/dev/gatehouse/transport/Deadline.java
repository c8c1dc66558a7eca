package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The moment after which an answer is of no use. Measured by a clock that never steps back, {@link
 * System#nanoTime} unless another is given: the wall clock may be set meanwhile. Immutable.
 */
public final class Deadline {
  private static final Duration MAX = Duration.ofDays(1);
  private static final LongSupplier SYSTEM = System::nanoTime;

  private final LongSupplier nanoTime;
  private final long end;

  private Deadline(Duration timeout, LongSupplier nanoTime) {
    Check.range(timeout, Duration.ofNanos(1), MAX, "timeout");
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
    this.end = nanoTime.getAsLong() + timeout.toNanos();
  }

  /** So long from now: more than nothing, at most a day. */
  public static Deadline in(Duration timeout) {
    return new Deadline(timeout, SYSTEM);
  }

  /**
   * So long from now by another clock, such as a test's. Who waits where only the system's time
   * counts, as on a socket, waits for what is left when that begins.
   *
   * @param timeout more than nothing, at most a day
   * @param nanoTime in nanoseconds, never stepping back; any origin, and may wrap around
   */
  public static Deadline in(Duration timeout, LongSupplier nanoTime) {
    return new Deadline(timeout, nanoTime);
  }

  /** The time left, zero when there is none. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, end - nanoTime.getAsLong()));
  }

  /** Whether it comes by waiting, which that of a clock that is stepped does not. */
  boolean comesByWaiting() {
    return nanoTime == SYSTEM;
  }

  @Override
  public String toString() {
    return "Deadline in " + remaining();
  }
}
