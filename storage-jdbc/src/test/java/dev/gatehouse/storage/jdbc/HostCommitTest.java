package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.Task;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Hosts that tell of their own commit; otherwise what they scheduled waits for the next poll. */
class HostCommitTest {
  abstract static class OnDatabase {
    private final DataSource dataSource = newDatabase();
    private final JdbcStorage storage = JdbcStorage.of(dataSource).withoutHints();
    private final Gatehouse gatehouse = Gatehouse.builder().storage(storage).build();
    private final List<Long> heard = new CopyOnWriteArrayList<>();
    private final Hints.Listening listening = storage.tasks().hints().listen(heard::add);

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() {
      storage.check();
    }

    @AfterEach
    void end() {
      listening.close();
      gatehouse.close();
    }

    private Connection begun() throws SQLException {
      Connection connection = dataSource.getConnection();
      connection.setAutoCommit(false);
      return connection;
    }

    private void schedule(JdbcTransaction transaction, String number) {
      gatehouse.joining(transaction).scheduler().schedule(Task.of(number).handler("work"));
    }

    private boolean isThere(String number) {
      return storage.tasks().findId(0, number).isPresent();
    }

    @Test
    void committed_afterTheCommit_wakesNodesOnce() throws SQLException {
      JdbcTransaction transaction;
      try (Connection connection = begun()) {
        transaction = JdbcTransaction.of(connection);
        schedule(transaction, "a");
        connection.commit();
      }
      assertThat(heard).isEmpty();
      transaction.committed();
      assertThat(heard).hasSize(1);
      transaction.committed();
      assertThat(heard).hasSize(1);
    }

    @Test
    void committed_severalTransactionsOfOneConnection_eachIsToldOf() throws SQLException {
      try (Connection connection = begun()) {
        JdbcTransaction transaction = JdbcTransaction.of(connection);
        for (int i = 1; i <= 3; i++) {
          schedule(transaction, "a" + i);
          connection.commit();
          transaction.committed();
          assertThat(heard).hasSize(i);
        }
      }
    }

    /** It asks the database nothing, and commits nothing. */
    @Test
    void committed_beforeTheCommit_leavesTheTransactionAsItWas() throws SQLException {
      try (Connection connection = begun()) {
        JdbcTransaction transaction = JdbcTransaction.of(connection);
        schedule(transaction, "a");
        transaction.committed();
        connection.rollback();
      }
      assertThat(isThere("a")).isFalse();
    }

    @Test
    void committed_afterAStatementFailed_wakesNobodyAndTheNextTransactionIsSound()
        throws SQLException {
      try (Connection connection = begun()) {
        JdbcTransaction transaction = JdbcTransaction.of(connection);
        schedule(transaction, "a");
        transaction.failed(new StorageException("a statement's"));
        connection.rollback();
        transaction.committed();
        assertThat(heard).isEmpty();

        schedule(transaction, "b");
        connection.commit();
        transaction.committed();
      }
      assertThat(heard).hasSize(1);
      assertThat(isThere("a")).isFalse();
      assertThat(isThere("b")).isTrue();
    }

    @Test
    void afterCommit_hostThatNeverTells_keepsSoMuchOnly() throws SQLException {
      List<Integer> ran = new CopyOnWriteArrayList<>();
      try (Connection connection = begun()) {
        JdbcTransaction transaction = JdbcTransaction.of(connection);
        for (int i = 0; i < 50_000; i++) {
          int number = i;
          transaction.afterCommit(() -> ran.add(number));
        }
        transaction.committed();
      }
      assertThat(ran).hasSize(10_000).startsWith(0, 1, 2);
    }

    @Test
    void committed_changeOfTheRegistry_isSeenAtOnce() throws SQLException {
      assertThat(gatehouse.registry().findApplication("shop")).isEmpty();
      JdbcTransaction transaction;
      try (Connection connection = begun()) {
        transaction = JdbcTransaction.of(connection);
        gatehouse.joining(transaction).registry().register(Application.named("shop"));
        connection.commit();
      }
      transaction.committed();
      assertThat(gatehouse.registry().findApplication("shop")).isPresent();
    }

    /** What a host's service does within a transaction of Spring's. */
    private void scheduleWithSpring(String number) {
      Connection connection = DataSourceUtils.getConnection(dataSource);
      try {
        JdbcTransaction transaction = JdbcTransaction.of(connection);
        TransactionSynchronizationManager.registerSynchronization(
            new TransactionSynchronization() {
              @Override
              public void afterCommit() {
                transaction.committed();
              }
            });
        schedule(transaction, number);
      } finally {
        DataSourceUtils.releaseConnection(connection, dataSource);
      }
    }

    @Test
    void spring_commits_wakesNodesAndTheTaskIsThereByThen() {
      TransactionTemplate spring =
          new TransactionTemplate(new DataSourceTransactionManager(dataSource));
      spring.executeWithoutResult(
          status -> {
            scheduleWithSpring("a");
            assertThat(heard).isEmpty();
          });
      assertThat(heard).hasSize(1);
      assertThat(isThere("a")).isTrue();
    }

    @Test
    void spring_rollsBack_wakesNobody() {
      TransactionTemplate spring =
          new TransactionTemplate(new DataSourceTransactionManager(dataSource));
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  spring.executeWithoutResult(
                      status -> {
                        scheduleWithSpring("a");
                        throw new IllegalStateException("the host's");
                      }));
      assertThat(heard).isEmpty();
      assertThat(isThere("a")).isFalse();
    }

    @Test
    void jdbiHandle_commitsOrRollsBack_tellsOfTheCommit() {
      Jdbi jdbi = Jdbi.create(dataSource);
      jdbi.useTransaction(handle -> scheduleWithJdbi(handle, "a"));
      assertThat(heard).hasSize(1);
      assertThat(isThere("a")).isTrue();

      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(
              () ->
                  jdbi.useTransaction(
                      handle -> {
                        scheduleWithJdbi(handle, "b");
                        throw new IllegalStateException("the host's");
                      }));
      assertThat(heard).hasSize(1);
      assertThat(isThere("b")).isFalse();
    }

    private void scheduleWithJdbi(Handle handle, String number) {
      JdbcTransaction transaction = JdbcTransaction.of(handle.getConnection());
      handle.afterCommit(transaction::committed);
      schedule(transaction, number);
    }
  }

  @Nested
  class OnH2 extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.dataSource();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MySql.dataSource();
    }
  }
}
