package dev.gatehouse.benchmarks.scheduler;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Types;
import java.time.Instant;
import java.util.Collections;
import java.util.List;

/** With the engine's statements for MariaDB, in lists that are still looked up by key. */
final class MariaDbRawSql implements RawSql {
  private static final int LANES = 4;

  /** The server makes a table of a list of 1,000 or more. */
  private static final int MOST = 500;

  private static final String INSERT =
      "INSERT INTO raw_task VALUES (?, ?, ?, 0, 0, 0, 0, ?, 0, 0, 'bench', NULL, '', ?, 60000,"
          + " 'linear:5000:5', ?, ?)";

  private static final String DUE =
      "(SELECT lane, due_ms, id, fence + 1, payload, attempt, crashes, application_id, kind,"
          + " task_no, name, timeout_ms, retry, created_ms, runtime_ms"
          + " FROM raw_task FORCE INDEX (raw_task_due)"
          + " WHERE lane = ? AND (due_ms > ? OR (due_ms = ? AND id > ?)) AND due_ms <= ?"
          + " AND state = 0 ORDER BY due_ms, id LIMIT ? FOR UPDATE SKIP LOCKED)";

  private static final String LEASE =
      "UPDATE raw_task FORCE INDEX (PRIMARY) SET state = 1, owner = 1, fence = fence + 1,"
          + " attempt = attempt + 1 WHERE id IN ";

  private static final String DELETE =
      "DELETE t FROM raw_task t FORCE INDEX (PRIMARY) WHERE t.owner = 1 AND t.id IN ";

  private static final String LEFT =
      "SELECT COUNT(*) FROM raw_task FORCE INDEX (raw_task_due)"
          + " WHERE lane BETWEEN 0 AND 3 AND due_ms <= ?";

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public List<String> tables() {
    return List.of(
        "CREATE TABLE IF NOT EXISTS raw_task("
            + RawSql.columns("mediumblob")
            + ", INDEX raw_task_due (lane, due_ms, id)) ENGINE = InnoDB"
            + " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC");
  }

  @Override
  public void prepare(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
  }

  @Override
  public void insert(Connection connection, List<NewTask> tasks) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (NewTask task : tasks) {
        insert.setLong(1, task.id());
        insert.setInt(2, task.lane());
        insert.setLong(3, task.dueMillis());
        insert.setNull(4, Types.INTEGER);
        insert.setBytes(5, task.payload().getBytes(StandardCharsets.UTF_8));
        insert.setLong(6, task.dueMillis());
        insert.setLong(7, task.dueMillis());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  @Override
  public List<Claimed> claim(Connection connection, Cursor cursor, long now, int most)
      throws SQLException {
    return whole(
        connection,
        () -> {
          List<Claimed> claimed = due(connection, cursor, now, most);
          byKeys(connection, LEASE, claimed);
          return claimed;
        });
  }

  /** What is done in one transaction. */
  private interface Work<T> {
    T apply() throws SQLException;
  }

  /** A claim comes from the index to the rows, a deletion the other way: now and then they meet. */
  private static <T> T whole(Connection connection, Work<T> work) throws SQLException {
    while (true) {
      try {
        T result = work.apply();
        connection.commit();
        return result;
      } catch (SQLTransactionRollbackException e) {
        connection.rollback();
      }
    }
  }

  private static List<Claimed> due(Connection connection, Cursor cursor, long now, int most)
      throws SQLException {
    int lanes = cursor.lanes().length;
    String sql = String.join(" UNION ALL ", Collections.nCopies(lanes, DUE));
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      int index = 1;
      for (int i = 0; i < lanes; i++) {
        query.setInt(index++, cursor.lanes()[i]);
        query.setLong(index++, cursor.dues()[i]);
        query.setLong(index++, cursor.dues()[i]);
        query.setLong(index++, cursor.ids()[i]);
        query.setLong(index++, now);
        query.setInt(index++, most / lanes);
      }
      try (ResultSet results = query.executeQuery()) {
        return RawSql.claimed(results, 5);
      }
    }
  }

  private static int byKeys(Connection connection, String sql, List<Claimed> tasks)
      throws SQLException {
    int changed = 0;
    for (int from = 0; from < tasks.size(); from += MOST) {
      List<Claimed> some = tasks.subList(from, Math.min(tasks.size(), from + MOST));
      String places = String.join(", ", Collections.nCopies(some.size(), "?"));
      try (PreparedStatement change = connection.prepareStatement(sql + "(" + places + ")")) {
        for (int i = 0; i < some.size(); i++) {
          change.setLong(i + 1, some.get(i).id());
        }
        changed += change.executeUpdate();
      }
    }
    return changed;
  }

  @Override
  public void delete(Connection connection, List<Claimed> tasks) throws SQLException {
    whole(connection, () -> byKeys(connection, DELETE, tasks));
  }

  @Override
  public boolean isDrained(Connection connection, Instant due) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(LEFT)) {
      query.setLong(1, due.toEpochMilli());
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return results.getLong(1) == 0;
      }
    }
  }
}
