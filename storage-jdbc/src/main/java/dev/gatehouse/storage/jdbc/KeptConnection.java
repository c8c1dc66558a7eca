package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.ConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the host's that is kept between uses, so that who uses it need not wait for one
 * where a pool is used up; opened again after it broke. It is kept only if the host gives another
 * beside it, for where there is but one nobody else would get any: then, and for whoever comes
 * while it is in use, connections are opened and closed as for all others. To be used by one thread
 * at a time, but for {@link #close}.
 */
final class KeptConnection implements ConnectionFactory, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KeptConnection.class);

  /** How long another connection may take to come. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** When it is tried anew to keep one. */
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Connections connections;

  // Guarded by the monitor.
  private @Nullable Connection kept;
  private boolean inUse;
  private boolean closed;

  // Used by the thread that uses it.
  private boolean hasRoom;
  private long triedNanos = System.nanoTime() - AGAIN_NANOS;

  KeptConnection(Connections connections) {
    this.connections = connections;
  }

  /**
   * Opens one, if none is kept and it is time to try.
   *
   * @throws SQLException if none is to be had
   */
  void open() throws SQLException {
    if (isKept() || (!hasRoom && System.nanoTime() - triedNanos < AGAIN_NANOS)) {
      return;
    }
    triedNanos = System.nanoTime();
    Connection opened = connections.openConnection();
    if (!hasRoom) {
      hasRoom = isAnotherToBeHad();
    }
    if (!hasRoom) {
      LOG.info(
          "no connection is kept for the lease, as the DataSource gave none beside it in time");
    }
    if (!hasRoom || !keep(opened)) {
      connections.closeConnection(opened);
    }
  }

  /** One that was closed underneath while nobody used it is kept no more. */
  private boolean isKept() throws SQLException {
    synchronized (this) {
      if (kept == null || !kept.isClosed()) {
        return kept != null;
      }
    }
    giveUp();
    return false;
  }

  private synchronized boolean keep(Connection opened) {
    if (!closed) {
      kept = opened;
    }
    return !closed;
  }

  /** Asked on a thread of its own, as a pool may let it wait for long. */
  private boolean isAnotherToBeHad() {
    CountDownLatch had = new CountDownLatch(1);
    Thread asking =
        new Thread(
            () -> {
              try {
                Connection another = connections.openConnection();
                try {
                  connections.closeConnection(another);
                } finally {
                  had.countDown(); // when it is given back, for who goes on may need it
                }
              } catch (SQLException | RuntimeException e) {
                LOG.debug("No connection was to be had beside the lease's", e);
              }
            },
            "gatehouse-lease-probe");
    asking.setDaemon(true);
    asking.start();
    try {
      return had.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public Connection openConnection() throws SQLException {
    Connection own = take();
    return own == null ? connections.openConnection() : own;
  }

  private synchronized @Nullable Connection take() throws SQLException {
    if (kept == null || inUse || kept.isClosed()) {
      return null;
    }
    inUse = true;
    return kept;
  }

  @Override
  public void closeConnection(Connection connection) throws SQLException {
    if (isToBeClosed(connection)) {
      connections.closeConnection(connection);
    }
  }

  private synchronized boolean isToBeClosed(Connection connection) throws SQLException {
    if (connection != kept) {
      return true;
    }
    inUse = false;
    boolean useless = closed || connection.isClosed();
    if (useless) {
      kept = null;
    }
    return useless;
  }

  /** Something went wrong: whether it was the connection is not asked, the next is a new one. */
  void giveUp() {
    closeIdle(takeOut(false));
  }

  private void closeIdle(@Nullable Connection idle) {
    if (idle != null) {
      try {
        connections.closeConnection(idle);
      } catch (SQLException | RuntimeException e) {
        LOG.debug("A connection could not be put in order before it was closed", e);
      }
    }
  }

  private synchronized @Nullable Connection takeOut(boolean forGood) {
    closed |= forGood;
    Connection idle = inUse ? null : kept;
    if (!inUse) {
      kept = null;
    }
    return idle;
  }

  /** Keeps none any more; one that is in use is closed after that. Idempotent. */
  @Override
  public void close() {
    closeIdle(takeOut(true));
  }
}
