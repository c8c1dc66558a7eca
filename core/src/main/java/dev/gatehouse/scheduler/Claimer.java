package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.TaskStore.Reach;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Leases due tasks ahead of their time, as many as can begin soon, in as few claims as may be:
 * batch after batch while there is more and {@linkplain Pace room} for it, every poll interval
 * while there is something to do, and else not before the earliest due time that the store knows.
 * {@link #claim} is called by one thread at a time.
 *
 * <p>While there is more than one claim can take, each goes on where the last one left off. What
 * became ready behind that place is found by one that begins anew: after a hint, every {@link
 * #ANEW_NANOS}, and whenever the last one took all there was.
 */
final class Claimer {
  /** Most tasks in one claim: more make it no cheaper, only longer. */
  static final int BATCH = 1_000;

  /**
   * Fewest tasks to ask for while none are left unclaimed: every lane is looked into by one
   * statement then.
   */
  private static final int LOOK = 64;

  /** For how long more must be held than can begin before some of it is given back. */
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final long ANEW_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Longest wait between two looks: what is due later needs no hint. */
  static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);

  private final FairClaims store;
  private final EngineClock clock;
  private final Membership membership;
  private final Holdings holdings;
  private final Attempts attempts;
  private final Pace pace;
  private volatile boolean anew = true;

  /** Whether nothing was due when the store was last asked, and nobody has hinted otherwise. */
  private volatile boolean quiet;

  private volatile long horizonMillis;

  /** When the next claim is to come; while one is being made, nothing is sure to be part of it. */
  private volatile long nextMillis = Long.MAX_VALUE;

  private final AtomicLong claims = new AtomicLong();
  private final AtomicLong claimed = new AtomicLong();
  private final AtomicLong unanswered = new AtomicLong();

  private final AtomicLong insertions = new AtomicLong();
  private final AtomicLong insertedUntil = new AtomicLong();
  private volatile boolean full;
  private volatile boolean waitsForRoom;

  // Used by the thread that claims.
  private long anewNanos;
  private long answeredNanos;
  private boolean noneDue;
  private int ahead;
  private boolean hasSurplus;
  private long surplusNanos;

  Claimer(
      FairClaims store, EngineClock clock, Membership membership, Attempts attempts, Pace pace) {
    this.store = store;
    this.clock = clock;
    this.membership = membership;
    holdings = attempts.holdings();
    this.attempts = attempts;
    this.pace = pace;
  }

  /** Whether a task that is due at that time would have to wait for the next claim. */
  boolean comesAfter(long dueMillis) {
    return dueMillis < nextMillis;
  }

  /** The next claim finds all that is ready, wherever it stands. */
  void anew() {
    anew = true;
    quiet = false;
  }

  /**
   * Leases tasks that are due within the window. Asks the store.
   *
   * @param pollNanos how long to wait while there is something to do
   * @return nanoseconds until it should be called again
   */
  long claim(long windowMillis, long pollNanos) {
    nextMillis = Long.MAX_VALUE;
    long wait = claimAndWait(windowMillis, pollNanos);
    nextMillis = clock.millis() + TimeUnit.NANOSECONDS.toMillis(wait);
    return wait;
  }

  private long claimAndWait(long windowMillis, long pollNanos) {
    Node node = membership.live();
    if (node == null) {
      return Long.MAX_VALUE;
    }
    giveBack();
    int enough = pace.enough();
    waitsForRoom = !holdings.hasRoom(enough) || !pace.hasRoom();
    if (waitsForRoom) {
      ahead = 0;
      return hasSurplus ? Math.min(pollNanos, PATIENCE_NANOS) : pollNanos;
    }
    if (quiet && holdings.isEmpty()) {
      long wait = nanosToNext(windowMillis);
      if (wait > 0) {
        return Math.max(pollNanos, wait);
      }
    }
    int wanted = wanted(holdings.room());
    if (wanted < 1) {
      // What was free is not any more: others begin and insert tasks meanwhile.
      return 0;
    }
    if (windowMillis > 0 && holdings.roomAhead() < wanted) {
      long wait = claimDue(node, wanted, pollNanos);
      wanted = wanted(holdings.roomAhead());
      if (wait == 0 || wanted < 1 || !holdings.hasRoomAhead(enough)) {
        return wait;
      }
    }
    int count = claim(node, windowMillis, wanted);
    if (count == wanted) {
      return 0;
    }
    return count > 0 || !holdings.isEmpty()
        ? pollNanos
        : Math.max(pollNanos, nanosToNext(windowMillis));
  }

  /**
   * Leases what is due now, unless the last claim left nothing of that.
   *
   * @return nanoseconds until it should be called again, 0 if there may be more
   */
  private long claimDue(Node node, int wanted, long pollNanos) {
    long rest = pollNanos - (clock.nanoTime() - answeredNanos);
    if (noneDue && !anew && rest > 0) {
      return rest;
    }
    return claim(node, 0, wanted) == wanted ? 0 : pollNanos;
  }

  /**
   * As many as should be held due. If the last claim found more than it took, and some of that not
   * yet due, the next is likely to find more of that kind, which is held beside what is due.
   */
  private int wanted(int places) {
    int room = pace.room() + 2 * ahead;
    int some = Math.min(BATCH, full ? room : Math.max(room, LOOK));
    return Math.min(some, Math.min(places, holdings.contents().tasks()));
  }

  /**
   * Gives back what would have to wait long, if for some time more than twice as much has been due
   * here as is to be kept: other nodes may have room, and what comes later may be more urgent.
   */
  private void giveBack() {
    DueQueue due = holdings.due();
    int kept = pace.kept();
    long now = clock.nanoTime();
    boolean giving = hasSurplus && now - surplusNanos >= PATIENCE_NANOS;
    if (due.size() <= (giving ? kept : 2 * kept)) {
      hasSurplus = false;
    } else if (!hasSurplus) {
      hasSurplus = true;
      surplusNanos = now;
    } else if (giving) {
      due.passLast(kept, BATCH, held -> attempts.release(held, held.dueMillis()));
      due.sweep();
    }
  }

  /**
   * Leases what is due now, the earliest of all first. Asks the store.
   *
   * @return whether there may be more
   */
  boolean claimOne() {
    Node node = membership.live();
    return node != null && holdings.room() > 0 && claim(node, 0, 1) == 1;
  }

  private int claim(Node node, long windowMillis, int limit) {
    long until = clock.millis() + windowMillis;
    long horizon = horizonMillis;
    // If the answer is lost, anything up to there may have been claimed.
    horizonMillis = Math.max(horizon, until);
    claims.incrementAndGet();
    boolean answered = false;
    try {
      List<ClaimedTask> tasks = store.claim(node.number(), reach(), until, limit);
      attempts.hold(node, tasks);
      answered = true;
      if (!tasks.isEmpty()) {
        membership.wantPrecision();
      }
      long last = tasks.isEmpty() ? 0 : tasks.get(tasks.size() - 1).dueMillis();
      horizonMillis = Math.max(horizon, last);
      answeredNanos = clock.nanoTime();
      full = tasks.size() == limit;
      ahead = full ? ahead(tasks) : 0;
      noneDue = !full || ahead > 0;
      holdings.contents().claimed(tasks);
      claimed.addAndGet(tasks.size());
      return tasks.size();
    } finally {
      if (!answered) {
        unanswered.incrementAndGet();
      }
    }
  }

  /** How many are not due yet; they come in order of due time. */
  private int ahead(List<ClaimedTask> tasks) {
    long now = clock.millis();
    int count = 0;
    while (count < tasks.size() && tasks.get(tasks.size() - 1 - count).dueMillis() > now) {
      count++;
    }
    return count;
  }

  private Reach reach() {
    long now = clock.nanoTime();
    if (full && !anew && now - anewNanos < ANEW_NANOS) {
      return Reach.ONWARD;
    }
    anew = false;
    anewNanos = now;
    return Reach.ALL;
  }

  private long nanosToNext(long windowMillis) {
    quiet = true;
    OptionalLong next = store.earliestDue();
    anew = true;
    long wait = IDLE_NANOS;
    if (next.isPresent()) {
      long nanos = clock.nanosUntil(next.getAsLong());
      wait = Math.min(wait, nanos - TimeUnit.MILLISECONDS.toNanos(windowMillis));
    }
    if (wait <= 0) {
      quiet = false;
    }
    return Math.max(0, wait);
  }

  /** Whether nothing is left for the next claim, as far as the last one knew. */
  boolean keepsUp() {
    return !full && !waitsForRoom;
  }

  /** Tasks due until then are about to be inserted as held by this node. */
  void inserts(long dueUntilMillis) {
    insertions.incrementAndGet();
    insertedUntil.accumulateAndGet(dueUntilMillis, Math::max);
  }

  /** How often tasks were inserted as held. */
  long insertions() {
    return insertions.get();
  }

  /** How many claims were made, with or without an answer. */
  long claims() {
    return claims.get();
  }

  /** How many of them failed: what they took, if anything, is not known here. */
  long unanswered() {
    return unanswered.get();
  }

  /** How many tasks they gave. */
  long claimed() {
    return claimed.get();
  }

  /** The latest due time of a task that this node may have claimed. */
  long horizonMillis() {
    return Math.max(horizonMillis, insertedUntil.get());
  }
}
