package dev.gatehouse.permission;

import dev.gatehouse.error.GatehouseException;
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
   * A snapshot, the moment before the store was last asked whether it is the latest, which time of
   * asking it was, and when the first change was made that it tells of and the one before did not.
   */
  private record State(Snapshot snapshot, long askedNanos, long ask, long firstNewsMillis) {
    long number() {
      return snapshot.version().number();
    }
  }

  /**
   * What a state must have for a check.
   *
   * @param version which version at least
   * @param ask which time of asking the store at least
   */
  private record Need(long version, long ask) {
    boolean isMetBy(State state) {
      return state.number() >= version && state.ask >= ask;
    }
  }

  /** When the store could last not be read, and which time of asking it was. */
  private record Failure(long atNanos, long ask) {}

  private final SnapshotLoader loader;
  private final Permissions.Settings settings;
  private final LongSupplier nanoTime;
  private final long freshNanos;
  private final long staleNanos;
  private final long pauseNanos;
  private final AtomicReference<@Nullable State> state = new AtomicReference<>();
  private final AtomicLong asks = new AtomicLong();

  /** The time of asking that was the first to see all that this instance committed. */
  private final AtomicLong needed = new AtomicLong();

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
    needed.accumulateAndGet(asks.get() + 1, Math::max);
  }

  /**
   * As {@link #changed}, and reads the change first: until then, checks go on with what there is,
   * and none has to wait for what a large change takes to be read.
   */
  void readChange() {
    Semaphore taken = waitForSeat();
    State before = state.get();
    State read = null;
    if (taken != null) {
      try {
        read = refresh(before);
      } finally {
        taken.release();
      }
    }
    if (read == null) {
      changed();
      return;
    }
    needed.accumulateAndGet(read.ask, Math::max);
    tell(before, read);
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
    long least = needed.get();
    State known = state.get();
    if (known != null && consistency.isSnapshot() && known.ask >= least && isFresh(known)) {
      return known.snapshot;
    }
    long ask = consistency.isStrict() ? asks.get() + 1 : least;
    return ask(known, new Need(consistency.version(), ask));
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
    State read = null;
    try {
      before = state.get();
      if (before != null && isFresh(before, need)) {
        return before.snapshot;
      }
      if (!hasJustFailed()) {
        read = refresh(before);
      }
    } finally {
      taken.release();
    }
    if (read == null) {
      return before != null && isUsable(before, need) ? before.snapshot : null;
    }
    tell(before, read);
    return read.number() < need.version ? null : read.snapshot;
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

  private boolean isFresh(State known) {
    return nanoTime.getAsLong() - known.askedNanos < freshNanos;
  }

  private boolean isFresh(State known, Need need) {
    return need.isMetBy(known) && isFresh(known);
  }

  private boolean isUsable(State known, Need need) {
    return need.isMetBy(known) && nanoTime.getAsLong() - known.askedNanos <= staleNanos;
  }

  /** A change that came after the failure is reason to ask again. */
  private boolean hasJustFailed() {
    Failure last = failure.get();
    return last != null
        && last.ask >= needed.get()
        && nanoTime.getAsLong() - last.atNanos < pauseNanos;
  }

  /** Asks the store and publishes what it says; null if it cannot be asked. */
  private @Nullable State refresh(@Nullable State known) {
    long ask = asks.incrementAndGet();
    long asked = nanoTime.getAsLong();
    try {
      SnapshotLoader.News news = loader.news(known == null ? null : known.snapshot);
      Snapshot snapshot = news.snapshot();
      State read = new State(snapshot, asked, ask, news.firstMillis());
      publish(read);
      if (failure.getAndSet(null) != null) {
        LOG.info("Permissions can be read again, version {}", snapshot.version().number());
      }
      return read;
    } catch (GatehouseException e) {
      if (Thread.currentThread().isInterrupted()) {
        return null; // The thread was stopped, which says nothing of the store.
      }
      if (failure.getAndSet(new Failure(nanoTime.getAsLong(), ask)) == null) {
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

  private void tell(@Nullable State before, State after) {
    if (before == null || after.number() <= before.number()) {
      return;
    }
    long latency = Math.max(0, settings.clock().millis() - after.firstNewsMillis);
    try {
      settings.listener().permissionsChanged(after.number(), Duration.ofMillis(latency));
    } catch (RuntimeException e) {
      LOG.warn("A GatehouseListener threw; dropped", e);
    }
  }
}
