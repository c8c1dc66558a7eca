package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateTimes.Taken;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What there is to do at gates: held tasks that have arrived, tasks that have left, gates at which
 * others may have been let through. Safe for use by multiple threads.
 */
final class GateQueue {
  /**
   * A task whose attempt may have ended, and the task with it.
   *
   * @param fence under a later one it needs its places again
   * @param unused the times that it took and did not begin with
   * @param gates where it has places, as far as is known; null if the store is to be asked
   */
  record Left(long taskId, long fence, List<Taken> unused, @Nullable List<String> gates) {
    Left(long taskId, long fence) {
      this(taskId, fence, List.of(), null);
    }
  }

  private final GateRules rules;
  private final Waker waker;
  private final Queue<HeldTask> arrived = new ConcurrentLinkedQueue<>();
  private final Queue<Left> left = new ConcurrentLinkedQueue<>();
  private final Queue<String> touched = new ConcurrentLinkedQueue<>();

  GateQueue(GateRules rules, Waker waker) {
    this.rules = rules;
    this.waker = waker;
  }

  GateRules rules() {
    return rules;
  }

  /** Takes a held task in that must go through gates first; false if it need not. */
  boolean takes(HeldTask held) {
    if (held.isAdmitted() || !rules.concern(held.row())) {
      return false;
    }
    arrived.add(held);
    wake();
    return true;
  }

  /** The node no longer holds the task: it has ended, or is to be tried again. */
  void left(HeldTask held) {
    TaskRow row = held.row();
    List<Taken> unused = held.takeUnusedTimes();
    boolean hasPlaces = rules.concern(row) && (!held.isAdmitted() || rules.holdsPlaces(row));
    if (hasPlaces || !unused.isEmpty()) {
      left(new Left(row.id(), held.fence(), unused, rules.names(row)));
    }
  }

  /** Whether others may wait for the end of such a task. */
  boolean isAwaited(TaskRow row) {
    return rules.holdsPlaces(row);
  }

  /** As {@link #left(HeldTask)}, of a task that nobody holds. */
  void left(TaskRow row) {
    if (rules.concern(row)) {
      left(new Left(row.id(), 0));
    }
  }

  /** It gives up what places the store says it does not need. */
  void left(Left one) {
    left.add(one);
    wake();
  }

  /** Places were given up there. */
  void touch(Collection<String> gates) {
    touched.addAll(gates);
    wake();
  }

  private void wake() {
    waker.wake(Waker.Role.GATEKEEPER);
  }

  Queue<HeldTask> arrived() {
    return arrived;
  }

  Queue<Left> left() {
    return left;
  }

  Queue<String> touched() {
    return touched;
  }

  boolean isEmpty() {
    return arrived.isEmpty() && left.isEmpty() && touched.isEmpty();
  }
}
