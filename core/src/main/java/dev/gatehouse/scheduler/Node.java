package dev.gatehouse.scheduler;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * This node for as long as one lease lasts. After a lost lease it is another node, with another
 * number. Safe for use by multiple threads.
 */
final class Node {
  private final int number;
  private final String boot;
  private final AtomicBoolean lost = new AtomicBoolean();
  private volatile long deadlineNanos;

  Node(int number, String boot, long deadlineNanos) {
    this.number = number;
    this.boot = boot;
    this.deadlineNanos = deadlineNanos;
  }

  int number() {
    return number;
  }

  String boot() {
    return boot;
  }

  /** Until when, on the monotonic clock, the tasks are this node's beyond doubt. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  void prolong(long toDeadlineNanos) {
    deadlineNanos = toDeadlineNanos;
  }

  boolean isLive(long nanoTime) {
    return !lost.get() && nanoTime - deadlineNanos < 0;
  }

  /** True the first time. */
  boolean lose() {
    return lost.compareAndSet(false, true);
  }

  boolean isLost() {
    return lost.get();
  }
}
