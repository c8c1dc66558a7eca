package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
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

  private final Advancer advancer;
  private final Waker waker;
  private final ConcurrentSkipListSet<Long> reported = new ConcurrentSkipListSet<>();
  private final AtomicBoolean ending = new AtomicBoolean();
  private final RecentUse use = new RecentUse();

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
    use.note(nanoTime);
  }

  /** Whether workflows were in use here within the last minute. */
  boolean isInUse(long nanoTime) {
    return use.isRecent(nanoTime);
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
