package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import dev.gatehouse.error.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.AdditionalAnswers;

class DatabaseTest {
  abstract static class OverDatabase {
    private final DataSource dataSource = newDataSource();
    private final Database database = new Database(dataSource, new Migration(), null);

    abstract DataSource newDataSource();

    /** The SQL state of a column that is not there. */
    abstract String noSuchColumn();

    @BeforeEach
    void makeTable() {
      database.use(
          handle -> handle.execute("CREATE TABLE host(id INT PRIMARY KEY, name VARCHAR(20))"));
    }

    private static int insert(Handle handle, int id) {
      return handle.execute("INSERT INTO host(id, name) VALUES (?, ?)", id, "n");
    }

    private int count() {
      return database.use(
          handle -> handle.createQuery("SELECT COUNT(*) FROM host").mapTo(Integer.class).one());
    }

    @Test
    void call_returns_commitsAndThenRunsHooks() {
      List<Integer> seen = new ArrayList<>();
      database.call(
          transaction -> {
            transaction.afterCommit(() -> seen.add(count()));
            return database.joining(transaction).use(handle -> insert(handle, 1));
          });
      assertThat(seen).containsExactly(1);
    }

    @Test
    void call_throws_rollsBackAndRunsNoHook() {
      List<Integer> seen = new ArrayList<>();
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  database.call(
                      transaction -> {
                        transaction.afterCommit(() -> seen.add(1));
                        database.joining(transaction).use(handle -> insert(handle, 1));
                        throw new IllegalStateException("no");
                      }));
      assertThat(count()).isZero();
      assertThat(seen).isEmpty();
    }

    @Test
    void call_transientFailure_isTriedAgainWhole() {
      AtomicInteger tries = new AtomicInteger();
      database.call(
          transaction -> {
            database.joining(transaction).use(handle -> insert(handle, 7));
            if (tries.incrementAndGet() < 3) {
              throw new StorageException("conflict", new SQLException("deadlock", "40001"));
            }
            return null;
          });
      assertThat(tries).hasValue(3);
      assertThat(count()).isEqualTo(1);
    }

    /** A retry would do again what is committed. */
    @Test
    void call_hookThrowsWhatIsRetried_workIsDoneOnceAndTheOtherHooksRun() {
      List<String> seen = new ArrayList<>();
      String result =
          database.call(
              transaction -> {
                seen.add("work");
                transaction.afterCommit(
                    () -> {
                      throw new StorageException("conflict", new SQLException("no", "40001"));
                    });
                transaction.afterCommit(() -> seen.add("hook"));
                database.joining(transaction).use(handle -> insert(handle, 1));
                return "done";
              });
      assertThat(result).isEqualTo("done");
      assertThat(seen).containsExactly("work", "hook");
      assertThat(count()).isEqualTo(1);
    }

    /** As after a record that is refused: the host goes on, and its tasks should begin at once. */
    @Test
    void useWhole_statementFailsAndIsCaught_restIsCommittedAndHooksRun() {
      List<String> seen = new ArrayList<>();
      database.call(
          transaction -> {
            Database joined = database.joining(transaction);
            joined.use(handle -> insert(handle, 1));
            transaction.afterCommit(() -> seen.add("hook"));
            assertThatThrownBy(
                    () -> joined.useWhole(handle -> insert(handle, 2) + insert(handle, 1)))
                .isInstanceOf(StorageException.class);
            return null;
          });
      assertThat(count()).isEqualTo(1);
      assertThat(seen).containsExactly("hook");
    }

    @Test
    void useWhole_savepointIsGone_nothingCanBeCommitted() {
      assertThatThrownBy(
              () ->
                  database.call(
                      transaction -> {
                        Database joined = database.joining(transaction);
                        joined.use(handle -> insert(handle, 1));
                        assertThatThrownBy(
                                () ->
                                    joined.useWhole(
                                        handle -> {
                                          handle.execute("ROLLBACK");
                                          return insert(handle, 2) + insert(handle, 2);
                                        }))
                            .isInstanceOf(StorageException.class);
                        return null;
                      }))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("nothing can be committed");
      assertThat(count()).isZero();
    }

    /** So Galera refuses, at the commit, what another of its nodes wrote first. */
    @Test
    void call_conflictAtTheCommit_isTriedAgainWhole() throws SQLException {
      AtomicInteger commits = new AtomicInteger();
      DataSource contended = mock(DataSource.class);
      when(contended.getConnection())
          .thenAnswer(call -> losingFirst(commits, dataSource.getConnection()));
      Database other = new Database(contended, new Migration(), null);

      other.call(transaction -> other.joining(transaction).use(handle -> insert(handle, 7)));

      assertThat(commits).hasValue(2);
      assertThat(count()).isEqualTo(1);
    }

