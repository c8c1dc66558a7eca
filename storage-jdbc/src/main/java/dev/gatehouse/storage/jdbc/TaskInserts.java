package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Inserts tasks in a JDBC batch, after their numbers were taken. */
final class TaskInserts {
  private static final String INSERT =
      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, "
          + TaskRows.WHAT
          + ") VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          + " ?)";

  /** Of contents that go in one batch, but for the last: MariaDB limits what a message holds. */
  private static final long MOST_CHARS = 1 << 20;

  private final TaskSql sql;
  private final int node;

  /**
   * Insertions.
   *
   * @param node that leases the tasks at once; 0: they are ready
   */
  TaskInserts(TaskSql sql, int node) {
    this.sql = sql;
    this.node = node;
  }

  /**
   * Inserts those that have no number, or won it.
   *
   * @param winners the task that has each number
   * @return their ids
   */
  Collection<Long> insert(Handle handle, List<TaskRow> rows, Map<TaskNumber, Long> winners) {
    List<TaskRow> free =
        rows.stream()
            .filter(row -> TaskNumber.of(row).map(winners::get).orElse(row.id()) == row.id())
            .toList();
    if (!free.isEmpty()) {
      Sql.use(handle, INSERT, insert -> insert(insert, free));
    }
    return free.stream().map(TaskRow::id).toList();
  }

  private int insert(PreparedStatement insert, List<TaskRow> rows) throws SQLException {
    long chars = 0;
    for (TaskRow row : rows) {
      bind(insert, row);
      insert.addBatch();
      chars += row.content().length();
      if (chars > MOST_CHARS) {
        insert.executeBatch();
        chars = 0;
      }
    }
    return chars == 0 ? 0 : insert.executeBatch().length;
  }

  private void bind(PreparedStatement insert, TaskRow row) throws SQLException {
    int claims = node == 0 ? 0 : 1;
    insert.setLong(1, row.id());
    insert.setInt(2, sql.lane(row));
    insert.setLong(3, row.runtimeMillis());
    insert.setInt(4, claims);
    insert.setInt(5, claims);
    insert.setInt(6, claims);
    insert.setObject(7, node == 0 ? null : node, Types.INTEGER);
    insert.setLong(8, row.applicationId());
    insert.setString(9, row.kind());
    insert.setString(10, row.taskNo());
    insert.setString(11, row.name());
    insert.setBytes(12, TaskRows.bytes(row.content()));
    insert.setInt(13, row.timeoutMillis());
    insert.setString(14, row.retry());
    insert.setLong(15, row.createdMillis());
    insert.setLong(16, row.runtimeMillis());
    insert.setInt(17, row.priority().code());
    insert.setString(18, row.key());
    insert.setObject(19, TaskRows.keyLimit(row), Types.INTEGER);
    insert.setObject(20, TaskRows.workflowId(row), Types.BIGINT);
  }
}
