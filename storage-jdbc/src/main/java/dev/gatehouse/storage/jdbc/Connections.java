package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.ConnectionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's connections. Jdbi has them in auto-commit mode, as it takes every other for one with a
 * transaction left open; those that came otherwise go back so. Safe for use by multiple threads.
 */
final class Connections implements ConnectionFactory {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  private final DataSource dataSource;

  /** For what is asked of a connection that is not in auto-commit mode. */
  private final NetworkTimeout asking = NetworkTimeout.of(Duration.ofSeconds(2));

  private final Set<Connection> manual =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /** Whether any has come so: where none does, as nearly always, nobody waits for the set. */
  private volatile boolean comeManual;

  Connections(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public Connection openConnection() throws SQLException {
    Connection connection = connect();
    try {
      if (!connection.getAutoCommit()) {
        prepare(connection);
        manual.add(connection);
        comeManual = true;
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      try (connection) {
        throw e;
      }
    }
  }

  /** A host's DataSource may throw anything, and who asks for a connection expects two things. */
  private Connection connect() throws SQLException {
    try {
      return dataSource.getConnection();
    } catch (RuntimeException e) {
      throw new SQLException("the DataSource failed: " + e, e);
    }
  }

  /** The first message is the first to meet a server that has vanished. */
  private void prepare(Connection connection) throws SQLException {
    boolean timed = asking.begin(connection);
    try {
      requireNoTransaction(connection);
      connection.setAutoCommit(true);
    } finally {
      if (timed) {
        NetworkTimeout.end(connection);
      }
    }
  }

  /**
   * Runs a statement on a connection of its own, outside of any transaction, without what Jdbi does
   * for a handle.
   *
   * @throws ConnectionException if no connection is to be had
   */
  <T> T use(String sql, NetworkTimeout timeout, Sql.Use<T> use) {
    Connection connection;
    try {
      connection = openConnection();
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
    boolean timed = timeout.begin(connection);
    try {
      return Sql.use(connection, sql, use);
    } finally {
      if (timed) {
        NetworkTimeout.end(connection);
      }
      try {
        closeConnection(connection);
      } catch (SQLException e) {
        LOG.debug("A connection could not be put in order before it was closed", e);
      }
    }
  }

  /** The switch to auto-commit mode would commit it; see what {@link Dialect} can tell of it. */
  private static void requireNoTransaction(Connection connection) throws SQLException {
    if (isInTransaction(connection)) {
      throw new StorageException(
          "the DataSource must not give the connection of a transaction that is under way: give"
              + " the storage the plain DataSource, and use joining(JdbcTransaction.of(...))");
    }
  }

  private static boolean isInTransaction(Connection connection) throws SQLException {
    Dialect dialect = Dialect.of(connection.getMetaData().getDatabaseProductName());
    try (Statement statement = connection.createStatement()) {
      if (!statement.execute(dialect.inTransaction())) {
        return false;
      }
      try (ResultSet answer = statement.getResultSet()) {
        return answer.next() && answer.getBoolean(1);
      }
    } catch (SQLException e) {
      if (e.getErrorCode() == Dialect.IN_TRANSACTION) {
        return true;
      }
      throw e;
    }
  }

  @Override
  public void closeConnection(Connection connection) throws SQLException {
    try (connection) {
      if (comeManual && manual.remove(connection) && !connection.isClosed()) {
        connection.setAutoCommit(false);
      }
    }
  }

  /** Runs what ends the use of a connection: its failure changes nothing, as that ends it too. */
  static void quietly(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.debug("A connection could not be put in order before it was closed", e);
    }
  }
}
