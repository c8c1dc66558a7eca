package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.transaction.AfterCommit;
import dev.gatehouse.transaction.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jspecify.annotations.Nullable;

/**
 * A transaction over a JDBC connection. One made by {@link #of} belongs to the host, which commits
 * or rolls back the connection and closes it, and then says {@link #committed}; one whose host says
 * nothing is good as well, but what it scheduled is noticed by the next poll. It is of one
 * transaction: the next on that connection needs another.
 *
 * <p>After a {@link StorageException} the host must roll back: on PostgreSQL the transaction has
 * ended by then, and a driver older than 42.2.11, or told so by {@code
 * raiseExceptionOnSilentRollback=false}, takes the commit of such a one for done, though nothing
 * is. Not safe: confine to one thread.
 */
public final class JdbcTransaction implements Transaction {
  /** So that a host which never says that it has committed keeps no more, however long it lives. */
  private static final int MOST_KEPT = 10_000;

  private final Handle handle;

  /** Whose connection it is; null if the host's. */
  private final @Nullable Jdbi owner;

  private final AfterCommit afterCommit = new AfterCommit();
  private @Nullable GatehouseException failure;

  private JdbcTransaction(Handle handle, @Nullable Jdbi owner) {
    this.handle = handle;
    this.owner = owner;
  }

  /**
   * The transaction that is under way on the host's connection.
   *
   * @throws IllegalStateException if the connection is in auto-commit mode, where each statement
   *     would stand alone
   */
  public static JdbcTransaction of(Connection connection) {
    requireNonNull(connection, "connection");
    try {
      if (connection.getAutoCommit()) {
        throw new IllegalStateException(
            "connection must not be in auto-commit mode: call setAutoCommit(false) first");
      }
    } catch (SQLException e) {
      throw new StorageException("the connection cannot be used: " + e.getMessage(), e);
    }
    Jdbi jdbi =
        Jdbi.create(connection)
            .registerArgument(new TextArgument())
            .configure(SqlStatements.class, statements -> statements.setSqlParser(Sql.PARSER));
    return new JdbcTransaction(jdbi.open(), null);
  }

  /** A transaction that a storage begins and ends, on a connection of its own. */
  static JdbcTransaction owned(Handle handle, Jdbi owner) {
    return new JdbcTransaction(handle, owner);
  }

  /** Whether it is that storage's, or the host's, which knows best on what database it is. */
  boolean mayServe(Jdbi storage) {
    return owner == null || owner == storage;
  }

  /** Whether a storage began it. */
  boolean isOwned() {
    return owner != null;
  }

  @Override
  public void afterCommit(Runnable action) {
    requireNonNull(action, "action");
    if (owner != null || afterCommit.size() < MOST_KEPT) {
      afterCommit.add(action);
    }
  }

  /**
   * This transaction for a storage with those tables. If it is a host's, it may read as of its
   * beginning, and serve storages of different names in turn.
   */
  JdbcTransaction serving(Dialect dialect, NamedTables tables) {
    if (owner == null) {
      Sql.join(handle, dialect, tables);
    }
    return this;
  }

  /** The connection as Jdbi sees it; closing it is the owner's. */
  Handle handle() {
    return handle;
  }

  /** Notes that the database failed a statement. */
  void failed(GatehouseException cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  /**
   * To be called before a commit of the storage's own. A failure ends PostgreSQL's transaction even
   * if the work lives with it.
   */
  void requireNoFailure() {
    if (failure != null) {
      throw new StorageException("a statement failed, so that nothing can be committed", failure);
    }
  }

  /**
   * Tells that the host has committed, so that what was done here is heeded at once: a task that is
   * due begins without waiting for the next poll, and this process sees what it changed of
   * permissions, keys and the registry. To be called after the commit, best by what the host's
   * framework has for that; never after a rollback. It asks the database nothing, and neither
   * throws nor blocks; the connection may be closed by then. Without effect where a statement of
   * Gatehouse's had failed, and where nothing was done since it was last called. Of the first
   * 10,000 things that were done, that is; the others are found by the next look.
   */
  public void committed() {
    if (owner == null) {
      end();
    }
  }

  /** What the storage calls after a commit of its own. */
  void end() {
    boolean failed = failure != null;
    failure = null;
    if (failed) {
      afterCommit.clear();
    } else {
      afterCommit.run();
    }
  }
}
