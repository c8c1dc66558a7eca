package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.NodeLeases;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Leases of nodes. An engine's are asked for over a connection that is {@linkplain KeptConnection
 * kept} for them, so that handlers that have all of a pool's cost no node its lease.
 */
final class JdbcLeases implements NodeLeases {
  /** A sample of the clock that took longer would be of no use, and is asked by who renews. */
  private static final Duration LONGEST_SAMPLE = Duration.ofMillis(2_500);

  /** A renewal is given up so soon that it can be tried again before the lease is over. */
  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);

  private final Database plain;
  private final Database database;
  private final @Nullable KeptConnection kept;
  private final IntConsumer left;

  /**
   * Leases that take whatever connection there is.
   *
   * @param left is told of nodes that have left
   */
  JdbcLeases(Database database, IntConsumer left) {
    this(database, database, null, left);
  }

  private JdbcLeases(
      Database plain, Database database, @Nullable KeptConnection kept, IntConsumer left) {
    this.plain = plain;
    this.database = database;
    this.kept = kept;
    this.left = left;
  }

  /** The same with a connection of their own, until they are closed. */
  JdbcLeases keeping(KeptConnection connection) {
    return new JdbcLeases(plain, plain.over(connection), connection, left);
  }

  @Override
  public NodeLease join(String boot, Duration duration) {
    return kept(() -> database.within(duration).use(handle -> nodes(handle).join(boot, duration)));
  }

  @Override
  public Optional<NodeLease> renew(int node, String boot, Duration duration) {
    Function<Handle, Optional<NodeLease>> renewal =
        handle -> nodes(handle).renew(node, boot, duration);
    Duration patience = duration.dividedBy(4);
    Database bounded =
        database.within(patience.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : patience);
    return kept(
        () ->
            plain.dialect().renewsInOneStatement()
                ? bounded.useRepeatable(renewal)
                : bounded.use(renewal));
  }

  @Override
  public void leave(int node, String boot) {
    database.<@Nullable Object>use(
        handle -> {
          nodes(handle).leave(node, boot);
          return null;
        });
    left.accept(node);
  }

  @Override
  public long nowMicros() {
    return kept(() -> database.within(LONGEST_SAMPLE).use(handle -> nodes(handle).nowMicros()));
  }

  private JdbcNodes nodes(Handle handle) {
    return new JdbcNodes(database, handle);
  }

  /** Tables are made on connections of their own, of which a kept one can be but one. */
  private <T> T kept(Supplier<T> asking) {
    if (kept == null) {
      return asking.get();
    }
    boolean done = false;
    try {
      plain.dialect();
      kept.open();
      T answer = asking.get();
      done = true;
      return answer;
    } catch (SQLException e) {
      throw new StorageException(
          "no connection is to be had", Failures.ofOpening(new ConnectionException(e)));
    } finally {
      if (!done) {
        kept.giveUp();
      }
    }
  }

  @Override
  public void close() {
    if (kept != null) {
      kept.close();
    }
  }
}
