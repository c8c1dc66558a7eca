package dev.gatehouse.audit;

import dev.gatehouse.error.ClosedException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon thread that sequences: every interval while records come; while none do, every 20 s if
 * that is longer, or an interval after it was woken. A round that fails is tried again after the
 * next interval; the first failure of a row and its end are logged. Safe for use by multiple
 * threads.
 */
final class SequencerThread {
  private static final Logger LOGGER = LoggerFactory.getLogger(SequencerThread.class);
  private static final Duration LONGEST_IDLE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Round round;
  private final Duration interval;
  private final Thread thread = new Thread(this::run, "gatehouse-sequencer");
  private volatile boolean stopped;
  private volatile boolean woken;
  private boolean failed; // used by the thread

  /** What is done over and over. */
  interface Round {
    /** Whether there was anything to do. */
    boolean isBusy();
  }

  SequencerThread(Round round, Duration interval) {
    this.round = round;
    this.interval = interval;
    thread.setDaemon(true);
  }

  void start() {
    if (stopped) {
      throw new ClosedException("the audit tree is closed");
    }
    thread.start();
  }

  /** There is something to do: it is looked for no later than after an interval. */
  void wake() {
    if (!woken) {
      woken = true;
      LockSupport.unpark(thread);
    }
  }

  /** Ends the thread, and waits for that. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
    try {
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOGGER.warn("the audit log's sequencer is still busy, and ends when it is not");
    }
  }

  private void run() {
    while (!stopped) {
      woken = false;
      boolean busy = round();
      park(interval, false);
      if (!busy) {
        park(LONGEST_IDLE.minus(interval), true);
      }
    }
  }

  private void park(Duration time, boolean untilWoken) {
    long start = System.nanoTime();
    long left = time.toNanos();
    while (left > 0 && !stopped && !(untilWoken && woken)) {
      LockSupport.parkNanos(this, left);
      Thread.interrupted();
      left = time.toNanos() - (System.nanoTime() - start);
    }
  }

  /** The last line of defence: whatever goes wrong, the thread goes on, and has work to do. */
  private boolean round() {
    @Nullable Throwable failure = null;
    boolean busy = false;
    try {
      busy = round.isBusy();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    if (failure != null && !failed) {
      LOGGER.warn("audit records cannot be sequenced, is tried again until it works", failure);
    } else if (failure == null && failed) {
      LOGGER.info("audit records are sequenced again");
    }
    failed = failure != null;
    return busy || failed;
  }
}
