package dev.gatehouse.registry;

import dev.gatehouse.error.ClosedException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of the upkeep that fails by itself: what it throws is logged, once until it works again,
 * and keeps no other part from its work. It runs once at a time; a second caller goes away. Safe
 * for use by multiple threads.
 */
final class UpkeepPart {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  private final String name;
  private final Runnable work;
  private final ReentrantLock running = new ReentrantLock();
  private final AtomicBoolean failing = new AtomicBoolean();

  UpkeepPart(String name, Runnable work) {
    this.name = name;
    this.work = work;
  }

  void run() {
    if (!running.tryLock()) {
      return;
    }
    try {
      work.run();
      if (failing.compareAndSet(true, false)) {
        LOG.info("The registry's upkeep can {} again", name);
      }
    } catch (ClosedException e) {
      LOG.debug("The registry's upkeep ends", e);
    } catch (RuntimeException e) {
      if (failing.compareAndSet(false, true)) {
        LOG.warn("The registry's upkeep could not {}, and tries again", name, e);
      }
    } finally {
      running.unlock();
    }
  }
}
