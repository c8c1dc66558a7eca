package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Inserts a batch of tasks on PostgreSQL, with their numbers, by one statement over arrays. */
final class PostgresTaskInserts {
  /** How many columns of {@link #GIVEN} have one value for all rows, or else an array. */
  private static final int SHARED = 12;

  /**
   * Arrays that are unnested side by side where a query says what it answers; in {@code FROM} each
   * would become a table in memory first. Of those that are shorter nothing comes: so a column in
   * which all rows agree has an empty one, and the server reads and sends its value once.
   */
  private static final String GIVEN =
      "SELECT id, lane, payload, COALESCE(application_id, ?) AS application_id,"
          + " COALESCE(kind, ?) AS kind, COALESCE(task_no, ?) AS task_no,"
          + " COALESCE(name, ?) AS name, COALESCE(timeout_ms, ?) AS timeout_ms,"
          + " COALESCE(retry, ?) AS retry, COALESCE(created_ms, ?) AS created_ms,"
          + " COALESCE(runtime_ms, ?) AS runtime_ms, COALESCE(priority, ?) AS priority,"
          + " COALESCE(limit_key, ?) AS limit_key, NULLIF(COALESCE(key_limit, ?), -1) AS key_limit,"
          + " NULLIF(COALESCE(workflow_id, ?), 0) AS workflow_id"
          + " FROM (SELECT unnest(?::bigint[]) AS application_id, unnest(?::varchar[]) AS kind,"
          + " unnest(?::varchar[]) AS task_no, unnest(?::varchar[]) AS name,"
          + " unnest(?::bigint[]) AS timeout_ms, unnest(?::varchar[]) AS retry,"
          + " unnest(?::bigint[]) AS created_ms, unnest(?::bigint[]) AS runtime_ms,"
          + " unnest(?::bigint[]) AS priority, unnest(?::varchar[]) AS limit_key,"
          + " unnest(?::bigint[]) AS key_limit, unnest(?::bigint[]) AS workflow_id,"
          + " unnest(?::bigint[]) AS id, unnest(?::smallint[]) AS lane,"
          + " unnest(?::bytea[]) AS payload) AS a";

  /** Of the rows {@code s}, whose they are at once, by how many claims. */
  private static final String READY =
      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, "
          + TaskRows.WHAT
          + ") SELECT id, lane, runtime_ms, claims, claims, 0, claims, NULLIF(node, 0), 0, "
          + TaskRows.WHAT
          + " FROM %s AS s, (SELECT ?::int AS node, ?::smallint AS claims) AS n";

  private static final String INSERT = READY.formatted("(" + GIVEN + ")");

  private static final String INSERT_NUMBERED =
      "WITH g AS MATERIALIZED ("
          + GIVEN
          + "), k AS (INSERT INTO gh_task_key(application_id, task_no, task_id)"
          + " SELECT application_id, task_no, id FROM g WHERE task_no IS NOT NULL"
          + " ORDER BY application_id, task_no COLLATE \"C\", id"
          + " ON CONFLICT DO NOTHING RETURNING task_id) "
          + READY.formatted("g")
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
    return Sql.use(
        handle,
        numbered ? INSERT_NUMBERED : INSERT,
        insert -> {
          int last = bind(insert, rows);
          insert.setInt(last + 1, node);
          insert.setInt(last + 2, node == 0 ? 0 : 1);
          if (numbered) {
            return Sql.rows(insert, results -> results.getLong(1));
          }
          insert.executeUpdate();
          return rows.stream().map(TaskRow::id).toList();
        });
  }

  private static int bind(PreparedStatement insert, List<TaskRow> rows) throws SQLException {
    setNumbers(insert, 1, rows, TaskRow::applicationId);
    setTexts(insert, 2, rows, TaskRow::kind);
    setTexts(insert, 3, rows, TaskRow::taskNo);
    setTexts(insert, 4, rows, TaskRow::name);
    setNumbers(insert, 5, rows, TaskRow::timeoutMillis);
    setTexts(insert, 6, rows, TaskRow::retry);
    setNumbers(insert, 7, rows, TaskRow::createdMillis);
    setNumbers(insert, 8, rows, TaskRow::runtimeMillis);
    setNumbers(insert, 9, rows, row -> row.priority().code());
    setTexts(insert, 10, rows, TaskRow::key);
    setNumbers(insert, 11, rows, row -> row.key() == null ? -1 : row.keyLimit());
    setNumbers(insert, 12, rows, TaskRow::workflowId);
    int array = 2 * SHARED + 1;
    ArrayArguments.setLongs(insert, array, rows, TaskRow::id);
    ArrayArguments.setShorts(insert, array + 1, rows, PostgresTaskSql.INSTANCE::lane);
    ArrayArguments.setArrayOfBytes(insert, array + 2, rows, row -> TaskRows.bytes(row.content()));
    return array + 2;
  }

  private static void setNumbers(
      PreparedStatement insert, int column, List<TaskRow> rows, ToLongFunction<TaskRow> number)
      throws SQLException {
    long first = number.applyAsLong(rows.get(0));
    boolean same = rows.stream().allMatch(row -> number.applyAsLong(row) == first);
    insert.setLong(column, first);
    ArrayArguments.setLongs(insert, column + SHARED, same ? List.of() : rows, number);
  }

  private static void setTexts(
      PreparedStatement insert,
      int column,
      List<TaskRow> rows,
      Function<TaskRow, @Nullable String> text)
      throws SQLException {
    String first = text.apply(rows.get(0));
    boolean same = rows.stream().allMatch(row -> Objects.equals(text.apply(row), first));
    // Where they differ, a row without a text must not get another's.
    insert.setString(column, same ? first : null);
    ArrayArguments.setTexts(insert, column + SHARED, same ? List.of() : rows, text);
  }
}
