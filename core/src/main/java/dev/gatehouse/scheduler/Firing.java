package dev.gatehouse.scheduler;

/**
 * Starts what is due, from memory, and ends what is out of time; never asks the store, so its
 * latency is nobody's lateness. {@link #fire} is called by one thread at a time.
 */
final class Firing {
  private final EngineClock clock;
  private final Membership membership;
  private final Holdings holdings;
  private final Attempts attempts;
  private final Runner runner;

  Firing(
      EngineClock clock,
      Membership membership,
      Holdings holdings,
      Attempts attempts,
      Runner runner) {
    this.clock = clock;
    this.membership = membership;
    this.holdings = holdings;
    this.attempts = attempts;
    this.runner = runner;
  }

  /**
   * Does all that is due.
   *
   * @return nanoseconds until there is more to do
   */
  long fire() {
    long untilFenced = membership.watch();
    attempts.expire();
    long untilDue = startDue();
    return Math.min(Math.min(untilFenced, untilDue), attempts.nanosToExpiry());
  }

  private long startDue() {
    HeldTask next = holdings.nextDue();
    while (next != null) {
      long wait = clock.nanosUntil(next.dueMillis());
      if (wait > 0) {
        return wait;
      }
      if (!runner.tryAcquire()) {
        return Long.MAX_VALUE;
      }
      start(next);
      next = holdings.nextDue();
    }
    return Long.MAX_VALUE;
  }

  private void start(HeldTask held) {
    boolean started = false;
    holdings.take(held);
    try {
      runner.start(held);
      started = true;
    } finally {
      if (!started) {
        holdings.putBack(held);
      }
    }
  }
}
