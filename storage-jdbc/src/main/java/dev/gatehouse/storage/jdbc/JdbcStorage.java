package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.Anchor;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.check.Check;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.jdbc.Migration.Terms;
import dev.gatehouse.transaction.Transaction;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;

/**
 * A storage in a relational database: PostgreSQL of version 14 or later, encoded in UTF8, MariaDB
 * of version 10.6 or later, MySQL of version 8.0.20 or later, or H2 of version 2.4; the host brings
 * the driver. Any other, or a setting that would change what is kept, is refused with a
 * StorageException by the first call that needs it. Its tables, all named {@code gh_...}, are made
 * or brought up to date on first use, on two connections of their own at most. They are where the
 * host's connections make tables, on PostgreSQL in the first schema of the search path, which must
 * be the same for every connection, that of a {@link JdbcTransaction} included; or as {@link
 * #withTables} says. Where they are up to date already, rights to read and write them are enough,
 * and for what only reads, to read.
 *
 * <p>Connections may come with any isolation level, with auto-commit on or off, and from a pool
 * that gives each transaction another session: they go back as they came, and transactions of the
 * storage's own read what is committed. It tries again by itself what failed for a conflict with
 * others, a lock that was too long to come, or a connection that broke before the commit. If it
 * broke at the commit, the work may have been done or not, and the {@link
 * dev.gatehouse.error.StorageException} says so. A host's transaction is never tried again; an
 * error of the database ends it on PostgreSQL, as any other would, and a deadlock on MariaDB and
 * MySQL.
 *
 * <p>Each thread that asks it something needs one connection of the DataSource for as long as that
 * takes. A Gatehouse that was started has thirteen at most: seven of the scheduler's (claimer,
 * settler, gatekeeper, lease, keeper, sweeper, tidier), two that sequence records, two of the
 * registry's, and, on PostgreSQL, two that hear and give hints. To these come its workers, while
 * they prepare callbacks, and the host's own. With fewer connections they take turns.
 *
 * <p>The one of the lease is kept from the start of a Gatehouse until it is closed, opened again
 * after a failure, so that handlers that have all of a pool's cost the node no lease. Where the
 * DataSource gives no other beside it within half a second, as a pool of one, none is kept, which
 * is tried anew after a minute: then how long the pool lets a thread wait must be well below the
 * lease.
 *
 * <p>On PostgreSQL, nodes tell each other of tasks that are due soon ({@code LISTEN} and {@code
 * NOTIFY}), so that an idle one need not find out by its next look, 2.5 seconds later at worst. For
 * that a Gatehouse that was started keeps one connection of the DataSource to itself until it is
 * closed, opened again after a failure, and one more for a moment whenever it has something to
 * tell, at most every 10 ms. {@link #withoutHints} does without: where connections are few, or come
 * from a pooler that gives each transaction another session, such as PgBouncer's transaction mode,
 * with which nothing would be heard. On other databases only nodes that share the storage tell each
 * other. Safe for use by multiple threads.
 */
public final class JdbcStorage implements Storage {
  private static final int H2_CONNECTIONS = 16;
  private static final Duration NETWORK_TIMEOUT = Duration.ofMinutes(1);
  private static final Duration LONGEST_NETWORK_TIMEOUT = Duration.ofDays(1);

  private final Setup setup;
  private final Database database;
  private final @Nullable JdbcHints remoteHints;
  private final RegistryStore registry;
  private final KeyStore keys;
  private final NonceStore nonces;
  private final PermissionStore permissions;
  private final TaskStore tasks;
  private final ScheduleStore schedules;
  private final WorkflowStore workflows;
  private final AuditStore audit;
  private final AuditStore eventLog;

  /** Where nodes hear hints from. */
  private enum Reach {
    PROCESS,
    DATABASE
  }

