package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
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

  private static final long USE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Advancer advancer;
  private final Waker waker;
  private final ConcurrentSkipListSet<Long> reported = new ConcurrentSkipListSet<>();
  private final AtomicBoolean ending = new AtomicBoolean();

  /** Until when workflows count as in use here, by the monotonic clock; null if never seen. */
  private volatile @Nullable Long inUseUntil;

  AdvanceQueue(Advancer advancer, Waker waker) {
    this.advancer = advancer;
    this.waker = waker;
  }

  /** Something was reported to the workflow, and is committed. */
  void add(long workflowId) {
    reported.add(workflowId);
    waker.wake(Waker.Role.SETTLER);
  }

  /** A task of a workflow is here, or a workflow that somebody left where it was. */
  void noteUse(long nanoTime) {
    inUseUntil = nanoTime + USE_NANOS;
  }

  /** Whether workflows were in use here within the last minute. */
  boolean isInUse(long nanoTime) {
    Long until = inUseUntil;
    return until != null && nanoTime - until < 0;
  }

  boolean isEmpty() {
    return reported.isEmpty();
  }

  /** Advances all that is queued; how many. Asks the store if there are any. */
  int advance() {
    int advanced = 0;
    for (Long id = reported.pollFirst(); id != null; id = reported.pollFirst()) {
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
      if (advancer.advance(id).filter(WorkflowStatus::isEnding).isPresent()) {
        ending.set(true);
        waker.wake(Waker.Role.KEEPER);
      }
      return true;
    } catch (GatehouseException e) {
      LOGGER.debug("workflow {} is left for the keeper", id, e);
      return false;
    }
  }

  /** Whether some workflow is ending since this was last asked. */
  boolean takeEnding() {
    return ending.getAndSet(false);
  }
}
