package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How many attempts may be under way at a time, or are let through in some time, or both, on all
 * nodes together. Immutable.
 */
public final class Limit {
  /** Most attempts at a time that a limit can allow. */
  public static final int MAX_CONCURRENT = 1_000;

  private static final int MAX_RATE = 1_000_000;
  private static final Duration LONGEST = Duration.ofDays(1);

  private final int concurrent;
  private final long intervalMicros;
  private final int burst;

  private Limit(int concurrent, long intervalMicros, int burst) {
    this.concurrent = concurrent;
    this.intervalMicros = intervalMicros;
    this.burst = burst;
  }

  /** At most so many attempts at a time, 1 to {@link #MAX_CONCURRENT}. */
  public static Limit concurrent(int attempts) {
    return new Limit(Check.range(attempts, 1, MAX_CONCURRENT, "attempts"), 0, 0);
  }

  /**
   * At most so many attempts are let through in that time, evenly spread: no two closer than one
   * part of it, unless there is a {@link #burst}. They begin at their times if a thread is free for
   * them; those that find none may begin later, and closer together. Of tasks that wait, each
   * {@link Priority} has its share, so that none starves another.
   *
   * @param attempts 1 to 1,000,000, at least a microsecond apart
   * @param per up to a day
   * @throws IllegalArgumentException if one is out of its range
   */
  public static Limit rate(int attempts, Duration per) {
    return new Limit(0, interval(attempts, per), 1);
  }

  private static long interval(int attempts, Duration per) {
    Check.range(attempts, 1, MAX_RATE, "attempts");
    Check.range(per, Duration.ofNanos(1), LONGEST, "per");
    long nanos = per.toNanos();
    Check.that(
        nanos / attempts >= 1_000,
        "attempts must be at least 1 us apart, were " + attempts + " in " + per);
    return -Math.floorDiv(-nanos, 1_000L * attempts);
  }

  /** The same with a {@link #rate}; a burst that was given stays. */
  public Limit andRate(int attempts, Duration per) {
    return new Limit(concurrent, interval(attempts, per), Math.max(1, burst));
  }

  /**
   * The same with so many attempts that may begin at once after a time in which fewer began than
   * the rate allows, 1 to 1,000,000: the size of the token bucket. Default 1.
   *
   * @throws IllegalStateException if there is no rate
   */
  public Limit burst(int attempts) {
    if (intervalMicros == 0) {
      throw new IllegalStateException("a burst needs a rate");
    }
    return new Limit(concurrent, intervalMicros, Check.range(attempts, 1, MAX_RATE, "attempts"));
  }

  /** Most attempts at a time; empty if that is not limited. */
  public OptionalInt concurrent() {
    return concurrent == 0 ? OptionalInt.empty() : OptionalInt.of(concurrent);
  }

  /** The time between two attempts that begin; empty if that is not limited. */
  public Optional<Duration> interval() {
    return intervalMicros == 0
        ? Optional.empty()
        : Optional.of(Duration.of(intervalMicros, ChronoUnit.MICROS));
  }

  /** How many may begin at once; 0 if there is no rate. */
  public int burst() {
    return burst;
  }

  @Override
  public String toString() {
    String atOnce = concurrent == 0 ? "" : concurrent + " at a time";
    String spread = intervalMicros == 0 ? "" : "one in " + intervalMicros + " us, burst " + burst;
    return atOnce.isEmpty() || spread.isEmpty() ? atOnce + spread : atOnce + ", " + spread;
  }
}
