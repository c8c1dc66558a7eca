package dev.gatehouse.benchmarks.scheduler;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Proves that every task of an index from 0 to size - 1 ran exactly once, and no other ran. Safe
 * for use by multiple threads.
 */
final class Ledger {
  private static final int LOOK_MILLIS = 100;

  private volatile int size;
  private final AtomicIntegerArray bits;
  private final AtomicInteger missing;
  private final LongAdder repeated = new LongAdder();
  private final LongAdder strangers = new LongAdder();
  private final CountDownLatch complete = new CountDownLatch(1);

  Ledger(int size) {
    this.size = size;
    bits = new AtomicIntegerArray(size / Integer.SIZE + 1);
    missing = new AtomicInteger(size);
  }

  /** A task ran. */
  void ran(int index) {
    if (index < 0 || index >= size) {
      strangers.increment();
      return;
    }
    int bit = 1 << (index % Integer.SIZE);
    int before = bits.getAndAccumulate(index / Integer.SIZE, bit, (one, other) -> one | other);
    if ((before & bit) != 0) {
      repeated.increment();
    } else if (missing.decrementAndGet() == 0) {
      complete.countDown();
    }
  }

  /** No more tasks follow those before the index: the rest need not run. */
  void endAt(int index) {
    if (missing.addAndGet(index - size) == 0) {
      complete.countDown();
    }
    size = index;
  }

  /** How many tasks have run. */
  int count() {
    return size - missing.get();
  }

  /**
   * Waits until every task has run.
   *
   * @param patience how long it may take until the next one runs
   * @throws IllegalStateException if it takes longer
   */
  void await(Duration patience) throws InterruptedException {
    int before = -1;
    long since = System.nanoTime();
    while (!complete.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      int now = count();
      if (now != before) {
        before = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > patience.toNanos()) {
        throw new IllegalStateException(
            "for " + patience + " no task ran, after " + now + " of " + size);
      }
    }
  }

  /**
   * Throws unless every task ran exactly once.
   *
   * @throws IllegalStateException that says how many did not
   */
  void check() {
    if (missing.get() > 0 || repeated.sum() > 0 || strangers.sum() > 0) {
      throw new IllegalStateException(
          "of %d tasks every one must run once; %d did not run, %d ran again, %d others ran"
              .formatted(size, missing.get(), repeated.sum(), strangers.sum()));
    }
  }
}
