package dev.gatehouse.benchmarks.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A database of its own for one measurement, empty at first and dropped when closed. Safe for use
 * by multiple threads.
 */
public interface Database extends AutoCloseable {
  /** The product, as it stands in the folders of SQL: {@code postgresql} or {@code h2}. */
  String product();

  /** A pool of so many connections, all open already. Closing it is the caller's. */
  HikariDataSource pool(int connections);

  /** Waits until the connections of closed pools are gone, and what they did is counted. */
  void awaitClosed() throws SQLException, InterruptedException;

  /**
   * Waits as {@link #awaitClosed}, then brings statistics up to date and writes out what is dirty,
   * so that the next measurement pays for its own work only.
   */
  void settle() throws SQLException, InterruptedException;

  /** What was done so far, if the product counts it; commits only of closed connections. */
  Optional<Counters> counters() throws SQLException;

  /** Bytes that a table takes with its indexes, if the product tells. */
  Optional<Long> size(String table) throws SQLException;

  @Override
  void close() throws SQLException;
}
