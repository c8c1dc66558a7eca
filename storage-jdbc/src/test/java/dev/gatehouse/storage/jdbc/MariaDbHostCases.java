package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
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
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.storage.Storage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.AdditionalAnswers;

/** MariaDB and MySQL as hosts set them up, and as they fail. */
abstract class MariaDbHostCases {
  private static final long FAR = Long.MAX_VALUE / 2;

  /**
   * New connections to a new database.
   *
   * @param options of the driver
   */
  abstract DataSource host(String options);

  /** Runs statements with the rights to everything. */
  abstract <T> T asRoot(Function<Handle, T> statements);

  /** How a write of a session that may only read is refused. */
  abstract String refusalOfAWrite();

  private static Database database(DataSource dataSource) {
    return new Database(dataSource, new Migration(), null);
  }

  static DataSource opening(Callable<Connection> opening) throws SQLException {
    DataSource dataSource = mock(DataSource.class);
    when(dataSource.getConnection()).thenAnswer(call -> opening.call());
    return dataSource;
  }

  /** One connection to a database whose tables are there. */
  static HikariDataSource pool(DataSource dataSource) {
    JdbcStorage.of(dataSource).check();
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource);
    config.setMaximumPoolSize(1);
    return new HikariDataSource(config);
  }

  private static List<AuditEntry> entries(long... ids) {
    return LongStream.of(ids)
        .mapToObj(
            id ->
                AuditEntry.of(
                    LogName.AUDIT, AuditRecord.of(1, 0, "done").id(id).time(Instant.EPOCH).build()))
        .toList();
  }

  private static TaskRow row(long id, String taskNo, String content) {
    return new TaskRow(id, 7, "callback", taskNo, "", content, 1_000, "linear:5:5", 0, 0);
  }

  private static List<TaskRow> rows(int count) {
    return LongStream.rangeClosed(1, count).mapToObj(id -> row(id, "n" + id, "{}")).toList();
  }

  /** Writes with every store that needs no task, and ends tasks in every way. */
  static void writeEverywhere(Storage storage) {
    storage.run(
        transaction -> {
          storage.keys().joining(transaction).advance();
          storage.permissions().joining(transaction).insertRole(new Role(1, "role"));
          storage.audit().joining(transaction).append(entries(1, 2));
        });
    assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.CLAIMED);
    assertThat(storage.nonces().claim(1, "n", 9, 1, 9)).isEqualTo(Outcome.REPLAYED);
    assertThat(storage.audit().tree().pending(0, 9)).hasSize(2);
    assertThatExceptionOfType(ConflictException.class)
        .isThrownBy(() -> storage.audit().append(entries(3, 4, 2)));
    TaskStore tasks = storage.tasks();
    assertThat(tasks.insert(rows(90))).hasSize(90);
    int node = tasks.join("boot", Duration.ofSeconds(60)).node();
    List<ClaimedTask> claimed = tasks.claim(node, 10, 90);
    assertThat(claimed).hasSize(90);
    List<Settlement> settlements = claimed.stream().map(MariaDbHostCases::settlement).toList();
    assertThat(tasks.settle(node, settlements, 5)).hasSize(90);
    assertThat(tasks.failed(OptionalLong.empty(), 0, 99)).hasSize(30);
    assertThat(tasks.find(OptionalLong.empty(), 1).orElseThrow().status())
        .isEqualTo(TaskStatus.WAITING);
    assertThat(tasks.find(OptionalLong.empty(), 2).orElseThrow().status())
        .isEqualTo(TaskStatus.FINISHED);
    int finished = tasks.purge(TaskStatus.FINISHED, FAR, 1_000);
    assertThat(finished + tasks.purge(TaskStatus.FAILED, FAR, 1_000)).isEqualTo(60);
  }

  /** Of three tasks one fails, one is due again, and one finishes. */
  private static Settlement settlement(ClaimedTask task) {
    long id = task.row().id();
    Instant now = Instant.ofEpochMilli(5);
    Attempt.Outcome outcome = id % 3 == 2 ? Attempt.Outcome.SUCCESS : Attempt.Outcome.FAILURE;
    Attempt attempt =
        new Attempt(
            task.attempt(), task.fence(), now, now, outcome, 200, id % 3 == 2 ? "" : "no: \u20ac");
    return switch ((int) (id % 3)) {
      case 0 -> new Settlement.Fail(id, attempt);
      case 1 -> new Settlement.Retry(id, attempt, 1_000_000);
      default -> new Settlement.Finish(task.row(), attempt, "{\"a\":\"\ud83d\ude80\"}");
    };
  }

  @Test
  void check_smallPackets_refused() {
    DataSource host = host("");
    asRoot(handle -> handle.execute("SET GLOBAL max_allowed_packet = 1048576"));
    try {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> JdbcStorage.of(host).check())
          .withMessage("max_allowed_packet must be at least 4194304, was 1048576");
    } finally {
      asRoot(handle -> handle.execute("SET GLOBAL max_allowed_packet = 16777216"));
    }
  }

  /** How many rows the handle's transaction sees before and after another adds one. */
  private static boolean seesWhatIsCommitted(Handle handle, Jdbi others) {
    String sql = "SELECT COUNT(*) FROM host";
    int before = handle.createQuery(sql).mapTo(Integer.class).one();
    others.useHandle(other -> other.execute("INSERT INTO host VALUES (NULL)"));
    return handle.createQuery(sql).mapTo(Integer.class).one() > before;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void call_hostReadsSnapshots_readsWhatIsCommittedAndLeavesTheLevel(boolean anyStatement) {
    DataSource host = host("");
    Jdbi others = Jdbi.create(host);
    others.useHandle(
        handle -> handle.execute("CREATE TABLE host(id INT AUTO_INCREMENT PRIMARY KEY)"));
    try (HikariDataSource pool = pool(host)) {
      Database database = database(pool);
      if (anyStatement) {
        assertThat(database.<Boolean>use(handle -> seesWhatIsCommitted(handle, others))).isTrue();
      } else {
        database.call(transaction -> 0);
      }
      boolean afterwards =
          Jdbi.create(pool).inTransaction(handle -> seesWhatIsCommitted(handle, others));
      assertThat(afterwards).isFalse();
    }
  }

  /** In a transaction whose snapshot is older. */
  @Test
  void insert_numberTakenSinceTheHostBegan_keepsWhoHasIt() throws SQLException {
    DataSource host = host("");
    TaskStore tasks = JdbcStorage.of(host).tasks();
    tasks.insert(List.of(row(1, "other", "{}")));
    try (Connection connection = host.getConnection()) {
      connection.setAutoCommit(false);
      TaskStore joined = tasks.joining(JdbcTransaction.of(connection));
      assertThat(joined.findId(7, "A")).isEmpty();
      tasks.insert(List.of(row(2, "A", "{}")));
      assertThat(joined.insert(List.of(row(3, "A", "{}"), row(4, "B", "{}"))))
          .containsExactly(2L, 4L);
      connection.commit();
    }
    assertThat(tasks.findId(7, "A")).hasValue(2);
    assertThat(tasks.findId(7, "B")).hasValue(4);
  }

  @Test
  void insert_textsThatLookAlike_areDifferentAndKept() {
    TaskStore tasks = JdbcStorage.of(host("")).tasks();
    List<String> numbers =
        List.of("a", "a ", "A", "\u00e4", "a\u0308", "\ud83d\ude80", "\u0131", "i", "'\\", "%");
    for (int i = 0; i < numbers.size(); i++) {
      tasks.insert(List.of(row(i + 1, numbers.get(i), "{}")));
    }
    for (int i = 0; i < numbers.size(); i++) {
      assertThat(tasks.findId(7, numbers.get(i))).hasValue(i + 1);
      assertThat(tasks.find(OptionalLong.empty(), i + 1).orElseThrow().row().taskNo())
          .isEqualTo(numbers.get(i));
    }
  }

  @Test
  void page_databaseIgnoresCase_orderIsOfBytes() {
    Storage storage = JdbcStorage.of(host(""));
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

  /** Together they are longer than a packet may be. */
  @Test
  void insert_manyOfTheLargest_allAreKept() {
    TaskStore tasks = JdbcStorage.of(host("")).tasks();
    String content = "\"" + "'".repeat((1 << 20) - 2) + "\"";
    List<TaskRow> rows =
        LongStream.rangeClosed(1, 20).mapToObj(id -> row(id, null, content)).toList();
    assertThat(tasks.insert(rows)).hasSize(20);
    assertThat(tasks.find(OptionalLong.empty(), 20).orElseThrow().row().content())
        .isEqualTo(content);
  }

  /** As far as that statement of the scripts; each is committed. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 15, 19, 25, 31})
  void migrate_killedWithinAScript_isTakenUpAgain(int statements) {
    DataSource host = host("");
    int left = statements;
    try (Handle handle = Jdbi.create(host).open()) {
      handle.execute(
          "CREATE TABLE gh_schema(version INT PRIMARY KEY, script VARCHAR(80) NOT NULL)");
      handle.execute("INSERT INTO gh_schema VALUES (0, 'lock')");
      Dialect dialect = Dialect.of(handle);
      for (int i = 0; i < Migration.SCRIPTS.size() && left > 0; i++) {
        List<String> script =
            handle.createScript(dialect.script(Migration.SCRIPTS.get(i))).getStatements();
        script.stream().limit(left).forEach(handle::execute);
        left -= script.size();
        if (left >= 0) {
          handle.execute("INSERT INTO gh_schema VALUES (?, 'done')", i + 1);
        }
      }
    }
    assertThat(left).isLessThanOrEqualTo(0);
    writeEverywhere(JdbcStorage.of(host));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void migrate_connectionBreaks_isTakenUpAgain(int statements) throws SQLException {
    DataSource host = host("");
    AtomicInteger left = new AtomicInteger(statements);
    DataSource dying =
        opening(
            () -> {
              Connection opened = host.getConnection();
              Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(opened));
              when(connection.createStatement())
                  .thenAnswer(call -> dyingOrNot(left, opened).createStatement());
              return connection;
            });
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> JdbcStorage.of(dying).check());
    assertThat(left).hasValueLessThan(0);
    writeEverywhere(JdbcStorage.of(host));
  }

  private static Connection dyingOrNot(AtomicInteger left, Connection connection)
      throws SQLException {
    if (left.decrementAndGet() < 0) {
      connection.abort(Runnable::run);
      throw new SQLException("killed", "XX000");
    }
    return connection;
  }

  private void kill(Handle handle) {
    long id = handle.createQuery("SELECT CONNECTION_ID()").mapTo(Long.class).one();
    asRoot(killer -> killer.execute("KILL CONNECTION " + id));
  }

  private static Database withTable(DataSource dataSource) {
    Database database = database(dataSource);
    database.use(handle -> handle.execute("CREATE TABLE host(id INT PRIMARY KEY, n INT)"));
    database.use(handle -> handle.execute("INSERT INTO host VALUES (1, 0), (2, 0)"));
    return database;
  }

  private static int sum(Database database) {
    return database.use(
        handle -> handle.createQuery("SELECT SUM(n) FROM host").mapTo(Integer.class).one());
  }

  private static int add(Handle handle, int id) {
    return handle.execute("UPDATE host SET n = n + 1 WHERE id = ?", id);
  }

  @Test
  void call_connectionLostBeforeTheCommit_isTriedAgainWhole() {
    Database database = withTable(host(""));
    AtomicInteger tries = new AtomicInteger();
    database.call(
        transaction -> {
          Database joined = database.joining(transaction);
          joined.use(handle -> add(handle, 1));
          if (tries.incrementAndGet() == 1) {
            joined.use(
                handle -> {
                  kill(handle);
                  return 0;
                });
          }
          return joined.use(handle -> add(handle, 2));
        });
    assertThat(tries).hasValue(2);
    assertThat(sum(database)).isEqualTo(2);
  }

  @Test
  void call_lockTooLongToCome_isTriedAgain() throws SQLException {
    DataSource host = host("sessionVariables=innodb_lock_wait_timeout=1");
    Database database = withTable(host);
    AtomicInteger tries = new AtomicInteger();
    try (Handle lock = Jdbi.create(host).open()) {
      lock.begin();
      add(lock, 1);
      database.call(
          transaction -> {
            if (tries.incrementAndGet() == 2) {
              lock.rollback();
            }
            return database.joining(transaction).use(handle -> add(handle, 1));
          });
    }
    assertThat(tries).hasValue(2);
    assertThat(sum(database)).isEqualTo(1);
  }

  @Test
  void call_twoWaitForEachOther_oneIsTriedAgain() throws Exception {
    Database database = withTable(host(""));
    CyclicBarrier bothHoldOne = new CyclicBarrier(2);
    AtomicInteger tries = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> both =
          List.of(
              threads.submit(() -> addBoth(database, 1, 2, bothHoldOne, tries)),
              threads.submit(() -> addBoth(database, 2, 1, bothHoldOne, tries)));
      for (Future<Integer> one : both) {
        one.get(30, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(tries).hasValue(3);
    assertThat(sum(database)).isEqualTo(4);
  }

  private static int addBoth(
      Database database, int first, int second, CyclicBarrier barrier, AtomicInteger tries) {
    return database.call(
        transaction -> {
          Database joined = database.joining(transaction);
          joined.use(handle -> add(handle, first));
          if (tries.incrementAndGet() <= 2) {
            await(barrier);
          }
          return joined.use(handle -> add(handle, second));
        });
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the other thread did not come", e);
    }
  }

  @Test
  void use_mayOnlyRead_readsAndRefusesToWrite() {
    DataSource host = host("");
    JdbcStorage.of(host).audit().append(entries(1));
    DataSource reading = opened(host, "SET SESSION TRANSACTION READ ONLY");
    Storage reader = JdbcStorage.of(reading);
    reader.check();
    assertThat(reader.audit().tree().pending(0, 9)).hasSize(1);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(() -> reader.audit().append(entries(3)))
        .withMessageContaining(refusalOfAWrite());
  }

  /** That DataSource's connections, after that statement. */
  private static DataSource opened(DataSource host, String sql) {
    try {
      return opening(
          () -> {
            Connection connection = host.getConnection();
            connection.createStatement().execute(sql);
            return connection;
          });
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
