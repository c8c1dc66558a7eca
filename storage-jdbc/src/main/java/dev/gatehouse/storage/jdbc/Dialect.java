package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.DatabaseMetaData;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Update;

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
      "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"),

  MYSQL("MySQL", MARIADB.folder, MARIADB.now, MARIADB.nowMicros);

  /**
   * An engine's transaction that is idle for so long is that of a process that is frozen, or cut
   * off: what it has locked is needed before its lease is over.
   */
  static final int MOST_IDLE_MILLIS = 2_000;

  /** MySQL's code of what is refused within a transaction. */
  static final int IN_TRANSACTION = 1568;

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

  /** Whether it is MariaDB or MySQL, which differ in a few words. */
  boolean isOfMariaDb() {
    return this == MARIADB || this == MYSQL;
  }

  /** The text of a script. MySQL's are MariaDB's, with its own name for the order of bytes. */
  String script(String name) {
    try (InputStream in = Dialect.class.getResourceAsStream(folder + name)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + folder + name);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return this == MYSQL ? text.replace("utf8mb4_nopad_bin", "utf8mb4_0900_bin") : text;
    } catch (IOException e) {
      throw new IllegalStateException("unreadable resource " + folder + name, e);
    }
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
    return !isOfMariaDb();
  }

  /** Whether a statement's argument may be an array. */
  boolean hasArrays() {
    return !isOfMariaDb();
  }

  /**
   * The expression for the database's time in epoch milliseconds, whatever the session's time zone,
   * which H2's DATEDIFF and MariaDB's NOW would let in, and whenever the transaction began; on
   * MariaDB and MySQL the time at which the statement began.
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
    return "CAST(" + argument + (isOfMariaDb() ? " AS SIGNED)" : " AS BIGINT)");
  }

  /** The expression for an argument of that name, which may be null, as text. */
  String text(String argument) {
    return "CAST(" + argument + (isOfMariaDb() ? " AS CHAR)" : " AS VARCHAR)");
  }

  /** The expression for an argument, epoch milliseconds, or for {@link #now} if it is null. */
  String givenOrNow() {
    return "COALESCE(" + bigint() + ", " + now + ")";
  }

  /**
   * What ends a query that must see what others have committed since a host's transaction began,
   * which on MariaDB and MySQL reads as of its beginning if nothing else was said.
   */
  String latest() {
    return isOfMariaDb() ? " LOCK IN SHARE MODE" : "";
  }

  /** Runs a statement that on MariaDB and MySQL is not to wait for a lock as long as others. */
  void waitingASecond(Handle handle, String sql, Consumer<Update> run) {
    String wait = this == MARIADB ? "SET STATEMENT innodb_lock_wait_timeout = 1 FOR " : "";
    if (this != MYSQL) {
      run.accept(handle.createUpdate(wait + sql));
      return;
    }
    handle.execute(
        "SET @gatehouse_wait = @@SESSION.innodb_lock_wait_timeout,"
            + " SESSION innodb_lock_wait_timeout = 1");
    Runnable restore =
        () -> handle.execute("SET SESSION innodb_lock_wait_timeout = @gatehouse_wait");
    try {
      run.accept(handle.createUpdate(sql));
    } catch (JdbiException e) {
      Connections.quietly(restore);
      throw e;
    }
    restore.run();
  }

  /**
   * Whether nothing but a statement failed, as it has waited for a lock, and its transaction is.
   */
  boolean livesOn(Handle handle, Throwable e) {
    return switch (this) {
      case POSTGRESQL -> false;
      case H2 -> Thrown.sqlState(e).equals("HYT00");
      case MARIADB, MYSQL ->
          Thrown.code(e) == 1205
              && handle
                  .createQuery("SELECT @@innodb_rollback_on_timeout = 0")
                  .mapTo(Boolean.class)
                  .one();
    };
  }

  /**
   * The index by which MariaDB and MySQL must find rows to lock, lest they scan and lock others.
   */
  String byKey() {
    return isOfMariaDb() ? " FORCE INDEX (PRIMARY)" : "";
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

  /**
   * The beginning of a statement that deletes rows by a condition on the primary key. MySQL heeds
   * the index of a deletion from one table only.
   */
  String deleteByKey(String table) {
    return switch (this) {
      case MARIADB -> "DELETE t FROM " + table + " t" + byKey() + " WHERE ";
      case MYSQL -> "DELETE /*+ INDEX(t PRIMARY) */ FROM " + table + " t WHERE ";
      default -> "DELETE FROM " + table + " WHERE ";
    };
  }

  /**
   * The query whether a transaction is under way that has written or locked a row. PostgreSQL does
   * not tell cheaply of one that has not: it may have read, or hold an advisory lock or that of a
   * table. MySQL tells nobody but its administrator: there it is a statement that changes nothing,
   * and fails with {@link #IN_TRANSACTION} within a transaction.
   */
  String inTransaction() {
    return switch (this) {
      case H2 ->
          "SELECT CONTAINS_UNCOMMITTED FROM INFORMATION_SCHEMA.SESSIONS"
              + " WHERE SESSION_ID = SESSION_ID()";
      case POSTGRESQL -> "SELECT pg_current_xact_id_if_assigned() IS NOT NULL";
      case MARIADB -> "SELECT @@in_transaction";
      case MYSQL -> "SET @@transaction_isolation = @@SESSION.transaction_isolation";
    };
  }

  /** The statements on tasks. */
  TaskSql tasks() {
    return switch (this) {
      case H2 -> H2TaskSql.INSTANCE;
      case POSTGRESQL -> PostgresTaskSql.INSTANCE;
      case MARIADB -> MariaDbTaskSql.MARIADB;
      case MYSQL -> MariaDbTaskSql.MYSQL;
    };
  }
}
