package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.sql.DatabaseMetaData;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/** The databases that are known, and what they say differently. */
enum Dialect {
  H2("H2", "EXTRACT(EPOCH FROM CURRENT_TIMESTAMP)"),

  POSTGRESQL("PostgreSQL", "EXTRACT(EPOCH FROM clock_timestamp())");

  /** Of a table, or a type of its rows, that another connection makes at the same time. */
  private static final Set<String> MADE_BY_ANOTHER = Set.of("23505", "42P07", "42710");

  private final String product;
  private final String seconds;

  Dialect(String product, String seconds) {
    this.product = product;
    this.seconds = seconds;
  }

  /** What the connection's database speaks. */
  static Dialect of(Handle handle) {
    String product = handle.queryMetadata(DatabaseMetaData::getDatabaseProductName);
    for (Dialect dialect : values()) {
      if (dialect.product.equals(product)) {
        return dialect;
      }
    }
    throw new StorageException("database must be H2 or PostgreSQL, was " + product);
  }

  /** Where its scripts are. */
  String folder() {
    return this == H2 ? "h2/" : "postgresql/";
  }

  /**
   * What ends an insertion that {@link Database#inserted} runs: PostgreSQL must not come upon the
   * key of another row, which would end the transaction.
   */
  String orNothing() {
    return this == H2 ? "" : " ON CONFLICT DO NOTHING";
  }

  /** Whether tables are made with the transaction's commit, and not by a commit of their own. */
  boolean makesTablesInTransactions() {
    return this == POSTGRESQL;
  }

  /**
   * The expression for the database's time in epoch milliseconds, whatever the session's time zone,
   * which H2's DATEDIFF would let in, and whenever the transaction began.
   */
  String now() {
    return "CAST(FLOOR(" + seconds + " * 1000) AS BIGINT)";
  }

  /** As {@link #now}, in microseconds. */
  String nowMicros() {
    return "CAST(FLOOR(" + seconds + " * 1000000) AS BIGINT)";
  }

  /** The rows that an update of one changed, as they are then. */
  String updated(String update, String columns) {
    return this == H2
        ? "SELECT " + columns + " FROM FINAL TABLE (" + update + ")"
        : update + " RETURNING " + columns;
  }

  /** The statements on tasks. */
  TaskSql tasks() {
    return this == H2 ? H2TaskSql.INSTANCE : PostgresTaskSql.INSTANCE;
  }

  /** Runs {@code CREATE TABLE IF NOT EXISTS}, which PostgreSQL may fail if two do it at once. */
  void makeTable(Handle handle, String sql) {
    try {
      handle.execute(sql);
    } catch (JdbiException e) {
      if (!MADE_BY_ANOTHER.contains(Database.sqlState(e))) {
        throw e;
      }
    }
  }
}
