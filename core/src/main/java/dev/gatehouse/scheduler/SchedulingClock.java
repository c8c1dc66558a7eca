package dev.gatehouse.scheduler;

import dev.gatehouse.error.StorageException;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's time for a node that runs no tasks and so renews no lease that would tell it: asked
 * of the store when it is first needed, and again by whoever needs it {@link #OLD_NANOS} later, or
 * once the host's two clocks disagree about how long it has been, as after the machine was
 * suspended. Where the store cannot be asked, what is known serves, or else the host's clock. Safe
 * for use by multiple threads, none of which waits for another: of answers at the same time either
 * will do.
 */
final class SchedulingClock {
  private static final Logger LOGGER = LoggerFactory.getLogger(SchedulingClock.class);
  private static final long OLD_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long DISAGREEMENT_MILLIS = 1_000;

  private final InstantSource wall;
  private final LongSupplier nanoTime;
  private final EngineClock clock;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable Answer last;

  /** When the store was last asked, by both of the host's clocks. */
  private record Answer(long nanoTime, long wallMillis) {}

  SchedulingClock(InstantSource wall, LongSupplier nanoTime) {
    this.wall = wall;
    this.nanoTime = nanoTime;
    clock = EngineClock.followingStore(wall, nanoTime);
  }

  /** The store's time in epoch milliseconds, as far as is known. */
  long millis() {
    return clock.millis();
  }

  /** The store's time in epoch milliseconds, for which the store is asked if it is time to. */
  long millis(TaskStore store) {
    Answer known = last;
    if (known == null) {
      ask(store);
    } else if (isOld(known) && asking.compareAndSet(false, true)) {
      try {
        ask(store);
      } finally {
        asking.set(false);
      }
    }
    return millis();
  }

  private boolean isOld(Answer known) {
    long nanos = nanoTime.getAsLong() - known.nanoTime();
    long apart = wall.millis() - known.wallMillis() - TimeUnit.NANOSECONDS.toMillis(nanos);
    return nanos >= OLD_NANOS || Math.abs(apart) >= DISAGREEMENT_MILLIS;
  }

  private void ask(TaskStore store) {
    try {
      long sent = nanoTime.getAsLong();
      long micros = store.nowMicros();
      long received = nanoTime.getAsLong();
      clock.sampledMicros(sent, micros, received);
      last = new Answer(received, wall.millis());
    } catch (StorageException e) {
      LOGGER.debug("the storage could not be asked for its time", e);
    }
  }
}
