package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A finished task with a row of its own in the history. Immutable.
 *
 * @param attempt how many there were
 * @param recordedMillis when it was settled
 */
record FinishedRow(
    TaskRow row,
    long dueMillis,
    int attempt,
    long fence,
    long startedMillis,
    long endedMillis,
    @Nullable Integer httpStatus,
    @Nullable String result,
    long recordedMillis) {
  private static final String INSERT =
      "INSERT INTO gh_task_done(id, due_ms, status, attempt, fence, ended_ms, outcome,"
          + " attempt_started_ms, attempt_ended_ms, http_status, error, result, "
          + TaskRows.WHAT
          + ") VALUES (?, ?, 2, ?, ?, ?, 0, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** One that was on a page, and so finished with its first attempt. */
  static FinishedRow of(FinishedTask task, long recordedMillis) {
    return new FinishedRow(
        task.row(),
        task.row().runtimeMillis(),
        1,
        1,
        task.startedMillis(),
        task.endedMillis(),
        task.httpStatus(),
        task.result(),
        recordedMillis);
  }

  /** One that this transaction has locked. */
  static FinishedRow of(LockedTask task, Settlement.Finish finish, long recordedMillis) {
    Attempt attempt = finish.attempt();
    return new FinishedRow(
        finish.row(),
        task.dueMillis(),
        task.attempt(),
        task.fence(),
        attempt.startedAt().toEpochMilli(),
        attempt.endedAt().toEpochMilli(),
        attempt.httpStatus(),
        finish.result(),
        recordedMillis);
  }

  static void insert(Handle handle, List<FinishedRow> rows) {
    Sql.use(
        handle,
        INSERT,
        insert -> {
          for (FinishedRow one : rows) {
            one.bind(insert);
            insert.addBatch();
          }
          return insert.executeBatch();
        });
  }

  private void bind(PreparedStatement insert) throws SQLException {
    insert.setLong(1, row.id());
    insert.setLong(2, dueMillis);
    insert.setInt(3, attempt);
    insert.setLong(4, fence);
    insert.setLong(5, recordedMillis);
    insert.setLong(6, startedMillis);
    insert.setLong(7, endedMillis);
    insert.setObject(8, httpStatus, Types.INTEGER);
    insert.setBytes(9, TaskRows.bytes(result));
    insert.setLong(10, row.applicationId());
    insert.setString(11, row.kind());
    insert.setString(12, row.taskNo());
    insert.setString(13, row.name());
    insert.setBytes(14, TaskRows.bytes(row.content()));
    insert.setInt(15, row.timeoutMillis());
    insert.setString(16, row.retry());
    insert.setLong(17, row.createdMillis());
    insert.setLong(18, row.runtimeMillis());
    insert.setInt(19, row.priority().code());
    insert.setString(20, row.key());
    insert.setObject(21, TaskRows.keyLimit(row), Types.INTEGER);
    insert.setObject(22, TaskRows.workflowId(row), Types.BIGINT);
  }
}
