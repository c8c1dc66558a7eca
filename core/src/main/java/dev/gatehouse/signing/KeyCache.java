package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys of all applications as of one version of the store. What is held was read after that
 * version was seen, so as long as the version stays, it is current.
 *
 * <p>All are held, and not those that were asked for: whether the store is asked, and so how long
 * an answer takes, must depend on nothing that a request claims.
 *
 * <p>Once the version was seen half a second ago, one thread asks again while the others go on, as
 * it does itself if the storage fails; once it was seen a whole second ago, every thread asks for
 * itself, so that no lock is held while asking, but by the one that reads all keys for the first
 * time. Age is what the monotonic clock says or, if more, how far the host's clock moved, either
 * way: the former cannot be set, the latter may be a virtual one.
 */
final class KeyCache {
  /** When the keys of so many applications changed at once, all are read anew. */
  static final int MAX_CHANGED = 200;

  private static final long RENEW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Source source;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final AtomicReference<@Nullable Snapshot> current = new AtomicReference<>();
  private final AtomicBoolean renewing = new AtomicBoolean();
  private final ReentrantLock first = new ReentrantLock();

  /** How often the next call was to ask: what was begun before the last time is not to be kept. */
  private final AtomicInteger expiries = new AtomicInteger();

  /** Where keys come from. Every method may throw a {@link StorageException}. */
  interface Source {
    /** The number of changes so far. */
    long version();

    /** Applications whose keys were changed after that version, as many as the limit allows. */
    List<Long> changedAfter(long version, int limit);

    /** The keys of one application. */
    KeySet of(long applicationId);

    /** The keys of all applications that have any, in a map that is the caller's. */
    Map<Long, KeySet> all();
  }

  KeyCache(Source source, InstantSource clock, LongSupplier nanoTime) {
    this.source = source;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  KeySet keysOf(long applicationId) {
    return snapshot().sets().getOrDefault(applicationId, KeySet.NONE);
  }

  /** How often a refusal tries each kind of key. */
  Trials trials() {
    return snapshot().trials();
  }

  /** Makes the next call ask the store. */
  void expire() {
    expiries.incrementAndGet();
    expireHeld();
  }

  private void expireHeld() {
    long stale = nanoTime.getAsLong() - STALE_NANOS;
    current.updateAndGet(held -> held == null ? null : held.seenAt(stale, held.seenMillis()));
  }

  private Snapshot snapshot() {
    Snapshot held = current.get();
    long age = held == null ? Long.MAX_VALUE : age(held);
    if (held != null && age < RENEW_NANOS) {
      return held;
    }
    if (held == null) {
      return askFirst();
    }
    if (age >= STALE_NANOS) {
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

  /**
   * Of threads that meet no keys at all, one reads them, which are all there are, and the others
   * wait for it, a second at most: then, or if it failed, each asks for itself.
   */
  private Snapshot askFirst() {
    if (first.tryLock()) {
      try {
        return knownOrAsked();
      } finally {
        first.unlock();
      }
    }
    try {
      if (first.tryLock(STALE_NANOS, TimeUnit.NANOSECONDS)) {
        first.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return knownOrAsked();
  }

  private Snapshot knownOrAsked() {
    Snapshot known = current.get();
    return known != null && age(known) < STALE_NANOS ? known : ask();
  }

  private long age(Snapshot held) {
    long hostMillis = Math.abs(clock.millis() - held.seenMillis());
    long hostNanos = TimeUnit.MILLISECONDS.toNanos(hostMillis);
    return Math.max(nanoTime.getAsLong() - held.seenNanos(), hostNanos);
  }

  /**
   * What another thread asked for since this one began is as good as an answer of its own. What
   * took so long to read that it is stale, or expired meanwhile, is brought up to date.
   */
  private Snapshot ask() {
    long began = nanoTime.getAsLong();
    while (true) {
      int expiry = expiries.get();
      Snapshot held = current.get();
      if (held != null && held.seenNanos() - began > 0) {
        return held;
      }
      long nanos = nanoTime.getAsLong();
      long millis = clock.millis();
      long version = source.version();
      Snapshot next =
          held != null && held.version() == version
              ? held.seenAt(nanos, millis)
              : Snapshot.of(version, nanos, millis, sets(held, version));
      boolean published = current.compareAndSet(held, next);
      if (expiry != expiries.get()) {
        expireHeld();
      } else if (published && age(next) < STALE_NANOS) {
        return next;
      }
    }
  }

  private Map<Long, KeySet> sets(@Nullable Snapshot held, long version) {
    if (held == null || held.version() > version) {
      return source.all();
    }
    List<Long> changed = source.changedAfter(held.version(), MAX_CHANGED);
    if (changed.size() >= MAX_CHANGED) {
      return source.all();
    }
    Map<Long, KeySet> sets = new HashMap<>(held.sets());
    for (Long applicationId : changed) {
      sets.put(applicationId, source.of(applicationId));
    }
    return sets;
  }

  /**
   * Key sets that hold as of a version.
   *
   * @param seenNanos the monotonic clock just before the store was asked
   * @param seenMillis the host's clock at the same moment
   */
  private record Snapshot(
      long version, long seenNanos, long seenMillis, Map<Long, KeySet> sets, Trials trials) {
    static Snapshot of(long version, long nanos, long millis, Map<Long, KeySet> sets) {
      return new Snapshot(version, nanos, millis, sets, Trials.among(sets.values()));
    }

    Snapshot seenAt(long nanos, long millis) {
      return new Snapshot(version, nanos, millis, sets, trials);
    }
  }
}
