package dev.gatehouse.transport.http.api;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what is not called off in time, up to 50 ms late: hardly any of the many that requests set
 * is ever run, so each costs an entry in a set and not a timer, whose thread would wake for it.
 * After {@link #close} nothing is run any more. Safe for use by multiple threads.
 */
final class Deadlines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Deadlines.class);
  private static final long TICK_MILLIS = 50;

  private final Set<Deadline> pending = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final ScheduledThreadPoolExecutor thread;

  Deadlines(String threadName) {
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, threadName);
              made.setDaemon(true);
              return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Something to be run at a time. */
  final class Deadline {
    private final long at;
    private final Runnable action;

    private Deadline(long at, Runnable action) {
      this.at = at;
      this.action = action;
    }

    /** Whether it was not run yet; from then on it is not. */
    boolean callOff() {
      return pending.remove(this);
    }
  }

  /** Runs that after so long, on a thread that others wait for. */
  Deadline in(long nanos, Runnable action) {
    Deadline deadline = new Deadline(System.nanoTime() + nanos, action);
    pending.add(deadline);
    watch();
    return deadline;
  }

  private void watch() {
    if (!sweeping.get() && sweeping.compareAndSet(false, true)) {
      next();
    }
  }

  private void next() {
    Future<?> unused = thread.schedule(this::sweep, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void sweep() {
    long now = System.nanoTime();
    for (Deadline deadline : pending) {
      if (now - deadline.at >= 0 && deadline.callOff()) {
        run(deadline.action);
      }
    }
    if (!pending.isEmpty()) {
      next();
      return;
    }
    sweeping.set(false);
    // One that was set in between has seen that there is a sweep.
    if (!pending.isEmpty()) {
      watch();
    }
  }

  private static void run(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.warn("What was to be done in the end has failed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
