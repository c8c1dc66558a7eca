package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest snapshot of a store, brought up to date by those who read it.
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

  private final SnapshotReader reader;
  private final Fleets fleets;
  private final LongSupplier nanoTime;
  private final long staleNanos;
  private final AtomicReference<@Nullable Snapshot> latest = new AtomicReference<>();
  private final AtomicBoolean refreshing = new AtomicBoolean();
  private final AtomicBoolean failing = new AtomicBoolean();
  private volatile long checkedAt;
  private volatile boolean expired;
  private volatile @Nullable Snapshot published;

  Snapshots(RegistryStore store, RegistryOptions options, Fleets fleets) {
    this.fleets = fleets;
    this.reader = new SnapshotReader(requireNonNull(store, "store"), options.addressing(), fleets);
    this.nanoTime = options.nanoTime();
    this.staleNanos = options.staleness().toNanos();
  }

  /** The latest snapshot, after bringing it up to date if it is older than the bound. */
  Snapshot current() {
    Snapshot snapshot = latest.get();
    if (snapshot == null) {
      return refresh();
    }
    if (!isStale() || !refreshing.compareAndSet(false, true)) {
      return snapshot;
    }
    try {
      return isStale() ? refreshOrKeep(snapshot) : requireNonNull(latest.get());
    } finally {
      refreshing.set(false);
    }
  }

  /** The latest snapshot, however old; reads the store only if there is none. */
  Snapshot known() {
    Snapshot snapshot = latest.get();
    return snapshot == null ? refresh() : snapshot;
  }

  /** To be called after a commit: the change is visible when this returns, if the storage works. */
  void changed() {
    Snapshot snapshot = latest.get();
    if (snapshot != null) {
      refreshOrKeep(snapshot);
    }
  }

  /** Lets the next reader bring the snapshot up to date, however young it is. */
  void expire() {
    expired = true;
  }

  private boolean isStale() {
    return expired || nanoTime.getAsLong() - checkedAt >= staleNanos;
  }

  private Snapshot refreshOrKeep(Snapshot snapshot) {
    long now = nanoTime.getAsLong();
    try {
      Snapshot refreshed = refresh();
      if (failing.compareAndSet(true, false)) {
        LOG.info("Reading the registry works again");
      }
      return refreshed;
    } catch (RuntimeException e) {
      checkedAt = now;
      if (failing.compareAndSet(false, true)) {
        LOG.warn("Reading the registry failed; what was read before serves on meanwhile", e);
      }
      return snapshot;
    }
  }

  private Snapshot refresh() {
    long now = nanoTime.getAsLong();
    expired = false;
    while (true) {
      Snapshot before = latest.get();
      Snapshot after = before == null ? reader.load() : reader.upToDate(before);
      if (latest.compareAndSet(before, after)) {
        checkedAt = now;
        publish();
        return after;
      }
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
