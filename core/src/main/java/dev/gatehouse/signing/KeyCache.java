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

  /**
   * When so many strangers are held, the store is asked about no more of them until a key changes:
   * whoever makes up names must not make it work for each.
   */
  static final int MAX_STRANGERS = 16_384;

  /** The id that no application has. */
  static final long NOBODY = 0;

  private static final long NO_VERSION = Long.MIN_VALUE;

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
    Snapshot snapshot = snapshot();
    Map<Long, KeySet> sets = snapshot.sets();
    KeySet set = sets.get(applicationId);
    if (set == null) {
      set = loader.apply(applicationId);
      snapshot.most().meet(set, clock.instant());
      if (sets.size() >= MAX_SETS) {
        sets.clear();
      }
      sets.put(applicationId, set);
    }
    return set;
  }

  /**
   * The keys of a party that is no application that may call: none, found out at the same cost to
   * the store as those of one that is, so that how long it takes does not tell which it was.
   */
  KeySet keysOfStranger(String party) {
    Map<String, KeySet> strangers = snapshot().strangers();
    KeySet none = strangers.get(party);
    if (none == null && strangers.size() < MAX_STRANGERS) {
      none = loader.apply(NOBODY);
      strangers.put(party, none);
    }
    return none == null ? KeySet.NONE : none;
  }

  /** The most keys that any application has, of those that were asked about. */
  MostKeys mostKeys() {
    return snapshot().most();
  }

  /** Makes the next call ask the store. */
  void forget() {
    long stale = nanoTime.getAsLong() - STALE_NANOS;
    current.updateAndGet(held -> held == null ? null : held.forgotten(stale));
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
      Snapshot next =
          held != null && held.version() == seen
              ? new Snapshot(seen, nanos, millis, held.sets(), held.strangers(), held.most())
              : new Snapshot(
                  seen,
                  nanos,
                  millis,
                  new ConcurrentHashMap<>(),
                  new ConcurrentHashMap<>(),
                  held == null ? MostKeys.since(nanos) : held.most().after(nanos));
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
   * @param strangers those of whom it is known that there are no keys
   * @param most keys that any application has
   */
  private record Snapshot(
      long version,
      long seenNanos,
      long seenMillis,
      Map<Long, KeySet> sets,
      Map<String, KeySet> strangers,
      MostKeys most) {
    /** What is left when all sets are dropped: how many keys there were. */
    Snapshot forgotten(long staleNanos) {
      return new Snapshot(NO_VERSION, staleNanos, seenMillis, Map.of(), Map.of(), most);
    }
  }
}
