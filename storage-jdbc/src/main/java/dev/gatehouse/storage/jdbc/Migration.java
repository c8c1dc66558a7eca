package dev.gatehouse.storage.jdbc;

import static java.util.stream.Collectors.partitioningBy;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Batch;
import org.jdbi.v3.core.statement.Script;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the tables up to date, once, before first use. Nodes that start at once take turns by the
 * lock row of {@code gh_schema}. PostgreSQL makes the tables in the transaction that holds it; as
 * the others commit with each table, there a second connection makes them, and a script that was
 * broken off is run again. Where nothing is missing, nothing is written, so that a node that may
 * only read can.
 *
 * <p>Version <i>n</i> is the script number <i>n</i> of {@link #SCRIPTS}, in the words of the {@link
 * Dialect}; {@code gh_schema} holds the versions that were applied, and 0 for the lock row.
 */
final class Migration {
  private static final Logger LOG = LoggerFactory.getLogger(Migration.class);

  static final List<String> SCRIPTS =
      List.of(
          "0001-registry.sql",
          "0002-signing.sql",
          "0003-permission.sql",
          "0004-scheduler.sql",
          "0005-audit.sql",
          "0006-schedule.sql",
          "0007-gate.sql",
          "0008-workflow.sql",
          "0009-event.sql");

  /** What says how PostgreSQL keeps a table, and nothing of what is in it. */
  private static final Pattern SETTING =
      Pattern.compile("(?is)\\s*ALTER TABLE \\S+\\s+(SET\\s*\\(|ALTER COLUMN \\w+ SET STORAGE ).*");

  private static final String SAVEPOINT = "gh_setting";

  /** SQL states of a table or, on H2, a schema that is not there, in H2, PostgreSQL, MariaDB. */
  private static final Set<String> NO_TABLE = Set.of("42S02", "42S03", "42S04", "42P01", "90079");

  /** Of a table, or a type of its rows, that another connection makes at the same time. */
  private static final Set<String> MADE_BY_ANOTHER = Set.of("23505", "42P07", "42710");

  /**
   * The code, on MariaDB and MySQL, of a database that is not there, on a connection to another.
   */
  private static final int NO_DATABASE = 1049;

  /** SQL state of a statement that ran out of the time that the host allows. */
  private static final String OUT_OF_TIME = "57014";

  /**
   * How often the lock is asked for, each time for as long as the database lets a statement wait,
   * and what was broken off is taken up again; but not if no connection is to be had.
   */
  private static final RetryPolicy<Object> PATIENCE =
      RetryPolicy.builder()
          .handleIf(Migration::mayBeTriedAgain)
          .withMaxAttempts(30)
          .withBackoff(Duration.ofMillis(2), Duration.ofMillis(100))
          .build();

  private static final String INDEXES =
      "SELECT COUNT(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
          + " WHERE i.indrelid = to_regclass(?) AND c.relname = ? AND i.indisvalid";

  /** Whether audit records have an index of their terms, where there can be one. */
  enum Terms {
    NONE,
    INDEXED
  }

  private final NamedTables tables;
  private final Terms terms;
  private volatile @Nullable Profile profile; // written under the monitor, once all is done

  Migration() {
    this(NamedTables.STANDARD, Terms.NONE);
  }

  /** Of tables with those names; handles must come with them. */
  Migration(NamedTables tables, Terms terms) {
    this.tables = tables;
    this.terms = terms;
  }

  boolean hasTerms() {
    return terms == Terms.INDEXED;
  }

  NamedTables tables() {
    return tables;
  }

  /**
   * Applies what is missing; refuses a schema newer than this library.
   *
   * @return what the database is
   */
  Profile ensure(Jdbi jdbi) {
    Profile known = profile;
    return known == null ? migrate(jdbi) : known;
  }

  /** What the database is, as far as it was asked; does not ask it. */
  @Nullable Profile known() {
    return profile;
  }

  private synchronized Profile migrate(Jdbi jdbi) {
    Profile known = profile;
    if (known != null) {
      return known;
    }
    try {
      Profile found = Failsafe.with(PATIENCE).get(() -> bringUpToDate(jdbi));
      profile = found;
      return found;
    } catch (FailsafeException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("interrupted while the tables were brought up to date", e);
    } catch (JdbiException e) {
      String schema = tables.names().schema();
      throw new StorageException(
          "the tables "
              + (schema == null ? "" : "in the schema " + schema + " ")
              + "could not be brought up to date",
          e);
    }
  }

  private static boolean mayBeTriedAgain(Throwable e) {
    return Thrown.isTransient(e)
        || Thrown.sqlState(e).equals(OUT_OF_TIME)
        || (Thrown.isLost(e) && !(e instanceof ConnectionException));
  }

  private Profile bringUpToDate(Jdbi jdbi) {
    Profile found = jdbi.withHandle(Profile::of);
    if (!jdbi.withHandle(Migration::isUpToDate)) {
      jdbi.useHandle(handle -> make(handle, found.dialect(), "0000-schema.sql"));
      migrate(jdbi, found);
    }
    for (String log : jdbi.withHandle(handle -> logsWithoutTerms(handle, found.dialect()))) {
      makeTerms(jdbi, found, log);
    }
    return found;
  }

  private static boolean isUpToDate(Handle handle) {
    return versionOrNone(handle) == SCRIPTS.size();
  }

  /** An index of which the making failed, or is under way, is none. */
  private List<String> logsWithoutTerms(Handle handle, Dialect dialect) {
    if (terms == Terms.NONE || dialect != Dialect.POSTGRESQL) {
      return List.of();
    }
    return Stream.of(LogName.values())
        .map(LogName::toString)
        .filter(
            log ->
                handle
                        .createQuery(INDEXES)
                        .bind(0, tables.in("gh_" + log))
                        .bind(1, tables.unqualified("gh_" + log + "_terms"))
                        .mapTo(Long.class)
                        .one()
                    == 0)
        .toList();
  }

