package dev.gatehouse.storage.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a connection waits for the answer to one message: a server that vanished without closing
 * its sockets would otherwise be waited for until the system gives the connection up, which may be
 * never. What the host has set stays; a driver that has no such thing goes without. To set it costs
 * no message. Safe for use by multiple threads.
 */
final class NetworkTimeout {
  /** Without end, or as the host has it. */
  static final NetworkTimeout NONE = new NetworkTimeout(0);

  private static final Logger LOG = LoggerFactory.getLogger(NetworkTimeout.class);

  private final int millis;

  /** Whether a driver, such as H2's, was found not to keep it. */
  private volatile boolean unknown;

  private NetworkTimeout(int millis) {
    this.millis = millis;
  }

  /** Of that long, in whole milliseconds, at least one; of zero, none. */
  static NetworkTimeout of(Duration duration) {
    return duration.isZero()
        ? NONE
        : new NetworkTimeout((int) Math.min(Integer.MAX_VALUE, Math.max(1, duration.toMillis())));
  }

  /** The shorter one, that of another length being none's where this one is none. */
  NetworkTimeout atMost(Duration duration) {
    NetworkTimeout other = of(duration);
    return millis != 0 && other.millis < millis ? other : this;
  }

  /**
   * Sets it.
   *
   * @return whether {@link #end} is to be called before the connection is given back
   */
  boolean begin(Connection connection) {
    if (millis == 0 || unknown) {
      return false;
    }
    try {
      if (connection.getNetworkTimeout() != 0) {
        return false;
      }
      connection.setNetworkTimeout(Runnable::run, millis);
      unknown = connection.getNetworkTimeout() == 0;
      return !unknown;
    } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
      unknown = true;
      LOG.debug("The driver knows no network timeout", e);
      return false;
    } catch (SQLException | RuntimeException e) {
      LOG.debug("A connection takes no network timeout", e);
      return false;
    }
  }

  /** Takes it back. */
  static void end(Connection connection) {
    try {
      if (!connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, 0);
      }
    } catch (SQLException | RuntimeException e) {
      LOG.debug("A network timeout could not be taken back before its connection was closed", e);
    }
  }
}
