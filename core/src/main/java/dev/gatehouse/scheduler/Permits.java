package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many attempts are under way: a worker has a permit while it has tasks to do, an
 * exchange until it ends. When there are none, whoever wants one is not kept waiting; the timer is
 * roused when there is one again, and the claimer if it asked for that. Safe for use by multiple
 * threads.
 */
final class Permits {
  private final int max;
  private final Waker waker;
  private final Semaphore permits;
  private volatile boolean wanted;
  private volatile boolean claimerWaits;

  Permits(int max, Waker waker) {
    this.max = max;
    this.waker = waker;
    permits = new Semaphore(max);
  }

  int availablePermits() {
    return permits.availablePermits();
  }

  /** A permit, if there is one; else the timer is roused when there is. */
  boolean tryAcquire() {
    if (permits.tryAcquire()) {
      return true;
    }
    wanted = true;
    return permits.tryAcquire();
  }

  /** The timer is roused with the next release. */
  void want() {
    wanted = true;
  }

  /** The claimer is roused with the next release. */
  void rouseClaimer() {
    claimerWaits = true;
  }

  /** Whether there are none; then the timer is roused when there is one. */
  boolean areTaken() {
    if (permits.availablePermits() > 0) {
      return false;
    }
    wanted = true;
    return permits.availablePermits() == 0;
  }

  void release() {
    permits.release();
    if (wanted) {
      wanted = false;
      waker.wake(Waker.Role.TIMER);
    }
    if (claimerWaits) {
      claimerWaits = false;
      waker.wake(Waker.Role.CLAIMER);
    }
  }

  /** Waits until nothing is under way, and lets nothing follow; false if it took longer. */
  boolean tryAcquireAll(Duration timeout) throws InterruptedException {
    return permits.tryAcquire(max, timeout.toNanos(), TimeUnit.NANOSECONDS);
  }
}
