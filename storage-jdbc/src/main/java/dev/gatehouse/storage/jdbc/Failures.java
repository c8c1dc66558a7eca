package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Set;
import org.jdbi.v3.core.JdbiException;

/** What is said of a failure of the database's: what it is about, as far as its codes tell. */
final class Failures {
  /** SQL states of PostgreSQL and H2. */
  private static final Set<String> READ_ONLY_STATES = Set.of("25006", "90097");

  private static final Set<String> NO_ROOM_STATES = Set.of("53100", "90028", "90031");
  private static final Set<String> NO_RIGHT_STATES = Set.of("42501", "90096");

  /** MariaDB's and MySQL's codes: an option, a transaction, a mode that allows no writes. */
  private static final Set<Integer> READ_ONLY = Set.of(1290, 1792, 1836);

  private static final Set<Integer> NO_ROOM = Set.of(1021, 1026, 1114);

  /** Their code of whatever the engine met, whose number the message has. */
  private static final int OF_ENGINE = 1030;

  private static final String ENGINE_HAS_NO_ROOM = "error 28 ";
  private static final Set<Integer> NO_RIGHT = Set.of(1044, 1142, 1143, 1227);

  /** Of H2's own pool, which gives a state as if the server were not there. */
  private static final int H2_POOL_TIMEOUT = 8001;

  private Failures() {}

  /** The statement's arguments, which may be secret, stay out of all that is thrown. */
  static StorageException of(JdbiException e) {
    SQLException thrown = Thrown.by(e);
    if (thrown != null) {
      return new StorageException(
          "the database failed: " + about(thrown) + state(thrown), withoutValues(thrown));
    }
    StorageException failure =
        new StorageException("the database failed: " + e.getClass().getSimpleName());
    failure.setStackTrace(e.getStackTrace());
    return failure;
  }

  /**
   * Of a connection that could not be had: what has no SQL state is the pool's own refusal, which
   * an interruption may have brought about.
   */
  static StorageException ofOpening(JdbiException e) {
    SQLException thrown = Thrown.by(e);
    if (isInterrupted(e)) {
      return new StorageException("the thread was interrupted while it waited for one", thrown);
    }
    boolean byPool =
        thrown != null
            && (thrown.getSQLState() == null || thrown.getErrorCode() == H2_POOL_TIMEOUT);
    return byPool
        ? new StorageException(
            "the pool gave none in time: it is too small, or whoever took connections does not"
                + " give them back",
            thrown)
        : of(e);
  }

  private static boolean isInterrupted(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException) {
        return true;
      }
    }
    return false;
  }

  private static String about(SQLException e) {
    String state = Objects.requireNonNullElse(e.getSQLState(), "");
    int code = e.getErrorCode();
    if (READ_ONLY_STATES.contains(state) || READ_ONLY.contains(code)) {
      return "it takes no writes, as it is read-only: ";
    }
    if (NO_ROOM_STATES.contains(state) || NO_ROOM.contains(code) || hasNoRoom(e)) {
      return "it cannot write its files, as when the disk is full: ";
    }
    if (NO_RIGHT_STATES.contains(state) || NO_RIGHT.contains(code)) {
      return "its user lacks a right: ";
    }
    return "";
  }

  private static boolean hasNoRoom(SQLException e) {
    return e.getErrorCode() == OF_ENGINE
        && Objects.requireNonNullElse(e.getMessage(), "").contains(ENGINE_HAS_NO_ROOM);
  }

  /**
   * Of data that do not fit (class 22) or clash (class 23), drivers quote the row, and of a batch
   * the statement with its arguments, whatever failed; MariaDB and MySQL quote a statement that
   * they do not understand (42000), which holds its arguments.
   */
  private static SQLException withoutValues(SQLException e) {
    SQLException own = e.getNextException();
    if (e instanceof BatchUpdateException
        && own != null
        && !(own instanceof BatchUpdateException)) {
      return withoutValues(own);
    }
    String state = e.getSQLState();
    boolean quotes =
        e instanceof BatchUpdateException
            || state == null
            || state.startsWith("22")
            || state.startsWith("23")
            || state.equals("42000");
    if (!quotes) {
      return e;
    }
    SQLException bare = new SQLException("(may quote values)", state, e.getErrorCode());
    bare.setStackTrace(e.getStackTrace());
    return bare;
  }

  private static String state(SQLException e) {
    return "SQL state " + e.getSQLState() + ", code " + e.getErrorCode();
  }
}
