package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.sql.DatabaseMetaData;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** The databases that are known, and what they say differently. */
enum Dialect {
  H2(
      "H2",
      "h2/",
      "CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000) AS BIGINT)",
      "CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000000) AS BIGINT)"),

  POSTGRESQL(
      "PostgreSQL",
      "postgresql/",
      "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)",
      "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000) AS BIGINT)"),

  MARIADB(
      "MariaDB",
      "mariadb/",
      "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000",
      "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))");

  /**
   * An engine's transaction that is idle for so long is that of a process that is frozen, or cut
   * off: what it has locked is needed before its lease is over.
   */
  static final int MOST_IDLE_MILLIS = 2_000;

  private final String product;
  private final String folder;
  private final String now;
  private final String nowMicros;

  Dialect(String product, String folder, String now, String nowMicros) {
    this.product = product;
    this.folder = folder;
    this.now = now;
    this.nowMicros = nowMicros;
  }

  /** What the connection's database speaks. */
  static Dialect of(Handle handle) {
    return of(handle.queryMetadata(DatabaseMetaData::getDatabaseProductName));
  }

  /** What the product speaks. */
  static Dialect of(String product) {
    for (Dialect dialect : values()) {
      if (dialect.product.equals(product)) {
        return dialect;
      }
    }
    String known =
        Arrays.stream(values()).map(one -> one.product).collect(Collectors.joining(", "));
    throw new StorageException("database must be one of " + known + ", was " + product);
  }

  /** Where its scripts are. */
  String folder() {
    return folder;
  }

  /**
   * What ends an insertion that {@link Database#inserted} runs: PostgreSQL must not come upon the
   * key of another row, which would end the transaction.
   */
  String orNothing() {
    return this == POSTGRESQL ? " ON CONFLICT DO NOTHING" : "";
  }

  /** Whether tables are made with the transaction's commit, and not by a commit of their own. */
  boolean makesTablesInTransactions() {
    return this == POSTGRESQL;
  }

  /** Whether an update can tell what it has made of a row. */
  boolean renewsInOneStatement() {
    return this != MARIADB;
  }

  /** Whether a statement's argument may be an array. */
  boolean hasArrays() {
    return this != MARIADB;
  }

  /**
   * The expression for the database's time in epoch milliseconds, whatever the session's time zone,
   * which H2's DATEDIFF and MariaDB's NOW would let in, and whenever the transaction began; on
   * MariaDB the time at which the statement began.
   */
  String now() {
    return now;
  }

  /** As {@link #now}, in microseconds. */
  String nowMicros() {
    return nowMicros;
  }

  /** The expression for an argument, which may be null, as an integer of eight bytes. */
  String bigint() {
    return bigint("?");
  }

  /** As {@link #bigint()}, for an argument of that name. */
  String bigint(String argument) {
    return "CAST(" + argument + (this == MARIADB ? " AS SIGNED)" : " AS BIGINT)");
  }

  /** The expression for an argument of that name, which may be null, as text. */
  String text(String argument) {
    return "CAST(" + argument + (this == MARIADB ? " AS CHAR)" : " AS VARCHAR)");
  }

  /** The expression for an argument, epoch milliseconds, or for {@link #now} if it is null. */
  String givenOrNow() {
    return "COALESCE(" + bigint() + ", " + now + ")";
  }

  /**
   * What ends a query that must see what others have committed since a host's transaction began,
   * which on MariaDB reads as of its beginning if nothing else was said.
   */
  String latest() {
    return this == MARIADB ? " LOCK IN SHARE MODE" : "";
  }

  /** The beginning of a statement that is not to wait for a lock as long as others. */
  String waitsASecond() {
    return this == MARIADB ? "SET STATEMENT innodb_lock_wait_timeout = 1 FOR " : "";
  }

  /**
   * Whether nothing but a statement failed, as it has waited for a lock, and its transaction is.
   */
  boolean livesOn(Handle handle, Throwable e) {
    return switch (this) {
      case POSTGRESQL -> false;
      case H2 -> Database.sqlState(e).equals("HYT00");
      case MARIADB ->
          Database.code(e) == 1205
              && handle.createQuery(inTransaction()).mapTo(Boolean.class).one();
    };
  }

  /** The index by which MariaDB must find rows that it locks, lest it scan and lock others. */
  String byKey() {
    return this == MARIADB ? " FORCE INDEX (PRIMARY)" : "";
  }

  /**
   * What follows the columns of a query that locks, before its rows are answered, so that the
   * server ends the session if nothing more is heard of the transaction for so long. Elsewhere a
   * server can be told so only for all of a session, which is the host's.
   */
  String endedIfIdle() {
    return this == POSTGRESQL
        ? ", set_config('idle_in_transaction_session_timeout', '" + MOST_IDLE_MILLIS + "', true)"
        : "";
  }

  /** The beginning of a statement that deletes rows by a condition on the primary key. */
  String deleteByKey(String table) {
    return this == MARIADB
        ? "DELETE t FROM " + table + " t" + byKey() + " WHERE "
        : "DELETE FROM " + table + " WHERE ";
  }

  /**
   * The query whether a transaction is under way that has written or locked a row. PostgreSQL does
   * not tell cheaply of one that has not: it may have read, or hold an advisory lock or that of a
   * table.
   */
  String inTransaction() {
    return switch (this) {
      case H2 ->
          "SELECT CONTAINS_UNCOMMITTED FROM INFORMATION_SCHEMA.SESSIONS"
              + " WHERE SESSION_ID = SESSION_ID()";
      case POSTGRESQL -> "SELECT pg_current_xact_id_if_assigned() IS NOT NULL";
      case MARIADB -> "SELECT @@in_transaction";
    };
  }

  /** The statements on tasks. */
  TaskSql tasks() {
    return switch (this) {
      case H2 -> H2TaskSql.INSTANCE;
      case POSTGRESQL -> PostgresTaskSql.INSTANCE;
      case MARIADB -> MariaDbTaskSql.INSTANCE;
    };
  }
}
