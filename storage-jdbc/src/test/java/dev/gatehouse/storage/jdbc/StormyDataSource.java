package dev.gatehouse.storage.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * Connections whose transactions are all SERIALIZABLE, whatever is asked for, and fail now and then
 * as those do that should be tried again: before a statement or at the commit, and where a
 * statement commits itself, before that. So do databases that are spread over many machines.
 */
final class StormyDataSource {
  private static final String SERIALIZATION_FAILURE = "40001";
  private static final String ABORTED = "25P02";
  private static final int MOST_CALM = 6;

  private static final AtomicInteger FAILURES = new AtomicInteger();

  private final DataSource sound;
  private final Kind kind;
  private final Random random;
  private final int oneIn;

  /** How a server says that a transaction has to be tried again, and what is left of it. */
  enum Kind {
    /** The transaction takes no statement any more but its end. */
    POSTGRES,

    /** The transaction has ended, and the next statement begins another. */
    MARIADB
  }

  /** Of so many transactions one fails, with one of its first statements or at its commit. */
  StormyDataSource(DataSource sound, Kind kind, long seed, int oneIn) {
    this.sound = sound;
    this.kind = kind;
    this.random = new Random(seed);
    this.oneIn = oneIn;
  }

  /** How many failures there were so far, of all such DataSources. */
  static int failures() {
    return FAILURES.get();
  }

  DataSource dataSource() {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) ->
            method.getName().equals("getConnection")
                ? connection(sound.getConnection())
                : JdbcProxy.invoke(sound, method, arguments));
  }

  private Connection connection(Connection connection) throws SQLException {
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    Storm storm = new Storm(connection);
    return JdbcProxy.of(Connection.class, storm::call);
  }

  /** How many statements of the next transaction go well. */
  private int calm() {
    synchronized (random) {
      return random.nextInt(oneIn) == 0 ? random.nextInt(MOST_CALM) : Integer.MAX_VALUE;
    }
  }

  /** What becomes of one connection. */
  private final class Storm {
    private final Connection connection;
    private boolean aborted;
    private int calm = calm();

    Storm(Connection connection) {
      this.connection = connection;
    }

    Object call(Method method, Object[] arguments) throws Throwable {
      switch (method.getName()) {
        case "setTransactionIsolation":
          return null;
        case "prepareStatement", "createStatement":
          weather(connection.getAutoCommit());
          return JdbcProxy.invoke(connection, method, serializable(arguments));
        case "commit":
          commit();
          return null;
        case "rollback":
          if (arguments == null || !(arguments[0] instanceof Savepoint)) {
            renew();
          }
          return JdbcProxy.invoke(connection, method, arguments);
        default:
          return JdbcProxy.invoke(connection, method, arguments);
      }
    }

    private void commit() throws SQLException {
      try {
        if (calm < MOST_CALM) {
          calm = 0;
        }
        weather(connection.getAutoCommit());
      } catch (SQLException e) {
        connection.rollback();
        renew();
        throw e;
      }
      renew();
      connection.commit();
    }

    private void renew() {
      aborted = false;
      calm = calm();
    }

    /** A statement that commits itself is a transaction of its own. */
    private void weather(boolean alone) throws SQLException {
      if (aborted) {
        throw new SQLException("the transaction has failed already", ABORTED);
      }
      int left = alone ? calm() : calm--;
      if (left == 0) {
        FAILURES.incrementAndGet();
        if (!alone && kind == Kind.POSTGRES) {
          aborted = true;
        } else if (!alone) {
          connection.rollback();
        }
        throw failure();
      }
    }
  }

  private SQLException failure() {
    if (kind == Kind.POSTGRES) {
      return new SQLException("restart transaction", SERIALIZATION_FAILURE);
    }
    synchronized (random) {
      return random.nextBoolean()
          ? new SQLException("Deadlock found", SERIALIZATION_FAILURE, 1213)
          : new SQLException("Record has changed since last read", "HY000", 1020);
    }
  }

  /** The level is told in a statement's text. */
  private static Object[] serializable(Object[] arguments) {
    if (arguments != null && arguments[0] instanceof String sql) {
      Object[] others = arguments.clone();
      others[0] = sql.replace("LEVEL READ COMMITTED", "LEVEL SERIALIZABLE");
      return others;
    }
    return arguments;
  }
}
