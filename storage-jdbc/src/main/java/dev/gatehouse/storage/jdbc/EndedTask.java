package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.TaskStatus;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A task that this transaction has locked, and how it ends. Immutable.
 *
 * @param attempt that ended it; null if none did
 * @param result what it returned; null if nothing
 */
record EndedTask(
    LockedTask task, @Nullable Attempt attempt, TaskStatus status, @Nullable String result) {
  /** Begins with the values of {@link #bind}. */
  static final String COPY =
      "INSERT INTO gh_task_done(status, attempt, ended_ms, outcome, attempt_started_ms,"
          + " attempt_ended_ms, http_status, error, result, id, due_ms, fence, "
          + TaskRows.WHAT
          + ") SELECT ";

  private static final String COPY_ONE =
      COPY
          + "?, ?, ?, ?, ?, ?, ?, ?, ?, id, due_ms, fence, "
          + TaskRows.WHAT
          + " FROM gh_task WHERE id = ? AND fence = ?";

  /** Copies the tasks to the history, in a JDBC batch. */
  static void copy(Handle handle, long nowMillis, List<EndedTask> ended) {
    Sql.use(
        handle,
        COPY_ONE,
        copy -> {
          for (EndedTask one : ended) {
            int next = one.bind(copy, 1, nowMillis);
            copy.setLong(next, one.task().id());
            copy.setLong(next + 1, one.task().fence());
            copy.addBatch();
          }
          return copy.executeBatch();
        });
  }

  /** Sets what the history has of it besides; the index of the next argument. */
  int bind(PreparedStatement copy, int first, long nowMillis) throws SQLException {
    copy.setInt(first, status.code());
    copy.setInt(first + 1, task.attempt());
    copy.setLong(first + 2, nowMillis);
    copy.setObject(first + 3, of(one -> AttemptCode.of(one.outcome())), Types.INTEGER);
    copy.setObject(first + 4, of(one -> one.startedAt().toEpochMilli()), Types.BIGINT);
    copy.setObject(first + 5, of(one -> one.endedAt().toEpochMilli()), Types.BIGINT);
    copy.setObject(first + 6, of(Attempt::httpStatus), Types.INTEGER);
    copy.setString(first + 7, of(Attempt::error));
    copy.setBytes(first + 8, TaskRows.bytes(result));
    return first + 9;
  }

  private <T> @Nullable T of(Function<Attempt, @Nullable T> value) {
    return attempt == null ? null : value.apply(attempt);
  }
}
