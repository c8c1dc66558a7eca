package dev.gatehouse.benchmarks.scheduler;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;

/** With the engine's statements for PostgreSQL. */
final class PostgresRawSql implements RawSql {
  private static final int LANES = 16;

  private static final String INSERT =
      "INSERT INTO raw_task SELECT x.id, x.lane, x.due, 0, 0, 0, 0, NULL, 0, 0, 'bench', NULL, '',"
          + " x.payload, 60000, 'linear:5000:5', x.due, x.due"
          + " FROM unnest(?::bigint[], ?::int[], ?::bigint[], ?::bytea[])"
          + " AS x(id, lane, due, payload)";

  /**
   * Goes on behind the last (due, id) of each lane, so that what is claimed is not read again. Rows
   * are looked up by one array of keys, whatever the planner thinks of the table's size.
   */
  private static final String CLAIM_DUE =
      "WITH c AS MATERIALIZED (SELECT x.id FROM"
          + " unnest(?::int[], ?::bigint[], ?::bigint[]) AS l(lane, due, id)"
          + " CROSS JOIN LATERAL (SELECT t.id FROM raw_task t"
          + " WHERE t.lane = l.lane AND (t.due_ms, t.id) > (l.due, l.id) AND t.due_ms <= ?"
          + " AND t.state = 0 ORDER BY t.due_ms, t.id LIMIT ? FOR UPDATE SKIP LOCKED) x)"
          + " UPDATE raw_task SET state = 1, owner = 1, fence = fence + 1, attempt = attempt + 1"
          + " WHERE id = ANY(ARRAY(SELECT c.id FROM c)) AND state = 0"
          + " RETURNING lane, due_ms, id, fence, attempt, crashes, application_id, kind, task_no,"
          + " name, payload, timeout_ms, retry, created_ms, runtime_ms";

  /** All of one fence, as each is claimed once. */
  private static final String DELETE =
      "DELETE FROM raw_task WHERE id = ANY(?::bigint[]) AND fence = ? AND owner = 1";

  private static final String DUE =
      "SELECT EXISTS(SELECT 1 FROM generate_series(0, 15) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT 1 FROM raw_task t"
          + " WHERE t.lane = l.lane AND t.due_ms <= ? ORDER BY t.due_ms, t.id LIMIT 1) AS due)";

  /** Plans made while the table was empty would read all of it. */
  private static final List<String> PLANS =
      List.of("seqscan", "hashjoin", "mergejoin", "bitmapscan");

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public List<String> tables() {
    return List.of(
        "CREATE TABLE IF NOT EXISTS raw_task("
            + RawSql.columns("bytea")
            + ") WITH (fillfactor = 50, vacuum_truncate = false)",
        "CREATE INDEX IF NOT EXISTS raw_task_due ON raw_task(lane, due_ms, id)");
  }

  @Override
  public void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String plan : PLANS) {
        statement.execute("SET enable_" + plan + " = off");
      }
      statement.execute("SET plan_cache_mode = force_generic_plan");
    }
  }

  @Override
  public void insert(Connection connection, List<NewTask> tasks) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setObject(1, tasks.stream().mapToLong(NewTask::id).toArray());
      insert.setObject(2, tasks.stream().mapToInt(NewTask::lane).toArray());
      insert.setObject(3, tasks.stream().mapToLong(NewTask::dueMillis).toArray());
      byte[][] payloads =
          tasks.stream()
              .map(task -> task.payload().getBytes(StandardCharsets.UTF_8))
              .toArray(byte[][]::new);
      insert.setArray(4, connection.createArrayOf("bytea", payloads));
      insert.executeUpdate();
    }
  }

  @Override
  public List<Claimed> claim(Connection connection, Cursor cursor, long now, int most)
      throws SQLException {
    try (PreparedStatement claim = connection.prepareStatement(CLAIM_DUE)) {
      claim.setObject(1, cursor.lanes());
      claim.setObject(2, cursor.dues());
      claim.setObject(3, cursor.ids());
      claim.setLong(4, now);
      claim.setInt(5, most / cursor.lanes().length);
      try (ResultSet results = claim.executeQuery()) {
        return RawSql.claimed(results, 11);
      }
    }
  }

  @Override
  public void delete(Connection connection, List<Claimed> tasks) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
      delete.setObject(1, tasks.stream().mapToLong(Claimed::id).toArray());
      delete.setLong(2, tasks.get(0).fence());
      delete.executeUpdate();
    }
  }

  @Override
  public boolean isDrained(Connection connection, Instant due) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(DUE)) {
      query.setLong(1, due.toEpochMilli());
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return !results.getBoolean(1);
      }
    }
  }
}
