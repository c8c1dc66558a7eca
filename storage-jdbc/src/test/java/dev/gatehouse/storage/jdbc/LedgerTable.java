package dev.gatehouse.storage.jdbc;

import java.util.List;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/**
 * A table to which several processes add lines, each in a transaction of its own and at the
 * database's time; what was added survives its writer.
 */
final class LedgerTable {
  private final Jdbi jdbi;
  private final String writer;

  /** A line: what happened, at which node, to what task, under which fence, when. */
  record Line(String writer, String what, long task, long fence, long dueMillis, long atMillis) {}

  LedgerTable(DataSource dataSource, String writer) {
    jdbi = Jdbi.create(dataSource);
    this.writer = writer;
  }

  void create() {
    jdbi.useHandle(
        handle ->
            handle.execute(
                "CREATE TABLE ledger(line BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    + " writer TEXT, what TEXT, task BIGINT, fence BIGINT, due_ms BIGINT,"
                    + " at_ms BIGINT DEFAULT FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000))"));
  }

  String writer() {
    return writer;
  }

  void add(String what, long task, long fence, long dueMillis) {
    jdbi.useHandle(
        handle ->
            handle.execute(
                "INSERT INTO ledger(writer, what, task, fence, due_ms) VALUES (?, ?, ?, ?, ?)",
                writer,
                what,
                task,
                fence,
                dueMillis));
  }

  /** All lines of that kind, in order. */
  List<Line> lines(String what) {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT * FROM ledger WHERE what = ? ORDER BY line")
                .bind(0, what)
                .map(
                    (results, context) ->
                        new Line(
                            results.getString("writer"),
                            results.getString("what"),
                            results.getLong("task"),
                            results.getLong("fence"),
                            results.getLong("due_ms"),
                            results.getLong("at_ms")))
                .list());
  }
}
