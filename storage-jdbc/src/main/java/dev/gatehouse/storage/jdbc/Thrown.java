package dev.gatehouse.storage.jdbc;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the database threw, as far as its codes tell what to do next. */
final class Thrown {
  /** A key that is there already: its SQL state, and MariaDB's and MySQL's code. */
  private static final String DUPLICATE = "23505";

  private static final int MARIADB_DUPLICATE = 1062;

  /** Serialization failure, deadlock victim, lock timeouts, and H2's concurrent update. */
  private static final Set<String> TRANSIENT = Set.of("40001", "40P01", "55P03", "HYT00", "90131");

  /**
   * MariaDB's and MySQL's: a lock that was too long to come, a row that changed since the snapshot,
   * a table that did, a commit that another member of a group was ahead of.
   */
  private static final Set<Integer> MARIADB_TRANSIENT = Set.of(1205, 1020, 1412, 3101);

  /**
   * PostgreSQL's farewells: it is told to end, ends after a crash of its own, is starting, or has
   * heard nothing of a transaction for too long.
   */
  private static final Set<String> FAREWELLS = Set.of("57P01", "57P02", "57P03", "25P03");

  /** MariaDB's and MySQL's farewells: it ends, a connection was killed, or idle for too long. */
  private static final Set<Integer> MARIADB_FAREWELLS = Set.of(1053, 1927, 3169, 4031);

  /**
   * PostgreSQL's of what it has not, or has no such thing as: a feature, a word, a function, a
   * column, a setting, a value of one.
   */
  private static final Set<String> REFUSALS =
      Set.of("0A000", "42601", "42883", "42703", "42704", "22023");

  private Thrown() {}

  /**
   * Whether a statement failed because a row with that key is there already, and a batch for
   * nothing else: after a duplicate it may have met what ends the transaction.
   */
  static boolean isDuplicate(Throwable e) {
    SQLException first = first(e);
    if (first == null) {
      return false;
    }
    SQLException own = first instanceof BatchUpdateException ? first.getNextException() : null;
    for (SQLException one = own == null ? first : own; one != null; one = one.getNextException()) {
      if (!DUPLICATE.equals(one.getSQLState()) && one.getErrorCode() != MARIADB_DUPLICATE) {
        return false;
      }
    }
    return true;
  }

  /** Whether it may succeed if the transaction is tried again. */
  static boolean isTransient(Throwable e) {
    SQLException thrown = by(e);
    return thrown != null && isTransient(thrown);
  }

  private static boolean isTransient(SQLException e) {
    return TRANSIENT.contains(Objects.requireNonNullElse(e.getSQLState(), ""))
        || MARIADB_TRANSIENT.contains(e.getErrorCode());
  }

  /** Whether there is no connection any more, so that what was not committed is rolled back. */
  static boolean isLost(Throwable e) {
    String state = sqlState(e);
    return state.startsWith("08")
        || FAREWELLS.contains(state)
        || MARIADB_FAREWELLS.contains(code(e));
  }

  /** Whether the database does not know what was asked of it. */
  static boolean isRefused(Throwable e) {
    return REFUSALS.contains(sqlState(e));
  }

  /** The SQL state of what the database threw; empty if it was something else. */
  static String sqlState(Throwable e) {
    SQLException thrown = by(e);
    return thrown == null ? "" : Objects.requireNonNullElse(thrown.getSQLState(), "");
  }

  /** The database's own code of what it threw; the others' are none of MariaDB's. */
  static int code(Throwable e) {
    SQLException thrown = by(e);
    return thrown == null ? 0 : thrown.getErrorCode();
  }

  /** What the database threw; of a batch, what can be tried again before all else. */
  static @Nullable SQLException by(Throwable e) {
    SQLException first = first(e);
    for (SQLException one = first; one != null; one = one.getNextException()) {
      if (isTransient(one)) {
        return one;
      }
    }
    return first;
  }

  private static @Nullable SQLException first(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }
}
