package dev.gatehouse.scheduler;

import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What there is to do at gates: held tasks that have arrived, tasks that have left, gates at which
 * others may have been let through. Safe for use by multiple threads.
 */
final class GateQueue {
  /** A task whose attempt has ended, and maybe the task with it. */
  record Left(long taskId, boolean ended) {}

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
  void left(TaskRow row, boolean ended) {
    if (rules.concern(row)) {
      left(row.id(), ended);
    }
  }

  /** Whatever places the task has, they are given up; that in a line only if it ended. */
  void left(long taskId, boolean ended) {
    left.add(new Left(taskId, ended));
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
