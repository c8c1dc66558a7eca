package dev.gatehouse.storage.jdbc;

import static java.sql.Connection.TRANSACTION_READ_COMMITTED;

import dev.gatehouse.error.StorageException;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;

/**
 * What is learned of the database on first use. Immutable.
 *
 * @param isolation the level at which the host's connections begin transactions
 */
record Profile(Dialect dialect, int isolation) {
  private static final int OLDEST_POSTGRESQL = 14;

  /** What the connection's database is; refused if the stores cannot work on it. */
  static Profile of(Handle handle) {
    Dialect dialect = Dialect.of(handle);
    if (dialect == Dialect.POSTGRESQL) {
      requirePostgresql(handle);
    }
    try {
      return new Profile(dialect, handle.getConnection().getTransactionIsolation());
    } catch (SQLException e) {
      throw new StorageException("the database does not tell its isolation level", e);
    }
  }

  private static void requirePostgresql(Handle handle) {
    int version = handle.queryMetadata(DatabaseMetaData::getDatabaseMajorVersion);
    if (version < OLDEST_POSTGRESQL) {
      throw new StorageException(
          "PostgreSQL must be of version " + OLDEST_POSTGRESQL + " or later, was of " + version);
    }
    String encoding = handle.createQuery("SHOW server_encoding").mapTo(String.class).one();
    if (!encoding.equals("UTF8")) {
      throw new StorageException("the database must be encoded in UTF8, was in " + encoding);
    }
  }

  /**
   * Begins a transaction that reads what is committed, whatever level the host has set: with a
   * snapshot, every change that had to wait for another would fail. PostgreSQL is told for this one
   * transaction, so that a connection that others share keeps its level; H2 can only be told for
   * the session, until {@link #restore}.
   */
  void begin(Handle handle) {
    if (dialect == Dialect.H2) {
      isolate(handle, TRANSACTION_READ_COMMITTED);
      handle.begin();
      return;
    }
    handle.begin();
    if (isolation != TRANSACTION_READ_COMMITTED) {
      handle.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    }
  }

  /** Gives the connection the host's level again, once the transaction has ended. */
  void restore(Handle handle) {
    if (dialect == Dialect.H2) {
      isolate(handle, isolation);
    }
  }

  private void isolate(Handle handle, int level) {
    if (isolation == TRANSACTION_READ_COMMITTED) {
      return;
    }
    try {
      handle.getConnection().setTransactionIsolation(level);
    } catch (SQLException e) {
      throw new StorageException("the connection does not take an isolation level", e);
    }
  }
}
