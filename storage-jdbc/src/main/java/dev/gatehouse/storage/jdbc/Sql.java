package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/** Plain JDBC on a handle, where binding value by value through Jdbi would cost too much. */
final class Sql {
  /**
   * Keeps statements that it took apart. There is one for all: a host's transaction would begin
   * with an empty one, and each statement in it would be taken apart anew.
   */
  static final SqlParser PARSER = new ColonPrefixSqlParser();

  private static final String LATEST = "gatehouse.latest";
  private static final String BEGINNING = "gatehouse.beginning";

  private Sql() {}

  /**
   * Makes ready a handle whose transaction is a host's: it reads what was committed since, and the
   * tables have a storage's names, until another storage takes part.
   */
  static void join(Handle handle, Dialect dialect, NamedTables tables) {
    handle.define(LATEST, dialect.latest());
    handle.getConfig(SqlStatements.class).setTemplateEngine(tables);
  }

  /**
   * What ends a query by whose answer something is decided and written. A host's transaction on
   * MariaDB may read as of its beginning, yet it locks and writes what is there now: whoever
   * decides by the one and writes by the other is wrong.
   */
  static String latest(Handle handle) {
    Object end = handle.getConfig(SqlStatements.class).getAttribute(LATEST);
    return end == null ? "" : end.toString();
  }

  /** Whether queries may answer as of the beginning of the transaction, see {@link #latest}. */
  static boolean readsSnapshot(Handle handle) {
    return !latest(handle).isEmpty();
  }

  /** What a statement does. */
  interface Use<T> {
    T apply(PreparedStatement statement) throws SQLException;
  }

  /** Gives a statement its arguments. */
  interface Arguments {
    void set(PreparedStatement statement) throws SQLException;
  }

  /** Reads one row. */
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Makes a value with the connection's help. */
  interface OnConnection<T> {
    T apply(Connection connection) throws SQLException;
  }

  /**
   * Has the transaction begin with that query, of one row. It goes with the statement that comes
   * first, in one message if those are {@link #rows(Handle, String, Arguments, Reader)}: that saves
   * PostgreSQL a message of three or four. To be called where Jdbi's own statements do not come
   * first, as they know nothing of it.
   */
  static void begin(Handle handle, String query) {
    handle.define(BEGINNING, query);
  }

  private static String takeBeginning(Handle handle) {
    Object query = handle.getConfig(SqlStatements.class).getAttribute(BEGINNING);
    if (query == null) {
      return "";
    }
    handle.define(BEGINNING, "");
    return query.toString();
  }

  /** Prepares the statement, with the names of the handle's tables, uses it and closes it. */
  static <T> T use(Handle handle, String sql, Use<T> use) {
    String beginning = takeBeginning(handle);
    if (!beginning.isEmpty()) {
      useOnly(handle, beginning, PreparedStatement::execute);
    }
    return useOnly(handle, sql, use);
  }

  private static <T> T useOnly(Handle handle, String sql, Use<T> use) {
    TrafficCount.statement(handle);
    String named = NamedTables.of(handle.getConfig(SqlStatements.class)).in(sql);
    return use(handle.getConnection(), named, use);
  }

  /** As {@link #use(Handle, String, Use)}, of a statement that has the names already. */
  static <T> T use(Connection connection, String named, Use<T> use) {
    try (PreparedStatement statement = connection.prepareStatement(named)) {
      return use.apply(statement);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** Works on the handle's connection; what fails there fails as if Jdbi had done it. */
  static <T> T on(Handle handle, OnConnection<T> work) {
    try {
      return work.apply(handle.getConnection());
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private static JdbiException failed(SQLException e) {
    return new UnableToExecuteStatementException("statement failed", e, null);
  }

  /** All rows that the query gives. */
  static <T> List<T> rows(Handle handle, String sql, Arguments arguments, Reader<T> reader) {
    String beginning = takeBeginning(handle);
    boolean first = !beginning.isEmpty();
    if (first) {
      TrafficCount.statement(handle);
    }
    return useOnly(
        handle,
        first ? beginning + "; " + sql : sql,
        query -> {
          arguments.set(query);
          query.execute();
          if (first) {
            query.getMoreResults();
          }
          return rows(query.getResultSet(), reader);
        });
  }

  /** As {@link #rows(Handle, String, Arguments, Reader)}, of a query that has its arguments. */
  static <T> List<T> rows(PreparedStatement query, Reader<T> reader) throws SQLException {
    return rows(query.executeQuery(), reader);
  }

  private static <T> List<T> rows(ResultSet results, Reader<T> reader) throws SQLException {
    try (results) {
      List<T> rows = new ArrayList<>();
      while (results.next()) {
        rows.add(reader.read(results));
      }
      return rows;
    }
  }
}
