package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a channel of PostgreSQL, on a connection and a thread of its own, {@code
 * gatehouse-hints}, until it is closed. A connection that breaks is replaced after 100 ms, twice as
 * long each further time up to 30 s, give or take a half; what is said meanwhile is lost. On
 * another database, with another driver, or where {@code LISTEN} is refused, the thread ends at
 * once. Safe for use by multiple threads.
 */
final class HintReceiver implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HintReceiver.class);
  private static final int WAIT_MILLIS = 100;
  private static final int WAITS_TO_PROBE = 300;
  private static final long FIRST_BACKOFF = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_BACKOFF = TimeUnit.SECONDS.toNanos(30);
  private static final long GRACE_MILLIS = 2_000;

  private final DataSource dataSource;
  private final Database database;
  private final Consumer<String> hear;
  private final Thread thread;
  private volatile boolean closed;
  private long backoffNanos; // used by the thread

  /**
   * A receiver, not started.
   *
   * @param hear takes what was said; must neither block nor throw
   */
  HintReceiver(DataSource dataSource, Database database, Consumer<String> hear) {
    this.dataSource = dataSource;
    this.database = database;
    this.hear = hear;
    thread = new Thread(this::run, "gatehouse-hints");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closed) {
      try {
        if (!listen()) {
          return;
        }
      } catch (SQLException | RuntimeException e) {
        if (Thrown.isRefused(e)) {
          LOGGER.info("no hints are heard, as the server knows no LISTEN", e);
          return;
        }
        if (backoffNanos == 0) {
          LOGGER.warn("no hints are heard until there is a connection again", e);
        }
        backOff();
      }
    }
  }

  private void backOff() {
    backoffNanos = Math.min(LONGEST_BACKOFF, Math.max(FIRST_BACKOFF, 2 * backoffNanos));
    long end =
        System.nanoTime()
            + ThreadLocalRandom.current().nextLong(backoffNanos / 2, backoffNanos * 3 / 2);
    while (!closed && end - System.nanoTime() > 0) {
      LockSupport.parkNanos(this, end - System.nanoTime());
    }
  }

  /** Listens until it is closed or the connection breaks; false if there is nothing to hear. */
  private boolean listen() throws SQLException {
    if (database.dialect() != Dialect.POSTGRESQL) {
      return false;
    }
    try (Connection connection = dataSource.getConnection()) {
      if (!connection.isWrapperFor(PGConnection.class)) {
        LOGGER.info("no hints are heard, as the driver is not PostgreSQL's own");
        return false;
      }
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(true);
      boolean timed = database.networkTimeout().begin(connection);
      try (Statement statement = connection.createStatement()) {
        statement.execute("LISTEN " + channel(statement));
        backoffNanos = 0;
        receive(connection.unwrap(PGConnection.class), statement);
        statement.execute("UNLISTEN *");
      } finally {
        if (timed) {
          NetworkTimeout.end(connection);
        }
        if (!connection.isClosed()) {
          connection.setAutoCommit(autoCommit);
        }
      }
    }
    return true;
  }

  private String channel(Statement statement) throws SQLException {
    try (ResultSet results =
        statement.executeQuery(database.named("SELECT " + JdbcHints.CHANNEL))) {
      results.next();
      return results.getString(1);
    }
  }

  private void receive(PGConnection connection, Statement statement) throws SQLException {
    int silent = 0;
    while (!closed) {
      PGNotification[] heard = connection.getNotifications(WAIT_MILLIS);
      if (heard != null && heard.length > 0) {
        silent = 0;
        for (PGNotification one : heard) {
          hear.accept(one.getParameter());
        }
      } else if (++silent >= WAITS_TO_PROBE) {
        // A connection that was cut without a word would be silent for ever.
        silent = 0;
        statement.execute("SELECT 1");
      }
    }
  }

  /** Ends the thread, and waits for that 2 s at most. Idempotent. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(GRACE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
