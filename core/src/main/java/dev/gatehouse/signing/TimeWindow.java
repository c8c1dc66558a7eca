package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.Instant;

/**
 * How far the time of a signature may lie from the present, either way; judged by whole seconds,
 * the edge included.
 *
 * @param width whole seconds, 1 s to 1 hour
 */
record TimeWindow(Duration width) {
  private static final Duration MIN = Duration.ofSeconds(1);
  private static final Duration MAX = Duration.ofHours(1);

  /** For a clock that is set back, and for the part of a second that the edge includes. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  static final TimeWindow DEFAULT = new TimeWindow(Duration.ofMinutes(5));

  TimeWindow {
    Check.range(width, MIN, MAX, "tolerance");
    Check.that(width.toNanosPart() == 0, "tolerance must be whole seconds, was " + width);
  }

  boolean holds(Instant signedAt, Instant now) {
    long age = now.getEpochSecond() - signedAt.getEpochSecond();
    return Math.abs(age) <= width.toSeconds();
  }

  /** What is accepted now may be dated ahead by the width, and is acceptable as long after that. */
  Instant remembersUntil(Instant now) {
    return now.plus(width).plus(width).plus(MARGIN);
  }
}
