package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doNothing;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.registry.Server;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.storage.Storage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.AdditionalAnswers;
import org.postgresql.ds.PGSimpleDataSource;

/** PostgreSQL as hosts set it up, and as it fails. */
class PostgresHostTest {
  private final PGSimpleDataSource host = Postgres.unpooledDataSource();

  private static Database database(DataSource dataSource) {
    return new Database(dataSource, new Migration(), null);
  }

  /** A DataSource whose connections come so. */
  private static DataSource opening(Callable<Connection> opening) throws SQLException {
    DataSource dataSource = mock(DataSource.class);
    when(dataSource.getConnection()).thenAnswer(call -> opening.call());
    return dataSource;
  }

  private static String setting(Handle handle, String name) {
    return handle.createQuery("SHOW " + name).mapTo(String.class).one();
  }

  private static List<AuditEntry> entries(long... ids) {
    return LongStream.of(ids)
        .mapToObj(
            id ->
                AuditEntry.of(
                    LogName.AUDIT, AuditRecord.of(1, 0, "done").id(id).time(Instant.EPOCH).build()))
        .toList();
  }

  /** How a host may have told the driver to send statements and to read results. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "prepareThreshold=-1",
        "prepareThreshold=0",
        "preferQueryMode=simple",
        "preferQueryMode=extendedCacheEverything",
        "autosave=always"
      })
  void claimAndSettle_anyWayOfTheDriver_areDone(String option) {
    PGSimpleDataSource told = new PGSimpleDataSource();
    told.setUrl(Postgres.url(host, "told") + "&" + option);
    TaskStore tasks = JdbcStorage.of(told).tasks();
    int node = tasks.join("boot", Duration.ofSeconds(30)).node();
    Instant now = Instant.now();
    for (long id = 1; id <= 20; id++) {
      TaskRow row = new TaskRow(id, 0, "work", "no" + id, "", "{}", 1, "none", 1, 1);
      tasks.insert(List.of(row));
      assertThat(tasks.claim(node, now.toEpochMilli(), 1)).hasSize(1);
      Attempt attempt = new Attempt(1, 1, now, now, Attempt.Outcome.SUCCESS, null, "");
      Settlement end =
          id % 2 == 0
              ? new Settlement.Finish(row, attempt, null)
              : new Settlement.Retry(id, attempt, now.toEpochMilli() + 60_000);
      assertThat(
              tasks.settle(
                  node, List.of(end), now.toEpochMilli(), TaskStore.IfLocked.WAIT_A_MOMENT))
          .hasSize(1);
    }
  }

  /** It is what an idle node does most. */
  @Test
  void renew_lease_isOneStatementAndNoTransaction() throws SQLException {
    AtomicInteger ended = new AtomicInteger();
    AtomicInteger prepared = new AtomicInteger();
    DataSource counting =
        opening(
            () -> {
              Connection opened = host.getConnection();
              Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(opened));
              doAnswer(call -> ended.incrementAndGet()).when(connection).commit();
              doAnswer(call -> ended.incrementAndGet()).when(connection).setAutoCommit(false);
              when(connection.prepareStatement(anyString()))
                  .thenAnswer(
                      call -> {
                        prepared.incrementAndGet();
                        return opened.prepareStatement(call.getArgument(0));
                      });
              return connection;
            });
    TaskStore own = JdbcStorage.of(host).tasks();
    int node = own.join("boot", Duration.ofSeconds(30)).node();
    TaskStore tasks = JdbcStorage.of(counting).tasks();
    tasks.renew(node, "boot", Duration.ofSeconds(30));
    prepared.set(0);
    ended.set(0);

