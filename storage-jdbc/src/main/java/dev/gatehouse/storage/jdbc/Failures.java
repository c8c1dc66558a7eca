package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import org.jdbi.v3.core.JdbiException;

/** What is said of a failure of the database's. */
final class Failures {
  private Failures() {}

  /** The statement's arguments, which may be secret, stay out of all that is thrown. */
  static StorageException of(JdbiException e) {
    SQLException thrown = Database.thrown(e);
    if (thrown != null) {
      return new StorageException("the database failed: " + state(thrown), withoutValues(thrown));
    }
    StorageException failure =
        new StorageException("the database failed: " + e.getClass().getSimpleName());
    failure.setStackTrace(e.getStackTrace());
    return failure;
  }

  /**
   * Of data that do not fit (class 22) or clash (class 23), drivers quote the row, and of a batch
   * the statement with its arguments, whatever failed; MariaDB quotes a statement that it does not
   * understand (42000), which holds its arguments.
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
