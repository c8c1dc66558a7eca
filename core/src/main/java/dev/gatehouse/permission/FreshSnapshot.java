package dev.gatehouse.permission;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshot that checks read, kept within bounds of age.
 *
 * <p>A check takes the state with one volatile read. If the state is older than the freshness, one
 * thread takes the seat and asks the store for the version, while all others go on with what there
 * is. Only if there is nothing to go on with, because nothing was loaded yet, a change of this
 * instance is not seen yet, or the state is older than the greatest staleness, a check waits for
 * the seat; and as whoever holds the seat may itself be waiting for something that the checking
 * thread holds (a connection, a memory storage's lock), it waits a while only and then for a spare
 * seat, so that at most two threads read the store at a time. A check that gets neither has nothing
 * to go on with. A state that is not consistent enough for a check is nothing to go on with for
 * that check.
 */
final class FreshSnapshot implements Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(FreshSnapshot.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

  /**
   * A snapshot, the moment before the store was last asked whether it is the latest, how many
   * changes of this instance had been committed by then, and which time of asking it was.
   */
  private record State(Snapshot snapshot, long askedNanos, long changesSeen, long ask) {
    long number() {
      return snapshot.version().number();
    }
  }

  /**
   * What a state must have for a check.
   *
   * @param changes how many changes of this instance
   * @param version which version at least
   * @param ask after which time of asking the store; -1 if any will do
   */
  private record Need(long changes, long version, long ask) {
    boolean isMetBy(State state) {
      return state.changesSeen >= changes && state.number() >= version && state.ask > ask;
    }
  }

  /** When the store could last not be read, and how many changes had been committed by then. */
  private record Failure(long atNanos, long changesSeen) {}

  private final SnapshotLoader loader;
  private final Permissions.Settings settings;
  private final LongSupplier nanoTime;
  private final long freshNanos;
  private final long staleNanos;
  private final long pauseNanos;
  private final AtomicReference<@Nullable State> state = new AtomicReference<>();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong asks = new AtomicLong();
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
  private final Semaphore seat = new Semaphore(1);
  private final Semaphore spareSeat = new Semaphore(1);

  FreshSnapshot(SnapshotLoader loader, Permissions.Settings settings) {
    this.loader = loader;
    this.settings = settings;
    this.nanoTime = settings.nanoTime();
    this.freshNanos = settings.freshness().toNanos();
    this.staleNanos = settings.maxStaleness().toNanos();
    this.pauseNanos = Math.max(freshNanos, SHORTEST_PAUSE.toNanos());
  }

  /** Notes that this instance committed a change: checks that begin from now on see it. */
  void changed() {
    changes.incrementAndGet();
  }

  @Override
  public long lastVersion() {
    State last = state.get();
    return last == null ? 0 : last.number();
  }

  /** What is known, and how old it is. */
  Permissions.Status status() {
    State last = state.get();
    return last == null
        ? new Permissions.Status(0, Optional.empty())
        : new Permissions.Status(
            last.number(),
            Optional.of(Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - last.askedNanos))));
  }

  /** The latest snapshot that was read. */
  Optional<Snapshot> last() {
    return Optional.ofNullable(state.get()).map(State::snapshot);
  }

  /** Null if what there is is too old and the store cannot be read, or has no such version. */
  @Override
  public @Nullable Snapshot find(Consistency consistency) {
    long needed = changes.get();
    State known = state.get();
    if (known != null && consistency.isSnapshot() && isFresh(known, needed)) {
      return known.snapshot;
    }
    long after = consistency.isStrict() ? asks.get() : -1;
    return ask(known, new Need(needed, consistency.version(), after));
  }

  private @Nullable Snapshot ask(@Nullable State known, Need need) {
    if (known != null && isFresh(known, need)) {
      return known.snapshot;
    }
    State usable = known != null && isUsable(known, need) ? known : null;
    Semaphore taken = usable == null ? waitForSeat() : seat.tryAcquire() ? seat : null;
    if (taken == null) {
      return usable == null ? null : usable.snapshot;
    }
    State before;
    Snapshot read = null;
    try {
      before = state.get();
      if (before != null && isFresh(before, need)) {
        return before.snapshot;
      }
      if (!hasJustFailed(need.changes)) {
        read = refresh(before);
      }
    } finally {
      taken.release();
    }
    if (read == null) {
      return before != null && isUsable(before, need) ? before.snapshot : null;
    }
    if (before != null) {
      tell(before.snapshot.version(), read.version());
    }
    return read.version().number() < need.version ? null : read;
  }

  /** Null if both seats stay taken. */
  private @Nullable Semaphore waitForSeat() {
    try {
      for (Semaphore each : List.of(seat, spareSeat)) {
        if (each.tryAcquire(LONGEST_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
          return each;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  private boolean isFresh(State known, long needed) {
    return known.changesSeen >= needed && nanoTime.getAsLong() - known.askedNanos < freshNanos;
  }

  private boolean isFresh(State known, Need need) {
    return need.isMetBy(known) && isFresh(known, need.changes);
  }

  private boolean isUsable(State known, Need need) {
    return need.isMetBy(known) && nanoTime.getAsLong() - known.askedNanos <= staleNanos;
  }

  /** A change that came after the failure is reason to ask again. */
  private boolean hasJustFailed(long needed) {
    Failure last = failure.get();
    return last != null
        && last.changesSeen >= needed
        && nanoTime.getAsLong() - last.atNanos < pauseNanos;
  }

  /** Asks the store and publishes what it says; null if it cannot be asked. */
  private @Nullable Snapshot refresh(@Nullable State known) {
    long ask = asks.incrementAndGet();
    long seen = changes.get();
    long asked = nanoTime.getAsLong();
    try {
      Snapshot snapshot = known == null ? loader.load() : loader.load(known.snapshot);
      publish(new State(snapshot, asked, seen, ask));
      if (failure.getAndSet(null) != null) {
        LOG.info("Permissions can be read again, version {}", snapshot.version().number());
      }
      return snapshot;
    } catch (GatehouseException e) {
      if (Thread.currentThread().isInterrupted()) {
        return null; // The thread was stopped, which says nothing of the store.
      }
      if (failure.getAndSet(new Failure(nanoTime.getAsLong(), seen)) == null) {
        LOG.warn(
            "Permissions cannot be read; checks are denied once what is known is older than {}",
            settings.maxStaleness(),
            e);
      }
      return null;
    }
  }

  /** Of two threads that read, the one that asked later knows better. */
  private void publish(State mine) {
    state.accumulateAndGet(mine, (a, b) -> a != null && b != null && b.ask < a.ask ? a : b);
  }

  private void tell(Version before, Version after) {
    if (after.number() <= before.number()) {
      return;
    }
    long latency = Math.max(0, settings.clock().millis() - after.changedAtMillis());
    try {
      settings.listener().permissionsChanged(after.number(), Duration.ofMillis(latency));
    } catch (RuntimeException e) {
      LOG.warn("A GatehouseListener threw; dropped", e);
    }
  }
}
