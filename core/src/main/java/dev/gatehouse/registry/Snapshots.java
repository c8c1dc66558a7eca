package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest snapshot of a store, brought up to date by those who read it, or ahead of them by an
 * upkeep that is started. That one looks at the clock for them, too, which costs more than all else
 * of a lookup: while it watches, readers look at one flag.
 *
 * <p>No lock is held while the store is read, on purpose. A reader may hold locks of the storage
 * already (with a storage in memory, a transaction holds its only one), and would wait for ever for
 * another reader that waits for those. So each who needs a newer snapshot reads it for itself, and
 * whoever loses the race to publish starts again from what the winner published, where little is
 * left to read. Only refreshing by age is left to one thread at a time, because the others need not
 * wait for it.
 */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  /** Below this, a thread that wakes up late would break the bound too often. */
  private static final long SHORTEST_WATCHED = 400_000_000L;

  private final SnapshotReader reader;
  private final Fleets fleets;
  private final LongSupplier nanoTime;
  private final long staleNanos;
  private final boolean mayBeWatched;
  private final AtomicReference<@Nullable Snapshot> latest = new AtomicReference<>();
  private final AtomicBoolean refreshing = new AtomicBoolean();

  private final AtomicBoolean failing = new AtomicBoolean();

  /** How many threads read the store. */
  private final AtomicInteger readers = new AtomicInteger();

  private volatile long checkedAt;
  private volatile boolean expired;
  private volatile boolean watched;

  /** The latest, if readers need not look any further: it is watched, and did not expire. */
  private volatile @Nullable Quiet quiet;

  /** A snapshot that nothing was known against at an age, which is over when something is. */
  private record Quiet(Snapshot snapshot, int age) {}

  private final AskedRoutes asked = new AskedRoutes();

  private volatile @Nullable Snapshot published;

  Snapshots(RegistryStore store, RegistryOptions options, Fleets fleets) {
    this(store, options, fleets, options.nanoTime() == RegistryOptions.SYSTEM_NANO_TIME);
  }

  /**
   * What serves snapshots of that store.
   *
   * @param passes whether time passes by the options' clock as it does for sleeping threads
   */
  Snapshots(RegistryStore store, RegistryOptions options, Fleets fleets, boolean passes) {
    this.fleets = fleets;
    this.reader = new SnapshotReader(requireNonNull(store, "store"), options.addressing(), fleets);
    this.nanoTime = options.nanoTime();
    this.staleNanos = options.staleness().toNanos();
    this.mayBeWatched = passes && staleNanos >= SHORTEST_WATCHED;
  }

  /** The latest snapshot, after bringing it up to date if it is older than the bound. */
  Snapshot current() {
    Quiet undoubted = quiet;
    return undoubted != null && undoubted.age() == asked.age() ? undoubted.snapshot() : lookedAt();
  }

  /** Where routes are by the names they were asked by, as {@link AskedRoutes#find} takes it. */
  AskedRoutes asked() {
    return asked;
  }

  /** How to call a service; remembered if readers need not look any further until it is stirred. */
  Route route(String server, String service) {
    int age = asked.age();
    Snapshot snapshot = current();
    Route route = snapshot.route(server, service);
    Quiet undoubted = quiet;
    return undoubted != null && undoubted.age() == age && undoubted.snapshot() == snapshot
        ? asked.keep(route, server, service, age)
        : route;
  }

  /** Who finds something against a snapshot ends the age after that, so it is read first. */
  private Snapshot lookedAt() {
    int age = asked.age();
    Snapshot snapshot = latest.get();
    if (snapshot == null) {
      return refresh();
    }
    if (!isStale()) {
      if (watched) {
        quiet = new Quiet(snapshot, age);
      }
      return snapshot;
    }
    if (!refreshing.compareAndSet(false, true)) {
      return snapshot;
    }
    try {
      if (isStale()) {
        refreshOrKeep();
      }
      return requireNonNull(latest.get());
    } finally {
      refreshing.set(false);
    }
  }

  /** The latest snapshot, however old; reads the store only if there is none. */
  Snapshot known() {
    Snapshot snapshot = latest.get();
    return snapshot == null ? refresh() : snapshot;
  }

  /**
   * To be called after a commit: the change is visible when this returns, if the storage works.
   * Whoever reads now may have read before that commit. In this order: who is not counted yet sees
   * the change, and who is counted no longer has published.
   */
  void changed() {
    boolean isRead = readers.get() > 0;
    Snapshot snapshot = latest.get();
    if (snapshot != null || isRead) {
      refreshOrKeep();
    }
  }

  /** Lets the next reader bring the snapshot up to date, however young it is. */
  void expire() {
    expired = true;
    stir();
  }

  private void stir() {
    quiet = null;
    asked.forget();
  }

  private boolean isStale() {
    return expired || (!watched && age() >= staleNanos);
  }

  private long age() {
    return nanoTime.getAsLong() - checkedAt;
  }

  /**
   * Lets the snapshot expire shortly before it is too old. From the first call on readers rely on
   * further ones in time, by {@link #nanosUntilOld}, until {@link #unwatch}.
   */
  void watch() {
    watched = mayBeWatched;
    if (watched && age() >= oldNanos()) {
      expire();
    }
  }

  /** Lets readers look at the clock again. */
  void unwatch() {
    watched = false;
    stir();
  }

  /** When to {@link #watch} again. */
  long nanosUntilOld() {
    long left = oldNanos() - age();
    return left > 0 ? left : staleNanos / 2;
  }

  private long oldNanos() {
    return staleNanos - staleNanos / 8;
  }

  /** Brings the snapshot up to date ahead of its readers, if one came since that was done last. */
  void refreshAhead() {
    Snapshot snapshot = latest.get();
    if (snapshot == null || quiet == null || age() < staleNanos / 2) {
      return;
    }
    if (refreshing.compareAndSet(false, true)) {
      try {
        stir();
        refreshOrKeep();
      } finally {
        refreshing.set(false);
      }
    }
  }

  /** When to {@link #refreshAhead} again. */
  long nanosUntilAhead() {
    long left = staleNanos / 2 - age();
    return left > 0 ? left : staleNanos;
  }

  private void refreshOrKeep() {
    long now = nanoTime.getAsLong();
    try {
      refresh();
      if (failing.compareAndSet(true, false)) {
        LOG.info("Reading the registry works again");
      }
    } catch (RuntimeException e) {
      checkedAt = now;
      if (failing.compareAndSet(false, true)) {
        LOG.warn("Reading the registry failed; what was read before serves on meanwhile", e);
      }
    }
  }

  private Snapshot refresh() {
    readers.incrementAndGet();
    try {
      long now = nanoTime.getAsLong();
      expired = false;
      while (true) {
        Snapshot before = latest.get();
        Snapshot after = before == null ? reader.load() : reader.upToDate(before);
        if (latest.compareAndSet(before, after)) {
          checkedAt = now;
          stir();
          publish();
          return after;
        }
      }
    } finally {
      readers.decrementAndGet();
    }
  }

  /** Always the latest: of two that come here, the one that read earlier may come later. */
  private void publish() {
    if (latest.get() == published) {
      return;
    }
    synchronized (fleets) {
      Snapshot newest = latest.get();
      if (newest != null && newest != published) {
        fleets.publish(newest);
        published = newest;
      }
    }
  }
}
