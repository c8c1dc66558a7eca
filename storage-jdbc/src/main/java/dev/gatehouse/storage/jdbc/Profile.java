package dev.gatehouse.storage.jdbc;

import static java.sql.Connection.TRANSACTION_READ_COMMITTED;
import static java.sql.Connection.TRANSACTION_READ_UNCOMMITTED;

import dev.gatehouse.error.StorageException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.postgresql.PGConnection;

/**
 * What is learned of the database on first use. Immutable.
 *
 * @param isolation the level at which the host's connections begin transactions
 * @param steersPlans whether the planner can be kept to indexes, as PostgreSQL's can
 * @param takesTwo whether a message may hold two statements
 */
record Profile(Dialect dialect, int isolation, boolean steersPlans, boolean takesTwo) {
  private static final int OLDEST_POSTGRESQL = 14;

  private static final String READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

  /**
   * The level is the next transaction's, so that has to begin at once: MariaDB's driver ends none
   * in which nothing was done, and the next one on the connection would have it. MySQL has no
   * blocks outside of procedures, so it is told in two messages.
   */
  private static final String MARIADB_BEGIN =
      "BEGIN NOT ATOMIC " + READ_COMMITTED + "; START TRANSACTION; END";

  private static final String MYSQL_BEGIN = "START TRANSACTION";

  /** Those who speak PostgreSQL's language need not have its planner. */
  private static final String PLANNER =
      "SELECT COUNT(*) = 4 FROM pg_settings"
          + " WHERE name IN ('enable_seqscan', 'enable_bitmapscan', 'jit', 'plan_cache_mode')";

  /**
   * The plan of a statement is kept, else a small batch would be planned for longer than it takes;
   * so it must go by indexes: one made while the tables are empty would read them whole for ever.
   */
  private static final String BY_INDEX =
      "SELECT set_config('enable_seqscan', 'off', true),"
          + " set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true),"
          + " set_config('plan_cache_mode', 'force_generic_plan', true)";

  private static final String OF_ENGINE = BY_INDEX + Dialect.POSTGRESQL.endedIfIdle();

  /** For rows that others change a transaction waits so long, which is much for a change. */
  private static final String OF_SETTLER = OF_ENGINE + ", set_config('lock_timeout', '250', true)";

  private static final Set<String> STRICT = Set.of("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES");
  private static final Set<String> UNFIT = Set.of("EMPTY_STRING_IS_NULL", "ORACLE", "MAXDB");
  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");
  private static final Pattern COUNTS_CHANGES =
      Pattern.compile("useAffectedRows=(true|1)", Pattern.CASE_INSENSITIVE);

  /** A task's content is of a MiB at most, and may be twice as long in a statement's text. */
  private static final long SMALLEST_PACKET = 4 << 20;

  /** What the connection's database is; refused if the stores cannot work on it. */
  static Profile of(Handle handle) {
    Dialect dialect = Dialect.of(handle);
    if (dialect == Dialect.POSTGRESQL) {
      requirePostgresql(handle);
    } else if (dialect.isOfMariaDb()) {
      requireMariaDb(handle, dialect);
    }
    try {
      boolean steersPlans = hasPlanner(handle, dialect);
      return new Profile(
          dialect,
          handle.getConnection().getTransactionIsolation(),
          steersPlans,
          steersPlans && takesTwo(handle.getConnection()));
    } catch (SQLException e) {
      throw new StorageException("the database does not tell its isolation level", e);
    }
  }

  private static boolean hasPlanner(Handle handle, Dialect dialect) {
    return dialect == Dialect.POSTGRESQL && handle.createQuery(PLANNER).mapTo(Boolean.class).one();
  }

  /**
   * Only PostgreSQL's own driver is known to, and it not where it is told to ask for all results in
   * binary: then it takes the columns of the one statement for those of the other.
   */
  private static boolean takesTwo(Connection connection) throws SQLException {
    try {
      return connection.isWrapperFor(PGConnection.class)
          && connection.unwrap(PGConnection.class).getPrepareThreshold() >= 0;
    } catch (NoClassDefFoundError e) {
      return false; // another driver, and this one is not there
    }
  }

  private static void requirePostgresql(Handle handle) {
    int version = handle.queryMetadata(DatabaseMetaData::getDatabaseMajorVersion);
    if (version < OLDEST_POSTGRESQL) {
      throw new StorageException(
          "PostgreSQL must be of version " + OLDEST_POSTGRESQL + " or later, was of " + version);
    }
    String encoding = handle.createQuery("SHOW server_encoding").mapTo(String.class).one();
    if (!encoding.equals("UTF8")) {
      throw new StorageException("the database must be encoded in UTF8, was in " + encoding);
    }
  }

  private static void requireMariaDb(Handle handle, Dialect dialect) {
    if (dialect == Dialect.MYSQL) {
      requireMySqlVersion(handle.queryMetadata(DatabaseMetaData::getDatabaseProductVersion));
    } else {
      requireMariaDbVersion(
          handle.queryMetadata(DatabaseMetaData::getDatabaseMajorVersion),
          handle.queryMetadata(DatabaseMetaData::getDatabaseMinorVersion));
    }
    String url = handle.queryMetadata(DatabaseMetaData::getURL);
    if (url != null && COUNTS_CHANGES.matcher(url).find()) {
      throw new StorageException(
          "the driver must count the rows that an update finds: useAffectedRows must be false");
    }
    handle
        .createQuery(
            "SELECT @@SESSION.sql_mode, @@SESSION.max_allowed_packet,"
                + " @@log_bin, @@SESSION.binlog_format")
        .map(
            (row, context) -> {
              requireSqlMode(row.getString(1));
              requireRowLog(row.getBoolean(3), row.getString(4));
              return requirePacket(row.getLong(2));
            })
        .one();
  }

