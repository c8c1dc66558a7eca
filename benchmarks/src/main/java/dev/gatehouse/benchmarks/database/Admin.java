package dev.gatehouse.benchmarks.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The connection by which a server is asked and told things. Safe for use by multiple threads. */
final class Admin implements AutoCloseable {
  private static final int WAIT_MILLIS = 5;
  private static final int WAITS = 2_000;

  private final Connection connection;
  private final String setting;

  /**
   * Takes the connection over.
   *
   * @param setting the query for the value of a setting, whose name is its argument
   */
  Admin(Connection connection, String setting) {
    this.connection = connection;
    this.setting = setting;
  }

  /**
   * Version and settings that bear on the figures, as the server itself tells them.
   *
   * @param product that the version is of
   * @param version the setting that tells it
   * @param durable what makes a commit durable, and must be so
   * @throws IllegalStateException if a commit would not be durable
   */
  Map<String, String> settings(
      String product, String version, Map<String, String> durable, List<String> others)
      throws SQLException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(product, setting(version));
    for (Map.Entry<String, String> one : durable.entrySet()) {
      String value = setting(one.getKey());
      if (!value.equals(one.getValue())) {
        throw new IllegalStateException(
            one.getKey() + " must be " + one.getValue() + ", is " + value);
      }
      settings.put(one.getKey(), value);
    }
    for (String other : others) {
      settings.put(other, setting(other));
    }
    return settings;
  }

  private String setting(String name) throws SQLException {
    return first(setting, name, results -> results.getString(1));
  }

  /** What a query tells. */
  private interface Reader<T> {
    T read(ResultSet results) throws SQLException;
  }

  private synchronized <T> T first(String sql, String argument, Reader<T> reader)
      throws SQLException {
    return first(connection, sql, argument, reader);
  }

  private static <T> T first(Connection connection, String sql, String argument, Reader<T> reader)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setString(1, argument);
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return reader.read(results);
      }
    }
  }

  /** The number that a query with one argument tells. */
  long count(String sql, String argument) throws SQLException {
    return first(sql, argument, results -> results.getLong(1));
  }

  /** As {@link #count(String, String)}, on another connection. */
  static long count(Connection connection, String sql, String argument) throws SQLException {
    return first(connection, sql, argument, results -> results.getLong(1));
  }

  /** Waits, ten seconds at most, until the query tells that there are none. */
  void awaitNone(String sql, String argument) throws SQLException, InterruptedException {
    for (int i = 0; i < WAITS && count(sql, argument) > 0; i++) {
      Thread.sleep(WAIT_MILLIS);
    }
  }

  synchronized void execute(String sql) throws SQLException {
    execute(connection, sql);
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
