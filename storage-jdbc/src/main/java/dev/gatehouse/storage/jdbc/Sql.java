package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/** Plain JDBC on a handle, where binding value by value through Jdbi would cost too much. */
final class Sql {
  private Sql() {}

  /** What a statement does. */
  interface Use<T> {
    T apply(PreparedStatement statement) throws SQLException;
  }

  /** Reads one row. */
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Makes a value with the connection's help. */
  interface OnConnection<T> {
    T apply(Connection connection) throws SQLException;
  }

  /** Prepares the statement, uses it and closes it. */
  static <T> T use(Handle handle, String sql, Use<T> use) {
    return on(
        handle,
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return use.apply(statement);
          }
        });
  }

  /** Works on the handle's connection; what fails there fails as if Jdbi had done it. */
  static <T> T on(Handle handle, OnConnection<T> work) {
    try {
      return work.apply(handle.getConnection());
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("statement failed", e, null);
    }
  }

  /** All rows that the query gives. */
  static <T> List<T> rows(PreparedStatement query, Reader<T> reader) throws SQLException {
    try (ResultSet results = query.executeQuery()) {
      List<T> rows = new ArrayList<>();
      while (results.next()) {
        rows.add(reader.read(results));
      }
      return rows;
    }
  }
}
