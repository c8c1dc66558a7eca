package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.TaskStatus;

/**
 * A task whose row the transaction has locked, so that what is read here holds until its end.
 * Immutable.
 */
record LockedTask(
    long id,
    long fence,
    int attempt,
    int crashes,
    Asked asked,
    long dueMillis,
    TaskStatus status,
    boolean hasProgress) {

  /** A task without progress. */
  LockedTask(
      long id,
      long fence,
      int attempt,
      int crashes,
      Asked asked,
      long dueMillis,
      TaskStatus status) {
    this(id, fence, attempt, crashes, asked, dueMillis, status, false);
  }

  boolean cancelRequested() {
    return asked == Asked.CANCEL;
  }

  /** As if the claim had not been. */
  LockedTask unbegun() {
    return new LockedTask(id, fence, attempt - 1, crashes, asked, dueMillis, status);
  }

  /** Whether its holder may have begun it: only of what crashed before it is sure to tell. */
  boolean mayHaveBegun() {
    return crashes == 0 || hasProgress;
  }

  LockedTask crashed() {
    return new LockedTask(id, fence, attempt, crashes + 1, asked, dueMillis, status);
  }

  LockedTask anew() {
    return new LockedTask(id, fence, 0, 0, Asked.NOTHING, dueMillis, status);
  }
}
