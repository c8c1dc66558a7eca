package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.transaction.Transaction;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections, transactions and the migration of one database; what all JDBC stores share. A {@code
 * Database} works either on connections of the DataSource, where each {@link #use} is a transaction
 * of its own, or, after {@link #joining}, on the one connection of a transaction.
 */
final class Database {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);
  private static final int ATTEMPTS = 6;
  private static final String DUPLICATE = "23505";

  /** Serialization failure, deadlock victim, lock timeout, and H2's concurrent update. */
  private static final Set<String> TRANSIENT = Set.of("40001", "40P01", "HYT00", "90131");

  private final Jdbi pooled;
  private final Migration migration;
  private final @Nullable InstantSource leaseClock;
  private final @Nullable JdbcTransaction joined;

  Database(DataSource dataSource, Migration migration, @Nullable InstantSource leaseClock) {
    this(Jdbi.create(dataSource), migration, leaseClock, null);
  }

  private Database(
      Jdbi pooled,
      Migration migration,
      @Nullable InstantSource leaseClock,
      @Nullable JdbcTransaction joined) {
    this.pooled = pooled;
    this.migration = migration;
    this.leaseClock = leaseClock;
    this.joined = joined;
  }

  /** This database on the connection of the transaction. */
  Database joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    Check.that(
        transaction instanceof JdbcTransaction own && own.mayServe(pooled),
        "transaction belongs to another storage: " + transaction.getClass().getName());
    return new Database(pooled, migration, leaseClock, (JdbcTransaction) transaction);
  }

  /**
   * Runs statements that belong together: inside the joined transaction if there is one, else in a
   * transaction of their own, which is tried again after a conflict with another.
   */
  <T extends @Nullable Object> T use(Function<Handle, T> statements) {
    migration.ensure(pooled);
    return joined == null
        ? call(transaction -> on((JdbcTransaction) transaction, statements))
        : on(joined, statements);
  }

  private static <T extends @Nullable Object> T on(
      JdbcTransaction transaction, Function<Handle, T> statements) {
    try {
      return statements.apply(transaction.handle());
    } catch (JdbiException e) {
      throw failure(e);
    }
  }

  /**
   * Runs work in a transaction of its own; see {@link dev.gatehouse.transaction.Transactions#call}.
   */
  <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    migration.ensure(pooled);
    RetryPolicy<T> policy =
        RetryPolicy.<T>builder()
            .handleIf(e -> e instanceof StorageException && isTransient(e))
            .withMaxAttempts(ATTEMPTS)
            .withBackoff(Duration.ofMillis(2), Duration.ofMillis(100))
            .withJitter(0.5)
            .build();
    try {
      return Failsafe.with(policy).get(() -> once(work));
    } catch (FailsafeException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted between two tries of a transaction", e);
    }
  }

  private <T extends @Nullable Object> T once(Function<Transaction, T> work) {
    JdbcTransaction transaction;
    T result;
    try (Handle handle = pooled.open()) {
      transaction = JdbcTransaction.owned(handle, pooled);
      handle.begin();
      boolean done = false;
      try {
        result = work.apply(transaction);
        handle.commit();
        done = true;
      } finally {
        if (!done) {
          rollBack(handle);
        }
      }
    } catch (JdbiException e) {
      throw failure(e);
    }
    transaction.committed();
    return result;
  }

  /** What the database speaks; asks it once. */
  Dialect dialect() {
    return migration.ensure(pooled);
  }

  /** Whether what is done here ends with a transaction that no host works in. */
  boolean ownsTransaction() {
    return joined == null || joined.isOwned();
  }

  /** The database's time in epoch milliseconds, by which leases are judged. */
  long now(Handle handle) {
    if (leaseClock != null) {
      return leaseClock.millis();
    }
    return handle.createQuery(dialect().now()).mapTo(Long.class).one();
  }

  /** Whether a statement failed because a row with that key is there already. */
  static boolean isDuplicate(Throwable e) {
    return DUPLICATE.equals(sqlState(e));
  }

  static boolean isTransient(Throwable e) {
    return TRANSIENT.contains(sqlState(e));
  }

  /** The SQL state of what the database threw; empty if it was something else. */
  static String sqlState(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return Objects.requireNonNullElse(sql.getSQLState(), "");
      }
    }
    return "";
  }

  /** The statement's arguments, which may be secret, stay out of all that is thrown. */
  private static GatehouseException failure(JdbiException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return new StorageException("the database failed: " + state(sql), withoutValues(sql));
      }
    }
    StorageException failure =
        new StorageException("the database failed: " + e.getClass().getSimpleName());
    failure.setStackTrace(e.getStackTrace());
    return failure;
  }

  /** Of data that do not fit (class 22) or clash (class 23), drivers quote the row. */
  private static SQLException withoutValues(SQLException e) {
    String state = e.getSQLState();
    if (state != null && !state.startsWith("22") && !state.startsWith("23")) {
      return e;
    }
    SQLException bare = new SQLException("(may quote values)", state, e.getErrorCode());
    bare.setStackTrace(e.getStackTrace());
    return bare;
  }

  private static String state(SQLException e) {
    return "SQL state " + e.getSQLState() + ", code " + e.getErrorCode();
  }

  private static void rollBack(Handle handle) {
    try {
      handle.rollback();
    } catch (JdbiException e) {
      LOG.debug("Rollback failed; closing the connection ends the transaction", e);
    }
  }
}
