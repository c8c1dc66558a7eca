package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A daemon thread that does a step over and over, waiting in between for as long as the step says
 * or until it is woken. A step that fails, because the storage is out of reach or else, is tried
 * again after 50 ms, twice as long each further time up to 1 s, give or take a half; the first
 * failure of a row and its end are logged. Only {@link #stop} ends the thread, which does a last
 * step then. Safe for use by multiple threads.
 */
final class Loop {
  private static final Logger LOGGER = LoggerFactory.getLogger(Loop.class);
  private static final long FIRST_BACKOFF = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_BACKOFF = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier step;
  private final Runnable last;
  private final Thread thread;
  private volatile boolean stopped;

  // Kept apart from the thread's permit, which any lock on the step's way may use up.
  private volatile boolean woken;
  private long backoffNanos; // used by the thread

  /**
   * A loop, not started.
   *
   * @param step returns the nanoseconds to wait
   * @param last is done once, at the end
   */
  Loop(String name, LongSupplier step, Runnable last) {
    this.step = step;
    this.last = last;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Lets the step be done now, or once more if it is being done. Waits after a failure stand. */
  void wake() {
    // If it is set, whoever set it unparks: that is a call to the system, and many wake at once.
    if (!woken) {
      woken = true;
      LockSupport.unpark(thread);
    }
  }

  /** No further step is begun but the last. */
  void stop() {
    stopped = true;
    woken = true;
    LockSupport.unpark(thread);
  }

  /** Waits until the thread has ended; false if it did not in that time. */
  boolean join(Duration timeout) throws InterruptedException {
    long millis = Math.max(1, timeout.toMillis());
    thread.join(millis);
    return hasEnded();
  }

  boolean hasEnded() {
    return !thread.isAlive();
  }

  private void run() {
    while (!stopped) {
      woken = false;
      long wait = doStep();
      park(wait, () -> woken);
    }
    doLast();
  }

  private void park(long nanos, BooleanSupplier enough) {
    long start = System.nanoTime();
    long left = nanos;
    while (left > 0 && !enough.getAsBoolean()) {
      LockSupport.parkNanos(this, left);
      // An interruption is nobody's way to speak to this thread, and would keep it from waiting.
      Thread.interrupted();
      left = nanos - (System.nanoTime() - start);
    }
  }

  /** The last line of defence: whatever goes wrong in a step, the scheduler does not stop. */
  private long doStep() {
    try {
      long wait = step.getAsLong();
      if (backoffNanos > 0) {
        backoffNanos = 0;
        LOGGER.info("{} works again", thread.getName());
      }
      return wait;
    } catch (RuntimeException | Error e) {
      if (stopped) {
        LOGGER.debug("{} was cut short by the end", thread.getName(), e);
      } else if (backoffNanos == 0) {
        LOGGER.warn("{} failed, is tried again until it works", thread.getName(), e);
      }
      backOff();
      return 0;
    }
  }

  private void backOff() {
    backoffNanos = Math.min(LONGEST_BACKOFF, Math.max(FIRST_BACKOFF, 2 * backoffNanos));
    park(
        ThreadLocalRandom.current().nextLong(backoffNanos / 2, backoffNanos * 3 / 2),
        () -> stopped);
  }

  private void doLast() {
    try {
      last.run();
    } catch (RuntimeException | Error e) {
      LOGGER.warn("{} ends without having done its last step", thread.getName(), e);
    }
  }
}
