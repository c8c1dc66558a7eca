package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workflows to which this node has reported something, until it has advanced them. Only a shortcut:
 * what is lost here, {@link WorkflowKeeper} finds in the store.
 *
 * <p>{@link #advance} is called by one thread at a time, the others are safe for use by multiple
 * threads.
 */
final class AdvanceQueue {
  private static final Logger LOGGER = LoggerFactory.getLogger(AdvanceQueue.class);

  /** Each is a transaction, and ends of tasks wait meanwhile. */
  private static final int BATCH = 20;

  private static final Duration FIRST = Duration.ofMillis(5);
  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final Advancer advancer;
  private final EngineClock clock;
  private final Waker waker;
  private final ConcurrentSkipListSet<Long> reported = new ConcurrentSkipListSet<>();

  /** At which others were; used by the thread that advances. */
  private final Map<Long, Pause> later = new HashMap<>();

  private final AtomicBoolean ending = new AtomicBoolean();
  private final RecentUse use = new RecentUse();

  AdvanceQueue(Advancer advancer, EngineClock clock, Waker waker) {
    this.advancer = advancer;
    this.clock = clock;
    this.waker = waker;
  }

  /** Something was reported to the workflow, and is committed. */
  void add(long workflowId) {
    reported.add(workflowId);
    waker.wake(Waker.Role.SETTLER);
  }

  /** A task of a workflow is here, or a workflow that somebody left where it was. */
  void noteUse(long nanoTime) {
    use.note(nanoTime);
  }

  /** Whether workflows were in use here within the last minute. */
  boolean isInUse(long nanoTime) {
    return use.isRecent(nanoTime);
  }

  boolean isEmpty() {
    return reported.isEmpty();
  }

  /** Nanoseconds until {@link #advance} has something to do unbidden. */
  long nanosToLook() {
    return Pause.nanosToFirst(later.values(), clock.nanoTime());
  }

  /** Advances some of what is queued; how many. Asks the store if there are any. */
  int advance() {
    long now = clock.nanoTime();
    later.forEach(
        (id, pause) -> {
          if (pause.nanosLeft(now) <= 0) {
            reported.add(id);
          }
        });
    int advanced = 0;
    while (advanced < BATCH) {
      Long id = reported.pollFirst();
      if (id == null) {
        return advanced;
      }
      if (!advance(id)) {
        reported.clear();
        return advanced;
      }
      advanced++;
    }
    return advanced;
  }

  private boolean advance(long id) {
    try {
      Advancer.Advanced advanced = advancer.advance(id);
      if (advanced.locked()) {
        later.computeIfAbsent(id, unused -> new Pause(FIRST, LONGEST)).begin(clock.nanoTime());
        return true;
      }
      later.remove(id);
      if (advanced.isEnding()) {
        ending.set(true);
        waker.wake(Waker.Role.SWEEPER);
      }
      return true;
    } catch (GatehouseException e) {
      later.remove(id);
      LOGGER.debug("workflow {} is left for the keeper", id, e);
      return false;
    }
  }

  /** Whether some workflow is ending since this was last asked. */
  boolean takeEnding() {
    return ending.getAndSet(false);
  }
}
