package dev.gatehouse.scheduler;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time as the engine sees it: elapsed time by the monotonic clock, and the store's wall clock as
 * far as it is known, so that nodes whose own clocks differ agree on what is due.
 *
 * <p>An answer of the store that says "it is s" was written between sending and receipt. So at its
 * receipt the store's clock shows s or later, and {@code s + time since receipt} never runs ahead
 * of it: the estimate is (offset less half the round trip). The latest such bound counts, but none
 * older than {@link #OLD_NANOS}, for clocks drift, and none that a new answer contradicts, for
 * clocks are set. Before the first answer the host's clock stands in.
 *
 * <p>Safe for use by multiple threads; {@link #sampled} is called by one at a time.
 */
final class EngineClock {
  private static final long OLD_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long MILLI = 1_000_000L;

  /**
   * At that monotonic time the store's clock, in nanoseconds since 1970, showed so much or more.
   */
  private record Sample(long storeNanos, long nanoTime) {
    long storeNanosAt(long time) {
      return storeNanos + (time - nanoTime);
    }
  }

  /** By how much the host's clocks part within the time of a lease only if something happened. */
  private static final long LEAP_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What the host's clocks showed at a time. */
  record Reading(long wallNanos, long nanoTime) {}

  private final LongSupplier wallNanos;
  private final LongSupplier nanoTime;
  private final boolean followsStore;
  private volatile @Nullable Sample sample;
  private volatile @Nullable Reading trusted;

  private EngineClock(LongSupplier wallNanos, LongSupplier nanoTime, boolean followsStore) {
    this.wallNanos = wallNanos;
    this.nanoTime = nanoTime;
    this.followsStore = followsStore;
  }

  /** A clock that follows the store's. */
  static EngineClock followingStore(InstantSource clock, LongSupplier nanoTime) {
    return new EngineClock(() -> nanosOf(clock.instant()), nanoTime, true);
  }

  /** A clock for which the given one is all there is; elapsed time is what that one moves. */
  static EngineClock virtual(InstantSource clock) {
    LongSupplier nanos = () -> nanosOf(clock.instant());
    return new EngineClock(nanos, nanos, false);
  }

  private static long nanosOf(Instant instant) {
    return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
  }

  /** Monotonic nanoseconds; only differences have a meaning. */
  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** What the host's clocks show. */
  Reading reading() {
    return new Reading(wallNanos.getAsLong(), nanoTime());
  }

  /** The monotonic clock is known to have gone right up to then. */
  void trust(Reading reading) {
    trusted = reading;
  }

  /**
   * Whether the wall clock has gone ahead of the monotonic one since that was last known to be
   * right: somebody set it, or the machine was suspended, while the monotonic clock stood still.
   */
  boolean hasLeapt() {
    Reading then = trusted;
    if (then == null) {
      return false;
    }
    long wall = wallNanos.getAsLong() - then.wallNanos();
    return wall - (nanoTime() - then.nanoTime()) > LEAP_NANOS;
  }

  /** The store's time in epoch milliseconds, never ahead of it. */
  long millis() {
    return Math.floorDiv(storeNanos(), MILLI);
  }

  /** How long until the store's clock surely shows that time; negative if it is past. */
  long nanosUntil(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis) - storeNanos();
  }

  /** Whether it tells the store's time, or the one that stands in for it. */
  boolean isKnown() {
    return !followsStore || sample != null;
  }

  /** Whether answers of the store move it. */
  boolean followsStore() {
    return followsStore;
  }

  /** The store answered that it was so late, between these monotonic times. */
  void sampled(long sentNanos, long storeMillis, long receivedNanos) {
    sampledMicros(sentNanos, TimeUnit.MILLISECONDS.toMicros(storeMillis), receivedNanos);
  }

  /** As {@link #sampled}, told more precisely. */
  void sampledMicros(long sentNanos, long storeMicros, long receivedNanos) {
    if (!followsStore) {
      return;
    }
    Sample fresh = new Sample(TimeUnit.MICROSECONDS.toNanos(storeMicros), receivedNanos);
    Sample old = sample;
    if (old == null
        || receivedNanos - old.nanoTime() > OLD_NANOS
        || fresh.storeNanos() >= old.storeNanosAt(receivedNanos)
        || old.storeNanosAt(sentNanos) >= fresh.storeNanos() + MILLI) {
      sample = fresh;
    }
  }

  private long storeNanos() {
    Sample known = sample;
    return known == null ? wallNanos.getAsLong() : known.storeNanosAt(nanoTime());
  }
}