  /** What a storage is made of. */
  private record Setup(
      DataSource dataSource,
      @Nullable JdbcConnectionPool ownPool,
      Database.Time time,
      Reach hints,
      TableNames names,
      Terms terms) {
    Setup(
        DataSource dataSource,
        @Nullable JdbcConnectionPool ownPool,
        @Nullable InstantSource leaseClock,
        Reach hints) {
      this(
          dataSource,
          ownPool,
          new Database.Time(leaseClock, NetworkTimeout.of(NETWORK_TIMEOUT)),
          hints,
          TableNames.STANDARD,
          Terms.NONE);
    }

    Setup with(Reach reach, TableNames tables, Terms withTerms) {
      return new Setup(dataSource, ownPool, time, reach, tables, withTerms);
    }

    Setup with(NetworkTimeout timeout) {
      return new Setup(
          dataSource, ownPool, new Database.Time(time.leases(), timeout), hints, names, terms);
    }
  }

  private JdbcStorage(Setup setup) {
    this.setup = setup;
    database =
        Database.of(
            setup.dataSource, new Migration(new NamedTables(setup.names), setup.terms), setup.time);
    remoteHints = setup.hints == Reach.DATABASE ? new JdbcHints(setup.dataSource, database) : null;
    registry = new JdbcRegistryStore(database);
    keys = new JdbcKeyStore(database);
    nonces = new JdbcNonceStore(database);
    permissions = new JdbcPermissionStore(database);
    tasks = new JdbcTaskStore(database, remoteHints == null ? Hints.inProcess() : remoteHints);
    schedules = new JdbcScheduleStore(database);
    workflows = new JdbcWorkflowStore(database);
    audit = new JdbcAuditStore(database, new LogTables(LogName.AUDIT));
    eventLog = new JdbcAuditStore(database, new LogTables(LogName.EVENT));
  }

  /**
   * A storage in the host's database. The DataSource stays the host's. An H2 file of the host's
   * should be opened as {@code jdbc:h2:async:}, or the interruption of a handler closes it for all.
   */
  public static JdbcStorage of(DataSource dataSource) {
    return new JdbcStorage(
        new Setup(requireNonNull(dataSource, "dataSource"), null, null, Reach.DATABASE));
  }

  /**
   * As {@link #of(DataSource)}, but leases run by the clock instead of the database's. For tests in
   * virtual time: with several nodes, only the database's clock is the same for all.
   */
  public static JdbcStorage of(DataSource dataSource, InstantSource leaseClock) {
    return new JdbcStorage(
        new Setup(
            requireNonNull(dataSource, "dataSource"),
            null,
            requireNonNull(leaseClock, "leaseClock"),
            Reach.DATABASE));
  }

  /**
   * A storage in an H2 database in that file (H2 adds {@code .mv.db}), made if missing and used by
   * one process at a time. H2 writes a commit to the file within 500 ms, or at once on an orderly
   * end: a crash of the machine or the process may lose what was committed last.
   *
   * <p>The file is opened through H2's {@code async:}, for a thread that is interrupted at work on
   * a plain {@code file:} closes it for all; and handlers out of time are interrupted. A host that
   * opens such a database itself should do the same.
   */
  public static JdbcStorage h2(Path file) {
    String path = requireNonNull(file, "file").toAbsolutePath().toString();
    if (path.indexOf(';') >= 0) {
      throw new IllegalArgumentException("file must not hold ';', was " + path);
    }
    JdbcConnectionPool pool =
        JdbcConnectionPool.create("jdbc:h2:async:" + path + ";DB_CLOSE_ON_EXIT=FALSE", "sa", "");
    pool.setMaxConnections(H2_CONNECTIONS);
    return new JdbcStorage(new Setup(pool, pool, null, Reach.PROCESS));
  }

  /**
   * A place in another database where heads of an audit log's tree are kept, in the table {@code
   * gh_audit_anchor}, made if missing; or beforehand, by {@code anchor.sql} in the jar, for a user
   * who may insert and select only. Of use only where nobody who can write to the log's database
   * can change or remove its rows.
   */
  public static Anchor anchor(DataSource dataSource) {
    return anchor(dataSource, TableNames.STANDARD);
  }

  /** As {@link #anchor(DataSource)}, with a table of another prefix or schema. */
  public static Anchor anchor(DataSource dataSource, TableNames names) {
    return new JdbcAnchor(dataSource, requireNonNull(names, "names"));
  }

