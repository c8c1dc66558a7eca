package dev.gatehouse.scheduler;

import java.util.List;

/**
 * Leases due tasks ahead of their time, as many as there is room for. {@link #claim} is called by
 * one thread at a time.
 */
final class Claimer {
  private final TaskStore store;
  private final EngineClock clock;
  private final Membership membership;
  private final Holdings holdings;
  private final Attempts attempts;
  private volatile long horizonMillis;

  Claimer(
      TaskStore store,
      EngineClock clock,
      Membership membership,
      Holdings holdings,
      Attempts attempts) {
    this.store = store;
    this.clock = clock;
    this.membership = membership;
    this.holdings = holdings;
    this.attempts = attempts;
  }

  /**
   * Leases tasks that are due within the window. Asks the store.
   *
   * @param limit how many at most
   * @return whether there may be more
   */
  boolean claim(long windowMillis, int limit) {
    Node node = membership.live();
    int wanted = Math.min(limit, holdings.room());
    if (node == null || wanted == 0) {
      return false;
    }
    long until = clock.millis() + windowMillis;
    List<ClaimedTask> claimed = store.claim(node.number(), until, wanted);
    horizonMillis = Math.max(horizonMillis, until);
    attempts.hold(node, claimed);
    return claimed.size() == wanted;
  }

  /** The latest due time that a task held by this node can have. */
  long horizonMillis() {
    return horizonMillis;
  }
}