    private static Connection losingFirst(AtomicInteger commits, Connection sound)
        throws SQLException {
      Connection connection = mock(Connection.class, AdditionalAnswers.delegatesTo(sound));
      doAnswer(
              call -> {
                if (commits.incrementAndGet() == 1) {
                  sound.rollback();
                  throw new SQLException("Deadlock found when trying to get lock", "40001", 1213);
                }
                sound.commit();
                return null;
              })
          .when(connection)
          .commit();
      return connection;
    }

    @Test
    void call_lastingFailure_isNotTriedAgain() {
      AtomicInteger tries = new AtomicInteger();
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(
              () ->
                  database.call(
                      transaction -> {
                        tries.incrementAndGet();
                        return database
                            .joining(transaction)
                            .use(handle -> handle.execute("SELECT no_such_column FROM host"));
                      }))
          .withMessageContaining("SQL state " + noSuchColumn());
      assertThat(tries).hasValue(1);
    }

    /** On PostgreSQL it has ended the transaction, and the driver's commit would not say so. */
    @Test
    void call_workSwallowsAFailure_throwsAndLeavesNothing() {
      AtomicInteger tries = new AtomicInteger();
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(
              () ->
                  database.call(
                      transaction -> {
                        tries.incrementAndGet();
                        Database joined = database.joining(transaction);
                        joined.use(handle -> insert(handle, 1));
                        assertThatExceptionOfType(StorageException.class)
                            .isThrownBy(() -> joined.use(handle -> insert(handle, 1)));
                        return null;
                      }))
          .withMessage("a statement failed, so that nothing can be committed");
      assertThat(tries).hasValue(1);
      assertThat(count()).isZero();
    }

    @Test
    void use_failure_keepsArgumentsOutOfTheMessage() {
      database.use(handle -> insert(handle, 1));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(
              () ->
                  database.use(
                      handle ->
                          handle.execute("INSERT INTO host(id, name) VALUES (?, ?)", 1, "s3cret")))
          .satisfies(
              e -> {
                assertThat(e.getMessage()).doesNotContain("s3cret");
                assertThat(Thrown.isDuplicate(e)).isTrue();
              });
    }

    @Test
    void joining_hostConnection_leavesItsEndToTheHost() throws SQLException {
      try (Connection connection = dataSource.getConnection()) {
        connection.setAutoCommit(false);
        Database joined = database.joining(JdbcTransaction.of(connection));
        joined.use(handle -> insert(handle, 1));
        assertThat(connection.isClosed()).isFalse();
        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(count()).isZero();
        connection.rollback();
        joined.use(handle -> insert(handle, 2));
        connection.commit();
      }
      assertThat(count()).isEqualTo(1);
    }

    @Test
    void transactionOf_autoCommitConnection_isRefused() throws SQLException {
      try (Connection connection = dataSource.getConnection()) {
        assertThatIllegalStateException()
            .isThrownBy(() -> JdbcTransaction.of(connection))
            .withMessageContaining("setAutoCommit(false)");
      }
    }

