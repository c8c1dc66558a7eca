package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * When final tasks that were kept long enough are deleted: every minute while there are any, else
 * every five, or as often as the shorter retention if that is shorter, down to a minute. What is
 * kept for days is not missed for minutes, and an idle node should ask little. Not safe: confine to
 * one thread.
 */
final class Purging {
  static final Duration SHORTEST = Duration.ofMinutes(1);
  static final Duration LONGEST = Duration.ofMinutes(5);

  private final Supplier<Purged> purge;
  private final LongSupplier nanoTime;
  private final long idleNanos;
  private long nextNanos;

  /** What a purge found. */
  enum Purged {
    NOTHING,
    ALL,
    /** There may be more. */
    SOME
  }

  /** The first is a minute from now. */
  Purging(SchedulerOptions options, LongSupplier nanoTime, Supplier<Purged> purge) {
    this.purge = purge;
    this.nanoTime = nanoTime;
    Duration retention = shorter(options.retention(), options.failedRetention());
    idleNanos = shorter(LONGEST, longer(SHORTEST, retention)).toNanos();
    nextNanos = nanoTime.getAsLong() + SHORTEST.toNanos();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /**
   * Deletes some, if it is time; if that fails, at the next call.
   *
   * @return whether there may be more, so that it should be called again at once
   */
  boolean purgeIfTime() {
    long now = nanoTime.getAsLong();
    if (now - nextNanos < 0) {
      return false;
    }
    Purged purged = purge.get();
    if (purged != Purged.SOME) {
      nextNanos = now + (purged == Purged.NOTHING ? idleNanos : SHORTEST.toNanos());
    }
    return purged == Purged.SOME;
  }
}
