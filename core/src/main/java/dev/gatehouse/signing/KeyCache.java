package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Key sets as of one version of the store. What is held was loaded after that version was seen, so
 * as long as the version stays, it is current.
 *
 * <p>Once the version was seen half a second ago, one thread asks again while the others go on, as
 * it does itself if the storage fails; once it was seen a whole second ago, every thread asks for
 * itself, so that no lock is held while asking. Age is what the monotonic clock says or, if more,
 * how far the host's clock moved, either way: the former cannot be set, the latter may be a virtual
 * one.
 */
final class KeyCache {
  private static final long RENEW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** When so many applications are held, all are dropped before the next comes in. */
  private static final int MAX_SETS = 16_384;

  private final LongSupplier version;
  private final LongFunction<KeySet> loader;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final AtomicReference<@Nullable Snapshot> current = new AtomicReference<>();
  private final AtomicBoolean renewing = new AtomicBoolean();

  KeyCache(
      LongSupplier version,
      LongFunction<KeySet> loader,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.version = version;
    this.loader = loader;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  KeySet keysOf(long applicationId) {
    Map<Long, KeySet> sets = snapshot().sets();
    KeySet set = sets.get(applicationId);
    if (set == null) {
      set = loader.apply(applicationId);
      if (sets.size() >= MAX_SETS) {
        sets.clear();
      }
      sets.put(applicationId, set);
    }
    return set;
  }

  /** Makes the next call ask the store. */
  void forget() {
    current.set(null);
  }

  private Snapshot snapshot() {
    Snapshot held = current.get();
    long age = held == null ? Long.MAX_VALUE : age(held);
    if (held != null && age < RENEW_NANOS) {
      return held;
    }
    if (held == null || age >= STALE_NANOS) {
      return ask();
    }
    if (!renewing.compareAndSet(false, true)) {
      return held;
    }
    try {
      return ask();
    } catch (StorageException e) {
      if (age(held) >= STALE_NANOS) {
        throw e;
      }
      return held;
    } finally {
      renewing.set(false);
    }
  }

  private long age(Snapshot held) {
    long hostMillis = Math.abs(clock.millis() - held.seenMillis());
    long hostNanos = TimeUnit.MILLISECONDS.toNanos(hostMillis);
    return Math.max(nanoTime.getAsLong() - held.seenNanos(), hostNanos);
  }

  private Snapshot ask() {
    long nanos = nanoTime.getAsLong();
    long millis = clock.millis();
    long seen = version.getAsLong();
    while (true) {
      Snapshot held = current.get();
      if (held != null && held.seenNanos() - nanos > 0) {
        return held;
      }
      Map<Long, KeySet> sets =
          held != null && held.version() == seen ? held.sets() : new ConcurrentHashMap<>();
      Snapshot next = new Snapshot(seen, nanos, millis, sets);
      if (current.compareAndSet(held, next)) {
        return next;
      }
    }
  }

  /**
   * Key sets that hold as of a version.
   *
   * @param seenNanos the monotonic clock just before the store was asked
   * @param seenMillis the host's clock at the same moment
   */
  private record Snapshot(long version, long seenNanos, long seenMillis, Map<Long, KeySet> sets) {}
}