  /**
   * This storage, of which nodes in other processes hear nothing, and which hears nothing of them:
   * it keeps no connection for that. Only nodes that share the returned object tell each other of
   * tasks; the others find them by polling. The returned one takes this one's place.
   */
  public JdbcStorage withoutHints() {
    return new JdbcStorage(setup.with(Reach.PROCESS, setup.names, setup.terms));
  }

  /**
   * This storage, which waits so long for the answer to a statement, a minute if nothing is said,
   * before it takes a server that says nothing for gone, closes the connection and fails; for the
   * renewal of a node's lease no longer than a quarter of that, a second at least. Searches of the
   * logs, the making of tables and the clearing away of dead rows may take any time, and so may a
   * host's own transaction. A network timeout that connections come with, by {@code socketTimeout}
   * of a driver, is not touched; H2 knows none. The returned one takes this one's place.
   *
   * @param timeout from 1 ms to a day, longer than a lock is waited for; or zero, for none
   */
  public JdbcStorage withNetworkTimeout(Duration timeout) {
    Check.range(timeout, Duration.ZERO, LONGEST_NETWORK_TIMEOUT, "timeout");
    return new JdbcStorage(setup.with(NetworkTimeout.of(timeout)));
  }

  /**
   * This storage with tables of other names, or in another schema, which must be there. All nodes
   * that are to share tasks, keys and all else must have the same. The returned one takes this
   * one's place.
   */
  public JdbcStorage withTables(TableNames names) {
    return new JdbcStorage(setup.with(setup.hints, requireNonNull(names, "names"), setup.terms));
  }

  /**
   * This storage with an index of the words in audit records, of the values in their {@code ext},
   * and of the application's keywords and flags: on PostgreSQL a query by such finds at once what
   * is rare in a large log, and to append a record costs more. Other databases do without. Records
   * that were written without, and the few whose terms cannot be kept, are looked at one by one
   * beside it, so what is found is always the same; with 10,000 of them in its window a search is
   * one without the index: {@link #auditTermsFill} gives terms to those of a log that is old
   * already. The index is made with the first call, for which writers to the log wait and a right
   * to make it is needed; or beforehand by {@code postgresql/audit-terms.sql} and {@code
   * event-terms.sql} in the jar. The returned one takes this one's place.
   */
  public JdbcStorage withAuditTerms() {
    return new JdbcStorage(setup.with(setup.hints, setup.names, Terms.INDEXED));
  }

  /**
   * A way through both logs that gives terms to records which were written without, for {@link
   * #withAuditTerms} to find them by its index. Does nothing by itself.
   */
  public AuditTermsFill auditTermsFill() {
    return new AuditTermsFill(database);
  }

  @Override
  public RegistryStore registry() {
    return registry;
  }

  @Override
  public KeyStore keys() {
    return keys;
  }

  @Override
  public NonceStore nonces() {
    return nonces;
  }

  @Override
  public PermissionStore permissions() {
    return permissions;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public ScheduleStore schedules() {
    return schedules;
  }

  @Override
  public WorkflowStore workflows() {
    return workflows;
  }

  @Override
  public AuditStore audit() {
    return audit;
  }

  @Override
  public AuditStore eventLog() {
    return eventLog;
  }

  @Override
  public <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    return database.call(work);
  }

  /**
   * What the database lacks of what this library needs, each in a few words that name it, such as
   * {@code column gh_task.note}; empty if nothing. Makes nothing and changes nothing, unlike the
   * first use of a store. Types, rights and a table's rows are not looked at.
   *
   * @throws dev.gatehouse.error.StorageException if the database cannot be asked, is none that the
   *     library works on, or has the schema of a later version of the library
   */
  public List<String> validate() {
    return database.missing();
  }

  /**
   * {@inheritDoc} Makes the tables, or brings them up to date, if no call has done so before: what
   * a host that wants its tables made at its own time calls.
   */
  @Override
  public void check() {
    database.use(
        handle ->
            handle.createQuery("SELECT MAX(version) FROM gh_schema").mapTo(Integer.class).one());
  }

  @Override
  public void close() {
    if (remoteHints != null) {
      remoteHints.close();
    }
    if (setup.ownPool != null) {
      setup.ownPool.dispose();
    }
  }
}
