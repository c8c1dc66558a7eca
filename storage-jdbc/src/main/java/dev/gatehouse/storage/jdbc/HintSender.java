package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.GatehouseException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends hints on a thread of its own, {@code gatehouse-hints-out}, which ends when there were none
 * for a second: at most one in 10 ms, the earliest of those that came up meanwhile. What cannot be
 * sent is dropped. Safe for use by multiple threads.
 */
final class HintSender implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HintSender.class);
  private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long PATIENCE_SECONDS = 2;
  private static final long NONE = Long.MAX_VALUE;

  private final LongConsumer send;
  private final AtomicLong earliest = new AtomicLong(NONE);
  private final AtomicBoolean isQueued = new AtomicBoolean();
  private final ThreadPoolExecutor thread;
  private long sentNanos = System.nanoTime() - REST_NANOS; // used by the thread

  /**
   * A sender.
   *
   * @param send may block
   */
  HintSender(LongConsumer send) {
    this.send = send;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            HintSender::daemon,
            new ThreadPoolExecutor.DiscardPolicy());
    thread.allowCoreThreadTimeOut(true);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "gatehouse-hints-out");
    thread.setDaemon(true);
    return thread;
  }

  /** Sends a hint of that due time, or of an earlier one, soon. Does not block. */
  void add(long dueMillis) {
    earliest.accumulateAndGet(dueMillis, Math::min);
    if (isQueued.compareAndSet(false, true)) {
      thread.execute(this::sendEarliest);
    }
  }

  private void sendEarliest() {
    long rest = REST_NANOS - (System.nanoTime() - sentNanos);
    if (rest > 0) {
      LockSupport.parkNanos(rest);
    }
    isQueued.set(false); // before the look, so that what comes after it is sent by the next
    long due = earliest.getAndSet(NONE);
    if (due == NONE) {
      return;
    }
    sentNanos = System.nanoTime();
    try {
      send.accept(due);
    } catch (GatehouseException e) {
      LOGGER.debug("a hint could not be sent", e);
    }
  }

  /**
   * Sends no more. Waits two seconds at most for what is being sent, since the host may close its
   * pool next.
   */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        LOGGER.debug("a hint is still being sent");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