    assertThat(tasks.renew(node, "boot", Duration.ofSeconds(30))).isPresent();
    assertThat(tasks.renew(node, "another", Duration.ofSeconds(30))).isEmpty();
    assertThat(prepared).hasValue(2);
    assertThat(ended).hasValue(0);
  }

  /** Writes with every store that needs no task. */
  private static void writeEverywhere(Storage storage) {
    storage.run(
        transaction -> {
          storage.keys().joining(transaction).advance();
          storage.permissions().joining(transaction).insertRole(new Role(1, "role"));
          storage.audit().joining(transaction).append(entries(1, 2));
        });
    assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.CLAIMED);
    assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.REPLAYED);
    assertThat(storage.audit().tree().pending(0, 9)).hasSize(2);
  }

  private HikariDataSource pool(boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(host);
    config.setMaximumPoolSize(1);
    config.setAutoCommit(autoCommit);
    return new HikariDataSource(config);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void use_oneConnection_servesAllAndGoesBackAsItCame(boolean autoCommit) throws SQLException {
    try (HikariDataSource pool = pool(autoCommit)) {
      writeEverywhere(JdbcStorage.of(pool));
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.getAutoCommit()).isEqualTo(autoCommit);
      }
      // Read in auto-commit mode and by another Jdbi, so as to see the session itself.
      try (Connection connection = pool.getConnection()) {
        connection.setAutoCommit(true);
        try (Handle session = Jdbi.create(connection).open()) {
          assertThat(leftBehind(session)).isEmpty();
        }
      }
    }
  }

  /** A pool need not put right what it gets back. */
  @Test
  void use_withoutAutoCommit_connectionGoesBackWithout() throws SQLException {
    try (Connection real = host.getConnection()) {
      Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(real));
      doNothing().when(connection).close();
      connection.setAutoCommit(false);
      Connections connections = new Connections(opening(() -> connection));
      Connection opened = connections.openConnection();
      assertThat(opened.getAutoCommit()).isTrue();
      connections.closeConnection(opened);
      assertThat(connection.getAutoCommit()).isFalse();
    }
  }

  /** What a pool that shares sessions between hosts would hand on. */
  private static List<String> leftBehind(Handle session) {
    return session
        .createQuery(
            "SELECT name FROM pg_settings WHERE source = 'session'"
                + " AND name <> 'application_name'" // which the driver sets
                + " UNION ALL SELECT 'lock' FROM pg_locks"
                + " WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
                + " UNION ALL SELECT pg_listening_channels()"
                + " UNION ALL SELECT relname FROM pg_class WHERE relpersistence = 't'")
        .mapTo(String.class)
        .list();
  }

  @ParameterizedTest
  @CsvSource({"serializable", "repeatable read"})
  void call_hostsOtherLevel_readsWhatIsCommittedAndLeavesTheLevel(String level) {
    host.setOptions("-c default_transaction_isolation=" + level.replace(" ", "\\ "));
    writeEverywhere(JdbcStorage.of(host));
    try (HikariDataSource pool = pool(true)) {
      assertThat(database(pool).<String>use(handle -> setting(handle, "transaction_isolation")))
          .isEqualTo("read committed");
      String after =
          Jdbi.create(pool).withHandle(handle -> setting(handle, "transaction_isolation"));
      assertThat(after).isEqualTo(level);
    }
  }

  @Test
  void use_mayOnlyRead_readsAndRefusesToWrite() {
    writeEverywhere(JdbcStorage.of(host));
    host.setOptions("-c default_transaction_read_only=on");
    Storage reader = JdbcStorage.of(host);
    reader.check();
    assertThat(reader.audit().tree().pending(0, 9)).hasSize(2);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> reader.audit().append(entries(3)))
        .withMessageContaining("SQL state 25006");
  }

  @Test
  void check_mayOnlyReadAndNoTables_refused() {
    host.setOptions("-c default_transaction_read_only=on");
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(host).check())
        .withMessage("the tables could not be brought up to date");
  }

  @Test
  void check_otherEncoding_refused() {
    Jdbi.create(host)
        .useHandle(
            handle ->
                handle.execute(
                    "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"));
    host.setDatabaseName("latin");
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(host).check())
        .withMessage("the database must be encoded in UTF8, was in LATIN1");
  }

  @Test
  void migrate_aScriptFails_leavesNothingAndCanBeDoneAgain() {
    Jdbi jdbi = Jdbi.create(host);
    jdbi.useHandle(handle -> handle.execute("CREATE TABLE gh_audit(id INT)"));
    JdbcStorage storage = JdbcStorage.of(host);
    assertThatExceptionOfType(StorageException.class).isThrownBy(storage::check);
    List<String> tables =
        jdbi.withHandle(
            handle ->
                handle
                    .createQuery(
                        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
                            + " ORDER BY tablename")
                    .mapTo(String.class)
                    .list());
    assertThat(tables).containsExactly("gh_audit", "gh_schema");
    jdbi.useHandle(handle -> handle.execute("DROP TABLE gh_audit"));
    writeEverywhere(storage);
  }

  /** The lock's wait counts against the time that the host gives a statement. */
  @Test
  void migrate_lockHeldLongerThanAStatementMayTake_waitsOn() throws SQLException {
    AtomicInteger opened = new AtomicInteger();
    try (Connection holder = Postgres.connection(host.getCurrentSchema())) {
      Handle lock = Jdbi.create(holder).open();
      lock.execute("CREATE TABLE gh_schema(version INT PRIMARY KEY, script VARCHAR(80) NOT NULL)");
      lock.execute("INSERT INTO gh_schema VALUES (0, 'lock')");
      lock.begin();
      lock.execute("SELECT version FROM gh_schema WHERE version = 0 FOR UPDATE");
      host.setOptions("-c statement_timeout=250ms");
      DataSource releasing =
          opening(
              () -> {
                if (opened.incrementAndGet() == 6) {
                  lock.commit();
                }
                return host.getConnection();
              });
      JdbcStorage.of(releasing).check();
      assertThat(opened).hasValueGreaterThanOrEqualTo(6);
    }
  }

  @Test
  void call_lockTimeout_isTriedAgain() throws SQLException {
    host.setOptions("-c lock_timeout=5ms");
    Database database = database(host);
    AtomicInteger tries = new AtomicInteger();
    database.use(handle -> handle.execute("CREATE TABLE host(id INT PRIMARY KEY)"));
    database.use(handle -> handle.execute("INSERT INTO host VALUES (1)"));
    try (Connection holder = Postgres.connection(host.getCurrentSchema());
        Handle lock = Jdbi.create(holder).open()) {
      lock.begin();
      lock.execute("SELECT id FROM host FOR UPDATE");
      int rows =
          database.call(
              transaction -> {
                if (tries.incrementAndGet() == 2) {
                  lock.rollback();
                }
                return database
                    .joining(transaction)
                    .use(handle -> handle.execute("UPDATE host SET id = 2"));
              });
      assertThat(rows).isEqualTo(1);
    }
    assertThat(tries).hasValue(2);
  }

  private static int backend(Handle handle) {
    return handle.createQuery("SELECT pg_backend_pid()").mapTo(Integer.class).one();
  }

  private static void end(int backend) {
    Postgres.use(
        handle ->
            handle
                .createQuery("SELECT pg_terminate_backend(:pid, 10000)")
                .bind("pid", backend)
                .mapTo(Boolean.class)
                .one());
  }

  private static Database withTable(DataSource dataSource) {
    Database database = database(dataSource);
    database.use(handle -> handle.execute("CREATE TABLE host(id INT)"));
    return database;
  }

  private static int count(Database database) {
    return database.use(
        handle -> handle.createQuery("SELECT COUNT(*) FROM host").mapTo(Integer.class).one());
  }

  @Test
  void call_connectionLostBeforeTheCommit_isTriedAgainWhole() {
    Database database = withTable(host);
    AtomicInteger tries = new AtomicInteger();
    database.call(
        transaction -> {
          Database joined = database.joining(transaction);
          joined.use(handle -> handle.execute("INSERT INTO host VALUES (1)"));
          if (tries.incrementAndGet() == 1) {
            end(joined.use(PostgresHostTest::backend));
          }
          return joined.use(handle -> handle.execute("INSERT INTO host VALUES (2)"));
        });
    assertThat(tries).hasValue(2);
    assertThat(count(database)).isEqualTo(2);
  }

  @Test
  void call_connectionLostAtTheCommit_isNotTriedAgain() {
    Database database = withTable(host);
    AtomicInteger tries = new AtomicInteger();
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(
            () ->
                database.call(
                    transaction -> {
                      tries.incrementAndGet();
                      Database joined = database.joining(transaction);
                      joined.use(handle -> handle.execute("INSERT INTO host VALUES (1)"));
                      end(joined.use(PostgresHostTest::backend));
                      return null;
                    }))
        .withMessageStartingWith("the connection broke: it may be committed or not");
    assertThat(tries).hasValue(1);
    assertThat(count(database)).isZero();
  }

  @Test
  void call_noConnection_isNotTriedAgain() throws SQLException {
    AtomicInteger opened = new AtomicInteger();
    Database database =
        withTable(
            opening(
                () -> {
                  opened.incrementAndGet();
                  return host.getConnection();
                }));
    host.setPortNumbers(new int[] {1});
    opened.set(0);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> count(database))
        .withMessageContaining("SQL state 08001");
    assertThat(opened).hasValue(1);
  }

  /** The driver then does not count the rows of a batch. */
  @Test
  void appendAudit_rewrittenBatches_refusesWhatIsTaken() {
    host.setReWriteBatchedInserts(true);
    Storage storage = JdbcStorage.of(host);
    storage.audit().append(entries(1, 2, 3));
    assertThatExceptionOfType(ConflictException.class)
        .isThrownBy(() -> storage.audit().append(entries(4, 5, 3)));
    assertThat(storage.audit().tree().pending(0, 9)).hasSize(3);
  }

  /**
   * In Turkish the hyphen hardly counts, the letter with a cedilla follows its own, and ı is before
   * i.
   */
  @Test
  void page_databaseSortsByALanguage_orderIsOfBytes() {
    Storage storage = JdbcStorage.of(host);
    List<String> names = List.of("a-b", "aa", "ab", "i", "z", "\u00e7", "\u0131", "\u015f");
    names.forEach(
        name ->
            storage
                .registry()
                .put(Server.named(name).at("h", 1).registered(Instant.EPOCH, Instant.EPOCH)));
    assertThat(storage.registry().servers("", 99))
        .extracting(Server::name)
        .containsExactlyElementsOf(names);
  }
}
