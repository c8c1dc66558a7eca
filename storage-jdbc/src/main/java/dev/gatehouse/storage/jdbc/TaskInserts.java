package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Inserts tasks in a JDBC batch, after their numbers were taken; on H2 one with its number too. */
final class TaskInserts {
  private static final String INTO =
      "INSERT INTO gh_task(state, attempt, crashes, fence, cancel, id, lane, due_ms, "
          + TaskRows.WHAT
          + ", owner)";

  /** What all have in common is not sent for each of them: how many claims, and whose they are. */
  private static final String VALUES =
      "%1$d, %1$d, 0, %1$d, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, %2$s";

  private static final List<String> INSERT = byClaims(INTO + " VALUES (" + VALUES + ")");

  /** With its number, which are there both or neither. */
  private static final List<String> INSERT_NUMBERED =
      byClaims(INTO + " SELECT " + VALUES + " FROM FINAL TABLE (" + TaskNumbers.TAKE + ")");

  /** The last argument of a ready task. */
  private static final int LAST = 16;

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
      Sql.use(handle, INSERT.get(claims()), insert -> insert(insert, free));
    }
    return free.stream().map(TaskRow::id).toList();
  }

  /** One insertion, in H2's words. */
  TaskSql.Alone alone(TaskRow row) {
    Optional<TaskNumber> number = TaskNumber.of(row);
    return new TaskSql.Alone(
        (number.isPresent() ? INSERT_NUMBERED : INSERT).get(claims()),
        insert -> {
          int last = bind(insert, row);
          if (number.isPresent()) {
            number.get().bind(insert, last + 1, row.id());
          }
          return insert.executeUpdate();
        });
  }

  private static List<String> byClaims(String insert) {
    return List.of(insert.formatted(0, "NULL"), insert.formatted(1, "?"));
  }

  private int claims() {
    return node == 0 ? 0 : 1;
  }

  private int insert(PreparedStatement insert, List<TaskRow> rows) throws SQLException {
    long chars = 0;
    int unsent = 0;
    for (TaskRow row : rows) {
      bind(insert, row);
      insert.addBatch();
      unsent++;
      chars += row.content().length();
      if (chars > MOST_CHARS) {
        insert.executeBatch();
        chars = 0;
        unsent = 0;
      }
    }
    return unsent == 0 ? 0 : insert.executeBatch().length;
  }

  /** Returns the last argument that was set. */
  private int bind(PreparedStatement insert, TaskRow row) throws SQLException {
    insert.setLong(1, row.id());
    insert.setInt(2, sql.lane(row));
    insert.setLong(3, row.runtimeMillis());
    insert.setLong(4, row.applicationId());
    insert.setString(5, row.kind());
    insert.setString(6, row.taskNo());
    insert.setString(7, row.name());
    insert.setBytes(8, TaskRows.bytes(row.content()));
    insert.setInt(9, row.timeoutMillis());
    insert.setString(10, row.retry());
    insert.setLong(11, row.createdMillis());
    insert.setLong(12, row.runtimeMillis());
    insert.setInt(13, row.priority().code());
    insert.setString(14, row.key());
    insert.setObject(15, TaskRows.keyLimit(row), Types.INTEGER);
    insert.setObject(LAST, TaskRows.workflowId(row), Types.BIGINT);
    if (node == 0) {
      return LAST;
    }
    insert.setInt(LAST + 1, node);
    return LAST + 1;
  }
}
