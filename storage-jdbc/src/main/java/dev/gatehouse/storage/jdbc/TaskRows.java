package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.UnreadableTaskException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Rows of the tables of tasks, and what they become. */
final class TaskRows {
  /** What a task is, in the order of {@link #row}. */
  static final String WHAT =
      "application_id, kind, task_no, name, payload, timeout_ms, retry, created_ms, runtime_ms,"
          + " priority, limit_key, key_limit, workflow_id";

  /** The columns of {@link #claimed}. */
  static final String CLAIMED = "id, due_ms, attempt, crashes, fence, " + WHAT;

  /** The columns of {@link #locked}. */
  static final String LOCKED = "id, fence, attempt, crashes, cancel, due_ms, percent";

  private TaskRows() {}

  static ClaimedTask claimed(ResultSet results) throws SQLException {
    return claimed(results, 0);
  }

  /** A claimed task; the row was read before it was claimed that many times more. */
  static ClaimedTask claimed(ResultSet results, int claims) throws SQLException {
    return new ClaimedTask(
        row(results, 1, 6),
        results.getLong(2),
        results.getInt(3) + claims,
        results.getInt(4),
        results.getLong(5) + claims);
  }

  static LockedTask locked(ResultSet results) throws SQLException {
    return new LockedTask(
        results.getLong("id"),
        results.getLong("fence"),
        results.getInt("attempt"),
        results.getInt("crashes"),
        asked(results.getInt("cancel")),
        results.getLong("due_ms"),
        TaskStatus.RUNNING,
        results.getObject("percent") != null);
  }

  /** Of columns id, fence, cancel. */
  static LeasedTask leased(ResultSet results) throws SQLException {
    return new LeasedTask(results.getLong(1), results.getLong(2), asked(results.getInt(3)));
  }

  /** Of the columns id, fence, state, lane. */
  static OpenTask open(ResultSet results) throws SQLException {
    int lane = results.getInt(4);
    OpenTask.State state = OpenTask.State.READY;
    if (status(results.getInt(3)) == TaskStatus.RUNNING) {
      state = OpenTask.State.LEASED;
    } else if (lane == TaskChanges.PARKED) {
      state = OpenTask.State.PARKED;
    } else if (lane < 0) {
      state = OpenTask.State.PAUSED;
    }
    return new OpenTask(results.getLong(1), results.getLong(2), state);
  }

  /** What no version of this can have written asks for nothing: it must not hold up its like. */
  static Asked asked(int code) {
    try {
      return Asked.of(code);
    } catch (IllegalArgumentException e) {
      return Asked.NOTHING;
    }
  }

  static TaskStatus status(int code) {
    for (TaskStatus status : TaskStatus.values()) {
      if (status.code() == code) {
        return status;
      }
    }
    throw new StorageException("unknown status of a task: " + code);
  }

  /**
   * Of a result's columns id, status, due_ms, attempt, cancel, ended_ms, result, percent, note, and
   * {@link #WHAT}.
   */
  static TaskState state(ResultSet results) throws SQLException {
    int percent = results.getInt(8);
    TaskProgress progress =
        results.wasNull() ? null : new TaskProgress(percent, results.getString(9));
    return new TaskState(
        row(results, 1, 10),
        status(results.getInt(2)),
        results.getLong(3),
        results.getInt(4),
        asked(results.getInt(5)),
        results.getLong(6),
        text(results.getBytes(7)),
        progress);
  }

  /**
   * The task of a result with its id in one column and {@link #WHAT} from another on.
   *
   * @throws UnreadableTaskException if it holds what no task has
   */
  static TaskRow row(ResultSet results, int id, int what) throws SQLException {
    try {
      return readable(results, id, what);
    } catch (IllegalArgumentException e) {
      throw new UnreadableTaskException(results.getLong(id), e);
    }
  }

  private static TaskRow readable(ResultSet results, int id, int what) throws SQLException {
    return new TaskRow(
        results.getLong(id),
        results.getLong(what),
        results.getString(what + 1),
        results.getString(what + 2),
        results.getString(what + 3),
        requireNonNull(text(results.getBytes(what + 4))),
        results.getInt(what + 5),
        results.getString(what + 6),
        results.getLong(what + 7),
        results.getLong(what + 8),
        Priority.of(results.getInt(what + 9)),
        results.getString(what + 10),
        results.getInt(what + 11),
        results.getLong(what + 12));
  }

  /** What is stored for the limit of a task's key: nothing if it has none. */
  static @Nullable Integer keyLimit(TaskRow row) {
    return row.key() == null ? null : (Integer) row.keyLimit();
  }

  /** What is stored for the workflow of a task: nothing if it is of none. */
  static @Nullable Long workflowId(TaskRow row) {
    return row.workflowId() == 0 ? null : (Long) row.workflowId();
  }

  /** JSON is kept in UTF-8, so that no character set or collation of the database touches it. */
  static byte @Nullable [] bytes(@Nullable String json) {
    return json == null ? null : json.getBytes(StandardCharsets.UTF_8);
  }

  static @Nullable String text(byte @Nullable [] utf8) {
    return utf8 == null ? null : new String(utf8, StandardCharsets.UTF_8);
  }
}