  private static void requireMariaDbVersion(int major, int minor) {
    if (major < 10 || (major == 10 && minor < 6)) {
      throw new StorageException(
          "MariaDB must be of version 10.6 or later, was of " + major + "." + minor);
    }
  }

  /**
   * Only from then on a deletion can be told its index; texts are compared as bytes, spaces at
   * their end included, from 8.0.17 on.
   */
  private static void requireMySqlVersion(String version) {
    Matcher parts = VERSION.matcher(version);
    if (!parts.lookingAt() || !isFrom8020(parts)) {
      throw new StorageException("MySQL must be of version 8.0.20 or later, was of " + version);
    }
  }

  private static boolean isFrom8020(MatchResult parts) {
    int major = Integer.parseInt(parts.group(1));
    int minor = Integer.parseInt(parts.group(2));
    int patch = Integer.parseInt(parts.group(3));
    return major > 8 || (major == 8 && (minor > 0 || patch >= 20));
  }

  /** Without a strict mode, what does not fit is cut off; in others, texts change. */
  private static void requireSqlMode(String sqlMode) {
    Set<String> modes = Set.of(sqlMode.split(",", -1));
    boolean strict = modes.stream().anyMatch(STRICT::contains);
    if (!strict || modes.stream().anyMatch(UNFIT::contains)) {
      throw new StorageException(
          "sql_mode must have one of "
              + new TreeSet<>(STRICT)
              + " and none of "
              + new TreeSet<>(UNFIT)
              + ", was '"
              + sqlMode
              + "'");
    }
  }

  /** A log of statements takes none of a transaction at READ COMMITTED. */
  private static void requireRowLog(boolean on, String format) {
    if (on && format.equals("STATEMENT")) {
      throw new StorageException("binlog_format must be ROW or MIXED, was " + format);
    }
  }

  private static long requirePacket(long bytes) {
    if (bytes < SMALLEST_PACKET) {
      throw new StorageException(
          "max_allowed_packet must be at least " + SMALLEST_PACKET + ", was " + bytes);
    }
    return bytes;
  }

  /**
   * Begins a transaction that reads what is committed, whatever level the host has set: with a
   * snapshot, every change that had to wait for another would fail. H2 can only be told for the
   * session, until {@link #restore}; the others are told for this one transaction, so that a
   * connection that others share keeps its level.
   */
  void begin(Handle handle) {
    if (dialect == Dialect.H2) {
      isolate(handle, TRANSACTION_READ_COMMITTED);
      handle.begin();
      return;
    }
    handle.begin();
    if (isolation == TRANSACTION_READ_COMMITTED) {
      return;
    }
    handle.execute(dialect == Dialect.MARIADB ? MARIADB_BEGIN : READ_COMMITTED);
    if (dialect == Dialect.MYSQL) {
      handle.execute(MYSQL_BEGIN);
    }
  }

  /** Whether a statement that no transaction was begun for reads nothing that is not committed. */
  boolean readsCommitted() {
    return isolation != TRANSACTION_READ_UNCOMMITTED;
  }

  /** Keeps the plans of the transaction's statements to indexes, where that has to be said. */
  void keepToIndexes(Handle handle) {
    if (steersPlans) {
      Sql.use(handle, BY_INDEX, PreparedStatement::execute);
    }
  }

  /**
   * As {@link #keepToIndexes}, for a transaction in which nobody but an engine works: see {@link
   * Dialect#endedIfIdle}.
   */
  void beginOfEngine(Handle handle) {
    if (steersPlans) {
      Sql.use(handle, OF_ENGINE, PreparedStatement::execute);
    }
  }

  /** As {@link #beginOfEngine}, together with what comes first: see {@link Sql#begin}. */
  void beginOfClaim(Handle handle) {
    if (steersPlans) {
      begin(handle, OF_ENGINE);
    }
  }

  private void begin(Handle handle, String settings) {
    if (takesTwo) {
      Sql.begin(handle, settings);
    } else {
      Sql.use(handle, settings, PreparedStatement::execute);
    }
  }

  /**
   * As {@link #beginOfClaim}, for one that waits for locks for a moment only.
   *
   * @return whether it does
   */
  boolean beginOfSettler(Handle handle) {
    if (steersPlans) {
      begin(handle, OF_SETTLER);
    }
    return steersPlans;
  }

  /** Gives the connection the host's level again, once the transaction has ended. */
  void restore(Handle handle) {
    if (dialect == Dialect.H2) {
      isolate(handle, isolation);
    }
  }

  private void isolate(Handle handle, int level) {
    if (isolation == TRANSACTION_READ_COMMITTED) {
      return;
    }
    try {
      handle.getConnection().setTransactionIsolation(level);
    } catch (SQLException e) {
      throw new StorageException("the connection does not take an isolation level", e);
    }
  }
}
