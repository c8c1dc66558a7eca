package dev.gatehouse.scheduler;

/**
 * Has what is due begun, from memory, and ends what is out of time; never asks the store, so its
 * latency is nobody's lateness. {@link #fire} is called by one thread at a time.
 */
final class Firing {
  private final EngineClock clock;
  private final Membership membership;
  private final Holdings holdings;
  private final Attempts attempts;
  private final Drainers drainers;

  Firing(
      EngineClock clock,
      Membership membership,
      Holdings holdings,
      Attempts attempts,
      Drainers drainers) {
    this.clock = clock;
    this.membership = membership;
    this.holdings = holdings;
    this.attempts = attempts;
    this.drainers = drainers;
  }

  /**
   * Does all that is due.
   *
   * @return nanoseconds until there is more to do
   */
  long fire() {
    long untilFenced = membership.watch();
    long untilExpiry = attempts.expire();
    long nextDue = holdings.moveDue(clock.millis());
    long untilLook = drainers.look();
    long untilDue = nextDue == Long.MAX_VALUE ? Long.MAX_VALUE : clock.nanosUntil(nextDue);
    return Math.min(Math.min(untilFenced, untilExpiry), Math.min(untilDue, untilLook));
  }
}
