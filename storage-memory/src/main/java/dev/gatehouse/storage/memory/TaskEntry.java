package dev.gatehouse.storage.memory;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task with all that changes in its life. Immutable: each method returns the entry after the
 * change.
 *
 * @param owner the node that holds it; 0 while none does
 */
record TaskEntry(
    TaskRow row,
    TaskStatus status,
    long dueMillis,
    int attempt,
    int crashes,
    long fence,
    int owner,
    boolean cancelRequested,
    long endedMillis,
    @Nullable String result,
    List<Attempt> attempts) {

  static TaskEntry ready(TaskRow row) {
    return new TaskEntry(
        row, TaskStatus.WAITING, row.runtimeMillis(), 0, 0, 0, 0, false, 0, null, List.of());
  }

  TaskEntry leased(int node) {
    return new TaskEntry(
        row,
        TaskStatus.RUNNING,
        dueMillis,
        attempt + 1,
        crashes,
        fence + 1,
        node,
        false,
        0,
        null,
        attempts);
  }

  TaskEntry readyAt(long millis) {
    return new TaskEntry(
        row, TaskStatus.WAITING, millis, attempt, crashes, fence, 0, false, 0, null, attempts);
  }

  TaskEntry anew(long millis) {
    return new TaskEntry(row, TaskStatus.WAITING, millis, 0, 0, fence, 0, false, 0, null, attempts);
  }

  TaskEntry cancelled(long millis) {
    return ended(TaskStatus.CANCELLED, millis, null);
  }

  TaskEntry ended(TaskStatus end, long millis, @Nullable String kept) {
    return new TaskEntry(
        row, end, dueMillis, attempt, crashes, fence, 0, false, millis, kept, attempts);
  }

  TaskEntry cancelling() {
    return changed(attempt, crashes, true, attempts);
  }

  /** The claim does not count, for no attempt was begun. */
  TaskEntry unbegun() {
    return changed(attempt - 1, crashes, cancelRequested, attempts);
  }

  TaskEntry with(Attempt ended) {
    return changed(attempt, crashes, cancelRequested, and(ended));
  }

  TaskEntry crashed(Attempt ended) {
    return changed(attempt, crashes + 1, cancelRequested, and(ended));
  }

  TaskState state() {
    return new TaskState(row, status, dueMillis, attempt, cancelRequested, endedMillis, result);
  }

  private TaskEntry changed(int begun, int crashed, boolean cancel, List<Attempt> ended) {
    return new TaskEntry(
        row, status, dueMillis, begun, crashed, fence, owner, cancel, endedMillis, result, ended);
  }

  private List<Attempt> and(Attempt ended) {
    List<Attempt> all = new ArrayList<>(attempts);
    all.add(ended);
    return Collections.unmodifiableList(all);
  }
}
