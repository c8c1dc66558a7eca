package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;

/**
 * The host's connections. Jdbi has them in auto-commit mode, as it takes every other for one with a
 * transaction left open; those that came otherwise go back so. Safe for use by multiple threads.
 */
final class Connections implements ConnectionFactory {
  private final DataSource dataSource;
  private final Set<Connection> manual =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  Connections(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public Connection openConnection() throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      if (!connection.getAutoCommit()) {
        connection.setAutoCommit(true);
        manual.add(connection);
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      try (connection) {
        throw e;
      }
    }
  }

  @Override
  public void closeConnection(Connection connection) throws SQLException {
    try (connection) {
      if (manual.remove(connection) && !connection.isClosed()) {
        connection.setAutoCommit(false);
      }
    }
  }
}
