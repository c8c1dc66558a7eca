package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.transaction.Transaction;
import java.sql.BatchUpdateException;
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
import org.jdbi.v3.core.statement.Update;
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
  private static final String SAVEPOINT = "gh_part";

  /** Serialization failure, deadlock victim, lock timeouts, and H2's concurrent update. */
  private static final Set<String> TRANSIENT = Set.of("40001", "40P01", "55P03", "HYT00", "90131");

  /** PostgreSQL's farewells: it is told to end, ends after a crash of its own, or is starting. */
  private static final Set<String> FAREWELLS = Set.of("57P01", "57P02", "57P03");

  private final Jdbi pooled;
  private final Migration migration;
  private final @Nullable InstantSource leaseClock;
  private final @Nullable JdbcTransaction joined;

  Database(DataSource dataSource, Migration migration, @Nullable InstantSource leaseClock) {
    this(
        Jdbi.create(new Connections(dataSource)).registerArgument(new TextArgument()),
        migration,
        leaseClock,
        null);
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

  /**
   * As {@link #use}, for statements of which a failure may leave some done: they are undone, and
   * the joined transaction can go on.
   */
  <T extends @Nullable Object> T useWhole(Function<Handle, T> statements) {
    return use(joined == null ? statements : handle -> behindSavepoint(handle, statements));
  }

  private static <T extends @Nullable Object> T behindSavepoint(
      Handle handle, Function<Handle, T> statements) {
    handle.savepoint(SAVEPOINT);
    try {
      T result = statements.apply(handle);
      handle.releaseSavepoint(SAVEPOINT);
      return result;
    } catch (RuntimeException e) {
      try {
        handle.rollbackToSavepoint(SAVEPOINT);
      } catch (JdbiException again) {
        e.addSuppressed(failure(again));
      }
      throw e;
    }
  }

  private static <T extends @Nullable Object> T on(
      JdbcTransaction transaction, Function<Handle, T> statements) {
    try {
      return statements.apply(transaction.handle());
    } catch (JdbiException e) {
      GatehouseException failure = failure(e);
      transaction.failed(failure);
      throw failure;
    }
  }

  /**
   * Runs work in a transaction of its own; see {@link dev.gatehouse.transaction.Transactions#call}.
   * A lost connection is a reason to try again too, but not if it was lost at the commit, which may
   * have taken place, and not if none is to be had, which may have taken its time already.
   */
  <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    Profile profile = migration.ensure(pooled);
    RetryPolicy<T> policy =
        RetryPolicy.<T>builder()
            .handleIf(e -> e instanceof StorageException && (isTransient(e) || isLost(e)))
            .abortOn(LastingException.class)
            .withMaxAttempts(ATTEMPTS)
            .withBackoff(Duration.ofMillis(2), Duration.ofMillis(100))
            .withJitter(0.5)
            .build();
    try {
      return Failsafe.with(policy).get(() -> once(profile, work));
    } catch (FailsafeException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted between two tries of a transaction", e);
    }
  }

  private <T extends @Nullable Object> T once(Profile profile, Function<Transaction, T> work) {
    Handle handle = open();
    JdbcTransaction transaction = JdbcTransaction.owned(handle, pooled);
    T result;
    boolean done = false;
    try {
      profile.begin(handle);
      result = work.apply(transaction);
      transaction.requireNoFailure();
      commit(handle);
      done = true;
    } catch (JdbiException e) {
      throw failure(e);
    } finally {
      if (!done) {
        quietly(handle::rollback);
      }
      quietly(() -> profile.restore(handle));
      quietly(handle::close);
    }
    transaction.committed();
    return result;
  }

  private Handle open() {
    try {
      return pooled.open();
    } catch (JdbiException e) {
      throw new LastingException("no connection is to be had", failure(e));
    }
  }

  private static void commit(Handle handle) {
    try {
      handle.commit();
    } catch (JdbiException e) {
      if (isLost(e)) {
        throw new LastingException("the connection broke: it may be committed or not", failure(e));
      }
      throw e;
    }
  }

  /** Runs statements outside of any transaction, once. */
  <T> T useAlone(Function<Handle, T> statements) {
    migration.ensure(pooled);
    try (Handle handle = open()) {
      return statements.apply(handle);
    } catch (JdbiException e) {
      throw failure(e);
    }
  }

  /** What the database speaks; asks it once. */
  Dialect dialect() {
    return migration.ensure(pooled).dialect();
  }

  /** Whether the database is known to speak it; does not ask. */
  boolean isKnown(Dialect dialect) {
    Profile known = migration.known();
    return known != null && known.dialect() == dialect;
  }

  /** Whether what is done here ends with a transaction that no host works in. */
  boolean ownsTransaction() {
    return joined == null || joined.isOwned();
  }

  /** The database's time in epoch milliseconds, by which leases are judged. */
  long now(Handle handle) {
    Long given = leaseMillis();
    return given == null
        ? handle.createQuery("SELECT " + dialect().now()).mapTo(Long.class).one()
        : given;
  }

  /** The time by which leases are judged; null if that is the database's. */
  @Nullable Long leaseMillis() {
    return leaseClock == null ? null : leaseClock.millis();
  }

  /** Whether a statement failed because a row with that key is there already. */
  static boolean isDuplicate(Throwable e) {
    return DUPLICATE.equals(sqlState(e));
  }

  /**
   * Runs an insertion that ends with {@link Dialect#orNothing}; the transaction can go on.
   *
   * @return false if a row with one of its keys is there
   */
  static boolean inserted(Update insertion) {
    try {
      return insertion.execute() == 1;
    } catch (JdbiException e) {
      if (isDuplicate(e)) {
        return false;
      }
      throw e;
    }
  }

  static boolean isTransient(Throwable e) {
    return TRANSIENT.contains(sqlState(e));
  }

  /** Whether there is no connection any more, so that what was not committed is rolled back. */
  private static boolean isLost(Throwable e) {
    String state = sqlState(e);
    return state.startsWith("08") || FAREWELLS.contains(state);
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

  /**
   * Of data that do not fit (class 22) or clash (class 23), drivers quote the row, and of a batch
   * the statement with its arguments, whatever failed.
   */
  private static SQLException withoutValues(SQLException e) {
    SQLException own = e.getNextException();
    if (e instanceof BatchUpdateException
        && own != null
        && !(own instanceof BatchUpdateException)) {
      return withoutValues(own);
    }
    String state = e.getSQLState();
    boolean quotes =
        e instanceof BatchUpdateException
            || state == null
            || state.startsWith("22")
            || state.startsWith("23");
    if (!quotes) {
      return e;
    }
    SQLException bare = new SQLException("(may quote values)", state, e.getErrorCode());
    bare.setStackTrace(e.getStackTrace());
    return bare;
  }

  private static String state(SQLException e) {
    return "SQL state " + e.getSQLState() + ", code " + e.getErrorCode();
  }

  /** Runs what ends the use of a connection: its failure changes nothing, as that ends it too. */
  private static void quietly(Runnable action) {
    try {
      action.run();
    } catch (JdbiException | StorageException e) {
      LOG.debug("A connection could not be put in order before it was closed", e);
    }
  }

  /** A failure after which trying again is no use, or would do harm. */
  private static final class LastingException extends StorageException {
    private static final long serialVersionUID = 1L;

    LastingException(String what, GatehouseException cause) {
      super(what + ": " + cause.getMessage(), cause);
    }
  }
}
