package dev.gatehouse.registry;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits retries to a part of all calls, so that they do not bury who is in trouble already: each
 * call saves a part of a retry, up to {@value #MOST} retries. Safe for use by multiple threads.
 */
final class RetryBudget {
  private static final int MOST = 10;
  private static final int WHOLE = 100;

  private final int part;
  private final AtomicLong saved = new AtomicLong((long) MOST * WHOLE);

  RetryBudget(int percent) {
    part = percent;
  }

  void called() {
    saved.updateAndGet(before -> Math.min((long) MOST * WHOLE, before + part));
  }

  /** Whether one more retry may be made; never with a budget of 0. */
  boolean tryTake() {
    if (part == 0) {
      return false;
    }
    long before;
    do {
      before = saved.get();
      if (before < WHOLE) {
        return false;
      }
    } while (!saved.compareAndSet(before, before - WHOLE));
    return true;
  }
}
