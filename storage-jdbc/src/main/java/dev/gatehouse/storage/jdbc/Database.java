package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.StorageTraffic;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Connections, transactions and the migration of one database; what all JDBC stores share. A {@code
 * Database} works either on connections of the DataSource, where each {@link #use} is a transaction
 * of its own, or, after {@link #joining}, on the one connection of a transaction.
 */
final class Database {
  private static final String SAVEPOINT = "gh_part";
  private static final String UNKNOWN_END = "the connection broke: it may be committed or not";

  private final Connections connections;
  private final Jdbi pooled;
  private final Migration migration;
  private final Time time;
  private final @Nullable JdbcTransaction joined;
  private final TrafficCount traffic;

  /**
   * How time is told and how long it may take.
   *
   * @param leases the clock of leases, null if that is the database's
   * @param network how long the database is waited for
   */
  record Time(@Nullable InstantSource leases, NetworkTimeout network) {}

  Database(DataSource dataSource, Migration migration, @Nullable InstantSource leaseClock) {
    this(new Connections(dataSource), migration, new Time(leaseClock, NetworkTimeout.NONE));
  }

  static Database of(DataSource dataSource, Migration migration, Time time) {
    return new Database(new Connections(dataSource), migration, time);
  }

  private Database(Connections connections, Migration migration, Time time) {
    this.connections = connections;
    this.migration = migration;
    this.time = time;
    joined = null;
    traffic = new TrafficCount();
    pooled = jdbi(connections);
  }

  private Jdbi jdbi(ConnectionFactory factory) {
    return Jdbi.create(factory)
        .registerArgument(new TextArgument())
        .configure(
            SqlStatements.class,
            statements ->
                statements
                    .setTemplateEngine(migration.tables())
                    .setSqlParser(Sql.PARSER)
                    .setSqlLogger(traffic));
  }

  private Database(Database database, Jdbi pooled, Time time, @Nullable JdbcTransaction joined) {
    connections = database.connections;
    migration = database.migration;
    traffic = database.traffic;
    this.pooled = pooled;
    this.time = time;
    this.joined = joined;
  }

  /** A statement, or words about tables, with the names that the tables have. */
  String named(String sql) {
    return migration.tables().in(sql);
  }

  /** What is missing, without making it. */
  List<String> missing() {
    try {
      return pooled.withHandle(migration::missing);
    } catch (JdbiException e) {
      throw new StorageException("the tables could not be looked at", e);
    }
  }

  /** This database on the connection of the transaction. */
  Database joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    Check.that(
        transaction instanceof JdbcTransaction own && own.mayServe(pooled),
        "transaction belongs to another storage: " + transaction.getClass().getName());
    return new Database(this, pooled, time, (JdbcTransaction) transaction);
  }

  /** This database for statements that may take any time, such as searches of a long log. */
  Database unhurried() {
    return new Database(this, pooled, new Time(time.leases, NetworkTimeout.NONE), joined);
  }

  /** This database, of which no answer is of use after so long. */
  Database within(Duration duration) {
    Time shorter = new Time(time.leases, time.network.atMost(duration));
    return new Database(this, pooled, shorter, joined);
  }

  /** A connection that can be kept between uses; not opened yet. */
  KeptConnection keptConnection() {
    return new KeptConnection(connections);
  }

  /** This database over that connection. */
  Database over(KeptConnection connection) {
    return new Database(this, jdbi(connection), time, joined);
  }

  /** How long the database is waited for. */
  NetworkTimeout networkTimeout() {
    return time.network;
  }

  /**
   * Runs statements that belong together: inside the joined transaction if there is one, else in a
   * transaction of their own, which is tried again after a conflict with another.
   */
  <T extends @Nullable Object> T use(Function<Handle, T> statements) {
    migration.ensure(pooled);
    return joined == null
        ? call(transaction -> on((JdbcTransaction) transaction, statements))
        : on(joined.serving(dialect(), migration.tables()), statements);
  }

  /**
   * As {@link #use}, for statements of which a failure may leave some done: they are undone, and
   * the joined transaction can go on, with its commit and what waits for that.
   */
  <T extends @Nullable Object> T useWhole(Function<Handle, T> statements) {
    return use(joined == null ? statements : handle -> behindSavepoint(handle, statements));
  }

  /**
   * A savepoint that is no longer there went with all else that the transaction had done: that must
   * not look like a refusal with which it can go on.
   */
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
      } catch (JdbiException ended) {
        throw Thrown.isTransient(e) ? e : ended;
      }
      // Not as the driver's, which is noted as the transaction's own end.
      throw e instanceof JdbiException undone ? Failures.of(undone) : e;
    }
  }

  private static <T extends @Nullable Object> T on(
      JdbcTransaction transaction, Function<Handle, T> statements) {
    try {
      return statements.apply(transaction.handle());
    } catch (JdbiException e) {
      StorageException failure = Failures.of(e);
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
    Done<T> done = Retries.tried(() -> once(profile, work));
    // What is committed is not tried again, whatever comes after.
    done.transaction().end();
    return done.result();
  }

  private record Done<T extends @Nullable Object>(JdbcTransaction transaction, T result) {}

  private <T extends @Nullable Object> Done<T> once(
      Profile profile, Function<Transaction, T> work) {
    Handle handle = open();
    boolean timed = time.network.begin(handle.getConnection());
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
      throw Failures.of(e);
    } finally {
      if (!done) {
        Connections.quietly(handle::rollback);
      }
      Connections.quietly(() -> profile.restore(handle));
      close(handle, timed);
    }
    return new Done<>(transaction, result);
  }

  private static void close(Handle handle, boolean timed) {
    if (timed) {
      NetworkTimeout.end(handle.getConnection());
    }
    Connections.quietly(handle::close);
  }

  private Handle open() {
    try {
      return pooled.open();
    } catch (JdbiException e) {
      throw noConnection(e);
    }
  }

  private static StorageException noConnection(JdbiException e) {
    return new Retries.LastingException("no connection is to be had", Failures.ofOpening(e));
  }

  private void commit(Handle handle) {
    try {
      handle.commit();
      traffic.commit();
    } catch (JdbiException e) {
      if (Thrown.isLost(e)) {
        throw new Retries.LastingException(UNKNOWN_END, Failures.of(e));
      }
      throw e;
    }
  }

  /**
   * As {@link #use}, for one statement, which its own commit needs no second message for. It may be
   * done twice, as nobody knows what became of it if the connection breaks.
   */
  <T> T useRepeatable(Function<Handle, T> statement) {
    return joined == null ? Retries.tried(() -> useAlone(statement)) : use(statement);
  }

  /** As {@link #use}, for one query, which needs no transaction to read what is committed. */
  <T> T read(String sql, Sql.Use<T> query) {
    return joined == null && migration.ensure(pooled).readsCommitted()
        ? Retries.tried(() -> alone(sql, query))
        : use(handle -> Sql.use(handle, sql, query));
  }

  /** As {@link #read}, for a query that may take any time. */
  <T> T search(String sql, Sql.Use<T> query) {
    return unhurried().read(sql, query);
  }

  /**
   * Inserts a row outside of any transaction, as its own commit needs no second message, by a
   * statement that inserts nothing, or fails with a duplicate key, if one of its keys is taken.
   *
   * @return false if a row with one of its keys is there; that it is its own, from a try whose
   *     connection broke before it was answered, is not said: then it fails
   */
  boolean insertAlone(String sql, Sql.Use<Integer> insertion) {
    migration.ensure(pooled);
    AtomicReference<@Nullable StorageException> lost = new AtomicReference<>();
    boolean inserted = Retries.tried(() -> insertAlone(sql, insertion, lost));
    StorageException unanswered = lost.get();
    if (!inserted && unanswered != null) {
      throw new Retries.LastingException(UNKNOWN_END, unanswered);
    }
    return inserted;
  }

  private boolean insertAlone(
      String sql, Sql.Use<Integer> insertion, AtomicReference<@Nullable StorageException> lost) {
    try {
      return alone(sql, insertion) == 1;
    } catch (StorageException e) {
      if (Thrown.isDuplicate(e)) {
        return false;
      }
      if (Retries.mayTryAgain(e) && Thrown.isLost(e)) {
        lost.set(e);
      }
      throw e;
    }
  }

  private <T> T alone(String sql, Sql.Use<T> use) {
    traffic.statement();
    try {
      T answer = connections.use(named(sql), time.network, use);
      traffic.commit();
      return answer;
    } catch (ConnectionException e) {
      throw noConnection(e);
    } catch (JdbiException e) {
      throw Failures.of(e);
    }
  }

  /** Runs statements outside of any transaction, once. */
  <T> T useAlone(Function<Handle, T> statements) {
    migration.ensure(pooled);
    Handle handle = open();
    boolean timed = time.network.begin(handle.getConnection());
    try {
      T answer = statements.apply(handle);
      traffic.commit();
      return answer;
    } catch (JdbiException e) {
      throw Failures.of(e);
    } finally {
      close(handle, timed);
    }
  }

  /** What the database speaks; asks it once. */
  Dialect dialect() {
    return migration.ensure(pooled).dialect();
  }

  /** Whether audit records are kept with their terms. */
  boolean hasTerms() {
    return migration.hasTerms() && dialect() == Dialect.POSTGRESQL;
  }

  /** What has gone to it. */
  StorageTraffic traffic() {
    return traffic.sum();
  }

  /** How to begin transactions. */
  Profile profile() {
    return migration.ensure(pooled);
  }

  /** Whether the database is known to speak it; does not ask. */
  boolean isKnown(Dialect dialect) {
    Profile known = migration.known();
    return known != null && known.dialect() == dialect;
  }

  /** Whether it works on the connection of a transaction. */
  boolean isJoined() {
    return joined != null;
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
    InstantSource given = time.leases;
    return given == null ? null : given.millis();
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
      if (Thrown.isDuplicate(e)) {
        return false;
      }
      throw e;
    }
  }
}