  /** Each by itself: who writes to both logs must not wait for one, and it for the other. */
  private void makeTerms(Jdbi jdbi, Profile profile, String log) {
    locked(
        jdbi,
        profile,
        lock -> {
          lock.execute("SET LOCAL statement_timeout = 0");
          statements(lock, profile.dialect(), log + "-terms.sql").forEach(lock::execute);
        });
  }

  private static int version(Handle handle) {
    int version =
        handle
            .createQuery("SELECT COALESCE(MAX(version), 0) FROM gh_schema")
            .mapTo(Integer.class)
            .one();
    if (version > SCRIPTS.size()) {
      throw new StorageException(
          "the schema is at version "
              + version
              + ", this library knows versions up to "
              + SCRIPTS.size());
    }
    return version;
  }

  /**
   * What is missing for this library to work, without making it: the version, then what the tables
   * lack. Refuses a schema that is newer.
   */
  List<String> missing(Handle handle) {
    Dialect dialect = Profile.of(handle).dialect();
    Schema schema = Schema.of(dialect, tables);
    List<String> missing =
        new ArrayList<>(Sql.on(handle, connection -> schema.missingIn(connection, dialect)));
    logsWithoutTerms(handle, dialect)
        .forEach(log -> missing.add("index " + tables.unqualified("gh_" + log + "_terms")));
    int version = versionOrNone(handle);
    if (version == SCRIPTS.size()) {
      return missing;
    }
    List<String> all = new ArrayList<>();
    all.add("version " + SCRIPTS.size() + " of the schema, which is at " + version);
    all.addAll(missing);
    return all;
  }

  private static int versionOrNone(Handle handle) {
    try {
      return version(handle);
    } catch (JdbiException e) {
      if (isOfNoTable(e)) {
        return 0;
      }
      throw e;
    }
  }

  /** Whether a statement failed because a table is not there. */
  static boolean isOfNoTable(JdbiException e) {
    return NO_TABLE.contains(Thrown.sqlState(e)) || Thrown.code(e) == NO_DATABASE;
  }

  /**
   * Runs a script whose statements do nothing where all is there, outside of any transaction. Where
   * two run it at once, one of them may fail for what the other makes.
   */
  static void make(Handle handle, Dialect dialect, String script) {
    for (String statement : statements(handle, dialect, script)) {
      try {
        handle.execute(statement);
      } catch (JdbiException e) {
        if (!MADE_BY_ANOTHER.contains(Thrown.sqlState(e)) && !Thrown.isDuplicate(e)) {
          throw e;
        }
      }
    }
  }

  private static void migrate(Jdbi jdbi, Profile profile) {
    locked(jdbi, profile, lock -> apply(lock, jdbi, profile.dialect()));
  }

  /** Works in a transaction that has the lock row. */
  private static void locked(Jdbi jdbi, Profile profile, Consumer<Handle> work) {
    try (Handle lock = jdbi.open()) {
      profile.begin(lock);
      try {
        lock.createQuery("SELECT version FROM gh_schema WHERE version = 0 FOR UPDATE")
            .mapTo(Integer.class)
            .one();
        work.accept(lock);
        lock.commit();
      } finally {
        Connections.quietly(
            () -> {
              if (lock.isInTransaction()) {
                lock.rollback();
              }
            });
        Connections.quietly(() -> profile.restore(lock));
      }
    }
  }

  private static void apply(Handle lock, Jdbi jdbi, Dialect dialect) {
    if (dialect.makesTablesInTransactions()) {
      lock.execute("SET LOCAL statement_timeout = 0");
      apply(lock, dialect);
      return;
    }
    // Not useHandle, which on this thread may give the lock's own connection.
    try (Handle handle = jdbi.open()) {
      apply(handle, dialect);
    }
  }

  private static void apply(Handle handle, Dialect dialect) {
    for (int next = version(handle) + 1; next <= SCRIPTS.size(); next++) {
      String script = SCRIPTS.get(next - 1);
      run(handle, statements(handle, dialect, script));
      Database.inserted(
          handle
              .createUpdate(
                  "INSERT INTO gh_schema(version, script) VALUES (?, ?)" + dialect.orNothing())
              .bind(0, next)
              .bind(1, script));
    }
  }

  /** A setting that the database refuses is left out: it is for speed. */
  private static void run(Handle handle, List<String> statements) {
    Map<Boolean, List<String>> parts =
        statements.stream().collect(partitioningBy(one -> SETTING.matcher(one).matches()));
    try (Batch needed = handle.createBatch()) {
      parts.getOrDefault(false, List.of()).forEach(needed::add);
      needed.execute();
    }
    for (String setting : parts.getOrDefault(true, List.of())) {
      handle.savepoint(SAVEPOINT);
      try {
        handle.execute(setting);
        handle.releaseSavepoint(SAVEPOINT);
      } catch (JdbiException e) {
        if (!Thrown.isRefused(e)) {
          throw e;
        }
        handle.rollbackToSavepoint(SAVEPOINT);
        LOG.info("The database refuses a setting of a table's, and does without: {}", setting);
      }
    }
  }

  /**
   * The statements of a script as they are written: who runs them puts in the tables' names, which
   * done twice would qualify them twice.
   */
  private static List<String> statements(Handle handle, Dialect dialect, String script) {
    try (Script parsed = handle.createScript(dialect.script(script))) {
      return parsed
          .configure(SqlStatements.class, plain -> plain.setTemplateEngine(TemplateEngine.NOP))
          .getStatements();
    }
  }
}
