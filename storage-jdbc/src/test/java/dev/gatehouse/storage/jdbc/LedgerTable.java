package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.util.List;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
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
        handle -> {
          Dialect dialect = Dialect.of(handle);
          String line = dialect.isOfMariaDb() ? "AUTO_INCREMENT" : "GENERATED ALWAYS AS IDENTITY";
          handle.execute(
              "CREATE TABLE ledger(line BIGINT "
                  + line
                  + " PRIMARY KEY, writer VARCHAR(20), what VARCHAR(20), task BIGINT, fence BIGINT,"
                  + " due_ms BIGINT, at_ms BIGINT DEFAULT ("
                  + dialect.now()
                  + "))");
        });
  }

  String writer() {
    return writer;
  }

  void add(String what, long task, long fence, long dueMillis) {
    jdbi.useHandle(handle -> insert(handle, what, task, fence, dueMillis));
  }

  /** As {@link #add}, in the connection's transaction. */
  void addIn(Connection connection, String what, long task, long fence, long dueMillis) {
    insert(Jdbi.create(connection).open(), what, task, fence, dueMillis);
  }

  private void insert(Handle handle, String what, long task, long fence, long dueMillis) {
    handle.execute(
        "INSERT INTO ledger(writer, what, task, fence, due_ms) VALUES (?, ?, ?, ?, ?)",
        writer,
        what,
        task,
        fence,
        dueMillis);
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
