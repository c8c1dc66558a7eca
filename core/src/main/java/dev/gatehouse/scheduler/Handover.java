package dev.gatehouse.scheduler;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes tasks that are let in at gates straight into this node's memory, as far as it has room: so
 * the next of a line begins without having been ready for all, and claimed. To be used by one
 * thread at a time.
 */
final class Handover {
  private final Membership membership;
  private final Attempts attempts;
  private final Pace pace;
  private final Claimer claimer;

  Handover(Membership membership, Attempts attempts, Pace pace, Claimer claimer) {
    this.membership = membership;
    this.attempts = attempts;
    this.pace = pace;
    this.claimer = claimer;
  }

  /**
   * What the node can hold.
   *
   * @param tasks how many that begin, 1 or more
   * @param ahead how many with those that follow them
   */
  record Room(Node node, Exclusion exclusion, int tasks, int ahead) {}

  /** What this node can hold now; null if nothing. */
  @Nullable Room room() {
    Node node = membership.live();
    Holdings holdings = attempts.holdings();
    int tasks = Math.min(holdings.room(), pace.room());
    if (node == null || tasks <= 0 || !holdings.contents().hasRoom(tasks)) {
      return null;
    }
    int ahead = Math.min(holdings.contents().tasks(), tasks + holdings.roomForFollowers());
    return new Room(node, attempts.passedOver().exclusion(), tasks, ahead);
  }

  /** Takes them in, each for whoever it is to come to first. */
  void take(Room room, List<ClaimedTask> tasks, Consumer<HeldTask> next) {
    attempts.hold(room.node(), tasks, next);
  }

  /** Tasks due until then may be leased to this node without an answer. */
  void unanswered(long dueUntilMillis) {
    claimer.inserts(dueUntilMillis);
  }
}