    @Test
    void joining_transactionOfAnotherStorage_isRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> database.joining(action -> {}))
          .withMessageStartingWith("transaction belongs to another storage");
    }

    @Test
    void create_touchesNoConnection() {
      DataSource untouched = mock(DataSource.class);
      JdbcStorage.of(untouched);
      verifyNoInteractions(untouched);
    }

    @Test
    void check_unreachableDatabase_throwsAndLaterRecovers() throws SQLException {
      DataSource flaky = mock(DataSource.class);
      when(flaky.getConnection())
          .thenThrow(new SQLException("connection refused", "08001"))
          .thenAnswer(call -> dataSource.getConnection());
      try (JdbcStorage storage = JdbcStorage.of(flaky)) {
        assertThatExceptionOfType(StorageException.class).isThrownBy(storage::check);
        storage.check();
      }
    }

    @Test
    void migrate_manyStoragesAtOnce_appliesEachVersionOnce() throws Exception {
      DataSource empty = newDataSource();
      ExecutorService nodes = Executors.newFixedThreadPool(10);
      try {
        List<Future<?>> checks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          checks.add(nodes.submit(() -> JdbcStorage.of(empty).check()));
        }
        for (Future<?> check : checks) {
          check.get();
        }
      } finally {
        nodes.shutdownNow();
      }
      assertThat(versions(empty))
          .isEqualTo(IntStream.rangeClosed(0, Migration.SCRIPTS.size()).boxed().toList());
    }

    /** As an earlier version of the library has left it. */
    @Test
    void migrate_fromEachEarlierVersion_addsWhatIsMissingAndKeepsWhatIsThere() {
      for (int version : earlierVersions()) {
        DataSource earlier = newDataSource();
        try (Handle handle = Jdbi.create(earlier).open()) {
          handle.execute(
              "CREATE TABLE gh_schema(version INT PRIMARY KEY, script VARCHAR(80) NOT NULL)");
          handle.execute("INSERT INTO gh_schema VALUES (0, 'lock')");
          for (int i = 1; i <= version; i++) {
            String script = Dialect.of(handle).script(Migration.SCRIPTS.get(i - 1));
            handle.createScript(script).execute();
            handle.execute("INSERT INTO gh_schema VALUES (?, 'done')", i);
          }
          handle.execute("UPDATE gh_registry SET version = 41");
        }
        JdbcStorage upgraded = JdbcStorage.of(earlier);
        upgraded.check();
        assertThat(upgraded.validate()).isEmpty();
        assertThat(upgraded.registry().version()).isEqualTo(41);
        assertThat(versions(earlier)).hasSize(Migration.SCRIPTS.size() + 1);
      }
    }

    /** Each of them on H2, where that is quick. */
    List<Integer> earlierVersions() {
      return List.of(1, 4, Migration.SCRIPTS.size() - 1);
    }

    @Test
    void migrate_newerSchema_isRefused() {
      database.use(
          handle -> handle.execute("INSERT INTO gh_schema(version, script) VALUES (999, 'x')"));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> JdbcStorage.of(dataSource).check())
          .withMessage(
              "the schema is at version 999, this library knows versions up to "
                  + Migration.SCRIPTS.size());
    }

    @Test
    void validate_namesWhatIsMissingAndMakesNone() {
      DataSource other = newDataSource();
      JdbcStorage storage = JdbcStorage.of(other);
      List<String> missing = storage.validate();
      int newest = Migration.SCRIPTS.size();
      assertThat(missing)
          .startsWith("version " + newest + " of the schema, which is at 0")
          .contains("table gh_task", "table gh_audit", "table gh_workflow_report")
          .doesNotHaveDuplicates()
          .hasSizeGreaterThan(30);
      assertThat(storage.validate()).isEqualTo(missing);
      storage.check();
      assertThat(storage.validate()).isEmpty();

      new Database(other, new Migration(), null)
          .use(
              handle -> {
                handle.execute("DROP TABLE gh_workflow_report");
                handle.execute("ALTER TABLE gh_task DROP COLUMN note");
                handle.execute(dropIndex("gh_workflow_ended", "gh_workflow"));
                handle.execute("ALTER TABLE gh_application DROP CONSTRAINT gh_application_app_key");
                handle.execute("ALTER TABLE gh_workflow_work DROP " + primaryKey());
                return handle.execute("DELETE FROM gh_schema WHERE version > 7");
              });
      assertThat(storage.validate())
          .containsExactly(
              "version " + newest + " of the schema, which is at 7",
              "index gh_application_app_key",
              "column gh_task.note",
              "index gh_workflow_ended",
              "table gh_workflow_report",
              "primary key of gh_workflow_work");
    }

    String dropIndex(String index, String table) {
      return "DROP INDEX " + index;
    }

    String primaryKey() {
      return "PRIMARY KEY";
    }

    @Test
    void validate_newerSchema_isRefused() {
      database.use(
          handle -> handle.execute("INSERT INTO gh_schema(version, script) VALUES (999, 'x')"));
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> JdbcStorage.of(dataSource).validate())
          .withMessageStartingWith("the schema is at version 999");
    }

    private static List<Integer> versions(DataSource dataSource) {
      return new Database(dataSource, new Migration(), null)
          .use(
              handle ->
                  handle
                      .createQuery("SELECT version FROM gh_schema ORDER BY version")
                      .mapTo(Integer.class)
                      .list());
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.memoryDataSource();
    }

    @Override
    List<Integer> earlierVersions() {
      return IntStream.range(1, Migration.SCRIPTS.size()).boxed().toList();
    }

    @Override
    String noSuchColumn() {
      return "42S22";
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.dataSource();
    }

    @Override
    String primaryKey() {
      return "CONSTRAINT gh_workflow_work_pkey";
    }

    @Override
    String noSuchColumn() {
      return "42703";
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.dataSource();
    }

    @Override
    String dropIndex(String index, String table) {
      return "DROP INDEX " + index + " ON " + table;
    }

    @Override
    String noSuchColumn() {
      return "42S22";
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.dataSource();
    }

    @Override
    String dropIndex(String index, String table) {
      return "DROP INDEX " + index + " ON " + table;
    }

    @Override
    String noSuchColumn() {
      return "42S22";
    }
  }
}
