package dev.gatehouse.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that stand in a line one directly behind the other and are held by this node: the first has
 * its turn, the others follow, each when the one before is final in the store. Who follows waits in
 * the line as anybody, so that the store knows of no runs: if one breaks off, who follows comes to
 * the gate as if it had just been claimed. Safe for use by multiple threads.
 */
final class LineRun {
  private final String line;
  private final Deque<HeldTask> followers; // guarded by this
  private @Nullable HeldTask first; // guarded by this
  private final AtomicInteger following;
  private volatile boolean brokenOff;

  /**
   * A run.
   *
   * @param followers in the order of the line
   * @param following counts those of all runs
   */
  LineRun(String line, HeldTask first, Collection<HeldTask> followers, AtomicInteger following) {
    this.line = line;
    this.first = first;
    this.followers = new ArrayDeque<>(followers);
    this.following = following;
    following.addAndGet(followers.size());
    first.joins(this);
    followers.forEach(follower -> follower.joins(this));
  }

  String line() {
    return line;
  }

  /**
   * Who comes after the first; null if nobody does, or that is not the first. Those that were taken
   * away are passed over: whether they still stand in between, the line tells.
   */
  synchronized @Nullable HeldTask after(HeldTask task) {
    if (first != task) {
      return null;
    }
    while (!followers.isEmpty() && !followers.getFirst().isWaiting()) {
      removeFirst();
    }
    return followers.peekFirst();
  }

  /** The first is final and the next has the turn; false if the run has broken off meanwhile. */
  synchronized boolean goesOn(HeldTask ended, HeldTask next) {
    if (first != ended || followers.peekFirst() != next) {
      return false;
    }
    first = removeFirst();
    return true;
  }

  private HeldTask removeFirst() {
    following.decrementAndGet();
    return followers.removeFirst();
  }

  /** The node has no more to do with the first, so the run is over; who follows then comes here. */
  synchronized List<HeldTask> breakOff(HeldTask task) {
    if (first != task) {
      return List.of();
    }
    first = null;
    List<HeldTask> left = new ArrayList<>(followers);
    left.removeIf(follower -> !follower.isWaiting());
    following.addAndGet(-followers.size());
    followers.clear();
    brokenOff |= !left.isEmpty();
    return left;
  }

  /** Whether any had followed when it was over. */
  boolean isBrokenOff() {
    return brokenOff;
  }
}
