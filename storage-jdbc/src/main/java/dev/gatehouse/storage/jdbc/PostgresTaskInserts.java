package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Inserts a batch of tasks on PostgreSQL, with their numbers, by one statement over arrays. */
final class PostgresTaskInserts {
  private static final String COLUMNS =
      "id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, " + TaskRows.WHAT;

  /**
   * Only what differs in length from row to row is unnested, which costs a table in memory for
   * each; numbers are taken from their arrays by place, and texts of which there are few by the
   * place that they have in an array of different ones.
   */
  private static final String GIVEN =
      "SELECT (?::bigint[])[i] AS id, (?::smallint[])[i] AS lane,"
          + " (?::bigint[])[i] AS application_id, (?::varchar[])[(?::smallint[])[i]] AS kind,"
          + " task_no, name, payload, (?::int[])[i] AS timeout_ms,"
          + " (?::varchar[])[(?::smallint[])[i]] AS retry, (?::bigint[])[i] AS created_ms,"
          + " (?::bigint[])[i] AS runtime_ms, (?::smallint[])[i] AS priority, limit_key,"
          + " CASE WHEN limit_key IS NOT NULL THEN (?::int[])[i] END AS key_limit,"
          + " NULLIF((?::bigint[])[i], 0) AS workflow_id"
          + " FROM ";

  private static final String NAMED =
      GIVEN
          + "unnest(?::bytea[], ?::varchar[], ?::varchar[], ?::varchar[])"
          + " WITH ORDINALITY AS t(payload, task_no, name, limit_key, i)";

  /** Of tasks with neither number nor name nor key. */
  private static final String NAMELESS =
      GIVEN
          + "(SELECT payload, NULL::varchar AS task_no, '' AS name, NULL::varchar AS limit_key, i"
          + " FROM unnest(?::bytea[]) WITH ORDINALITY AS p(payload, i)) AS t";

  private static final String READY =
      "INSERT INTO gh_task("
          + COLUMNS
          + ") SELECT id, lane, runtime_ms, claims, claims, 0, claims, NULLIF(node, 0), 0, "
          + TaskRows.WHAT;

  /** Whose they are at once, by how many claims. */
  private static final String NODE = ", (SELECT ?::int AS node, ?::smallint AS claims) AS n";

  private static final String INSERT_NAMELESS = READY + " FROM (" + NAMELESS + ") AS s" + NODE;

  private static final String INSERT_NAMED = READY + " FROM (" + NAMED + ") AS s" + NODE;

  private static final String INSERT_NUMBERED =
      "WITH s AS MATERIALIZED ("
          + NAMED
          + "), k AS (INSERT INTO gh_task_key(application_id, task_no, task_id)"
          + " SELECT application_id, task_no, id FROM s WHERE task_no IS NOT NULL"
          + " ORDER BY application_id, task_no COLLATE \"C\", id"
          + " ON CONFLICT DO NOTHING RETURNING task_id) "
          + READY
          + " FROM s"
          + NODE
          + " WHERE task_no IS NULL OR id IN (SELECT task_id FROM k) RETURNING id";

  private PostgresTaskInserts() {}

  /**
   * Inserts those that have no number, or won it.
   *
   * @param node that leases the tasks at once; 0: they are ready
   * @return their ids
   */
  static Collection<Long> insert(Handle handle, int node, List<TaskRow> rows) {
    boolean numbered = rows.stream().anyMatch(row -> row.taskNo() != null);
    boolean named =
        numbered || rows.stream().anyMatch(row -> !row.name().isEmpty() || row.key() != null);
    return Sql.use(
        handle,
        numbered ? INSERT_NUMBERED : named ? INSERT_NAMED : INSERT_NAMELESS,
        insert -> {
          bind(insert, rows);
          int last = 14;
          if (named) {
            ArrayArguments.setTexts(insert, 15, rows, TaskRow::taskNo);
            ArrayArguments.setTexts(insert, 16, rows, TaskRow::name);
            ArrayArguments.setTexts(insert, 17, rows, TaskRow::key);
            last = 17;
          }
          insert.setInt(last + 1, node);
          insert.setInt(last + 2, node == 0 ? 0 : 1);
          if (numbered) {
            return Sql.rows(insert, results -> results.getLong(1));
          }
          insert.executeUpdate();
          return rows.stream().map(TaskRow::id).toList();
        });
  }

  private static void bind(PreparedStatement insert, List<TaskRow> rows) throws SQLException {
    ArrayArguments.setLongs(insert, 1, rows, TaskRow::id);
    ArrayArguments.setShorts(insert, 2, rows, PostgresTaskSql.INSTANCE::lane);
    ArrayArguments.setLongs(insert, 3, rows, TaskRow::applicationId);
    setFewTexts(insert, 4, rows, TaskRow::kind);
    ArrayArguments.setInts(insert, 6, rows, TaskRow::timeoutMillis);
    setFewTexts(insert, 7, rows, TaskRow::retry);
    ArrayArguments.setLongs(insert, 9, rows, TaskRow::createdMillis);
    ArrayArguments.setLongs(insert, 10, rows, TaskRow::runtimeMillis);
    ArrayArguments.setShorts(insert, 11, rows, row -> row.priority().code());
    ArrayArguments.setInts(insert, 12, rows, row -> row.key() == null ? 0 : row.keyLimit());
    ArrayArguments.setLongs(insert, 13, rows, TaskRow::workflowId);
    ArrayArguments.setArrayOfBytes(insert, 14, rows, row -> TaskRows.bytes(row.content()));
  }

  /** Two arguments: the different texts, and which of them, from 1 on, each row has. */
  private static void setFewTexts(
      PreparedStatement insert, int index, List<TaskRow> rows, Function<TaskRow, String> text)
      throws SQLException {
    Map<String, Integer> places = new LinkedHashMap<>();
    rows.forEach(row -> places.putIfAbsent(text.apply(row), places.size() + 1));
    ArrayArguments.setTexts(insert, index, places.keySet(), Function.identity());
    ArrayArguments.setShorts(
        insert, index + 1, rows, row -> places.getOrDefault(text.apply(row), 0));
  }
}
