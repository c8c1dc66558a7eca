package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.StorageTraffic;
import java.sql.SQLException;
import java.util.concurrent.atomic.LongAdder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Counts what goes to the database: Jdbi tells it of its statements, {@link Sql} and {@link
 * Connections} of theirs. Safe for use by multiple threads.
 */
final class TrafficCount implements SqlLogger {
  private final LongAdder statements = new LongAdder();
  private final LongAdder commits = new LongAdder();

  @Override
  public void logAfterExecution(StatementContext context) {
    statement();
  }

  @Override
  public void logException(StatementContext context, SQLException e) {
    statement();
  }

  void statement() {
    statements.increment();
  }

  /** A statement on that handle, if it is one of the storage's own. */
  static void statement(Handle handle) {
    if (handle.getConfig(SqlStatements.class).getSqlLogger() instanceof TrafficCount count) {
      count.statement();
    }
  }

  void commit() {
    commits.increment();
  }

  StorageTraffic sum() {
    return new StorageTraffic(statements.sum(), commits.sum());
  }
}
