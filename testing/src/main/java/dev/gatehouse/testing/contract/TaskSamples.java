package dev.gatehouse.testing.contract;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Instant;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Tasks and settlements for tests, all of the time at which a contract's clock starts. */
final class TaskSamples {
  private static final long START = StoreContract.START.toEpochMilli();

  private TaskSamples() {}

  /** A task of the host's, due at the start. */
  static TaskRow row(long id) {
    return due(id, 0);
  }

  /** The tasks 1 to count. */
  static List<TaskRow> rows(int count) {
    return LongStream.rangeClosed(1, count).mapToObj(TaskSamples::row).toList();
  }

  /** A task due so long after the start. */
  static TaskRow due(long id, long inMillis) {
    return new TaskRow(
        id, 0, "kind", null, "name", "{}", 60_000, "linear:5:5", START, START + inMillis);
  }

  static TaskRow prioritized(long id, Priority priority) {
    return new TaskRow(id, 0, "kind", null, "name", "{}", 1, "linear:0:0", START, START, priority);
  }

  static TaskRow numbered(long id, long applicationId, String taskNo) {
    return new TaskRow(id, applicationId, "kind", taskNo, "", "[]", 1, "linear:0:0", START, START);
  }

  /** A bare task, and one for each field that has something else in it. */
  static List<LongFunction<TaskRow>> oneFieldApart() {
    LongFunction<TaskRow> bare = id -> sample(id, 0, "kind", "", 1, "linear:0:0", 0, 0);
    return List.of(
        bare,
        id -> sample(id, 7, "kind", "", 1, "linear:0:0", 0, 0),
        id -> sample(id, 0, "other", "", 1, "linear:0:0", 0, 0),
        id -> sample(id, 0, "kind", "name", 1, "linear:0:0", 0, 0),
        id -> sample(id, 0, "kind", "", 2, "linear:0:0", 0, 0),
        id -> sample(id, 0, "kind", "", 1, "linear:0:1", 0, 0),
        id -> sample(id, 0, "kind", "", 1, "linear:0:0", 1, 0),
        id -> sample(id, 0, "kind", "", 1, "linear:0:0", 0, 1),
        id -> prioritized(id, Priority.URGENT),
        id -> numbered(id, 0, "no-" + id),
        id -> bare.apply(id).withKey("key", 0),
        id -> bare.apply(id).withKey("key", 3),
        id -> bare.apply(id).withKey("other", 3),
        id -> bare.apply(id).withWorkflow(9));
  }

  private static TaskRow sample(
      long id,
      long applicationId,
      String kind,
      String name,
      int timeoutMillis,
      String retry,
      long createdAfter,
      long dueAfter) {
    return new TaskRow(
        id,
        applicationId,
        kind,
        null,
        name,
        "[" + id + "]",
        timeoutMillis,
        retry,
        START + createdAfter,
        START + dueAfter);
  }

  /** What {@link #row} is after its end. */
  static TaskState ended(
      long id, TaskStatus status, int attempt, long endedMillis, @Nullable String result) {
    return new TaskState(row(id), status, START, attempt, Asked.NOTHING, endedMillis, result);
  }

  static Attempt attempt(ClaimedTask task, Outcome outcome, String error) {
    Instant start = StoreContract.START;
    return new Attempt(
        task.attempt(), task.fence(), start, start.plusMillis(3), outcome, null, error);
  }

  static Settlement finish(ClaimedTask task, @Nullable String result) {
    return new Settlement.Finish(task.row(), attempt(task, Outcome.SUCCESS, ""), result);
  }

  static Settlement forget(ClaimedTask task) {
    return new Settlement.Forget(task.row(), attempt(task, Outcome.SUCCESS, ""));
  }

  static Settlement retry(ClaimedTask task, long dueMillis) {
    return new Settlement.Retry(
        task.row().id(), attempt(task, Outcome.FAILURE, "no '😀'"), dueMillis);
  }

  static Settlement interrupt(ClaimedTask task, long dueMillis) {
    return new Settlement.Interrupt(
        task.row().id(), attempt(task, Outcome.INTERRUPTED, "closed"), dueMillis);
  }

  static Settlement fail(ClaimedTask task) {
    return new Settlement.Fail(task.row().id(), attempt(task, Outcome.FAILURE, "no"));
  }

  static Settlement release(ClaimedTask task) {
    return new Settlement.Release(task.row().id(), task.fence(), task.dueMillis());
  }

  static Settlement park(ClaimedTask task) {
    return new Settlement.Park(task.row().id(), task.fence());
  }

  static List<Long> ids(List<ClaimedTask> claimed) {
    return claimed.stream().map(task -> task.row().id()).toList();
  }
}
