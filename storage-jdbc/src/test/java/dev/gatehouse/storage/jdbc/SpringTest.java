package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.Joined;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Task;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

/** A host whose transactions Spring manages. */
class SpringTest {
  abstract static class OnDatabase {
    private final DataSource dataSource = newDatabase();
    private final JdbcTemplate host = new JdbcTemplate(dataSource);
    private final TransactionTemplate transactions =
        new TransactionTemplate(new DataSourceTransactionManager(dataSource));
    private final Gatehouse gatehouse =
        Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build();

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() {
      JdbcStorage.of(dataSource).check();
      host.execute("CREATE TABLE orders(id INT PRIMARY KEY)");
    }

    @AfterEach
    void end() {
      gatehouse.close();
    }

    /** What a host's service does. */
    private void order(int id) {
      host.update("INSERT INTO orders VALUES (?)", id);
      Connection connection = DataSourceUtils.getConnection(dataSource);
      try {
        Joined joined = gatehouse.joining(JdbcTransaction.of(connection));
        joined.scheduler().schedule(reminder(id));
        joined.audit().write(AuditRecord.of(1, 0, "orders").build());
      } finally {
        DataSourceUtils.releaseConnection(connection, dataSource);
      }
    }

    private static Task reminder(int id) {
      return Task.of("order-" + id)
          .handler("remind")
          .ifTaken(IfTaken.REJECT)
          .in(Duration.ofHours(1));
    }

    private int countOf(String table) {
      return host.queryForObject("SELECT COUNT(*) FROM " + table, Integer.class);
    }

    @Test
    void joining_transactionTemplateCommits_allIsThere() {
      transactions.executeWithoutResult(status -> order(1));

      assertThat(countOf("orders")).isEqualTo(1);
      assertThat(countOf("gh_task")).isEqualTo(1);
      assertThat(countOf("gh_audit")).isPositive();
    }

    @Test
    void joining_transactionTemplateRollsBack_nothingIsThere() {
      int records = countOf("gh_audit");
      assertThatThrownBy(
              () ->
                  transactions.executeWithoutResult(
                      status -> {
                        order(1);
                        throw new IllegalStateException("the host's");
                      }))
          .hasMessage("the host's");

      assertThat(countOf("orders")).isZero();
      assertThat(countOf("gh_task")).isZero();
      assertThat(countOf("gh_audit")).isEqualTo(records);
    }

    @Test
    void call_withoutJoining_isNotTheHosts() {
      transactions.executeWithoutResult(
          status -> {
            host.update("INSERT INTO orders VALUES (1)");
            gatehouse.audit().write(AuditRecord.of(1, 0, "orders").build());
            status.setRollbackOnly();
          });

      assertThat(countOf("orders")).isZero();
      assertThat(countOf("gh_audit")).isPositive();
    }

    /** What is refused leaves the transaction as it was: PostgreSQL's would take nothing more. */
    @Test
    void joining_refusedWithinTheTemplate_theHostsWorkGoesOn() {
      gatehouse.scheduler().schedule(reminder(1));

      transactions.executeWithoutResult(
          status -> {
            host.update("INSERT INTO orders VALUES (7)");
            Connection connection = DataSourceUtils.getConnection(dataSource);
            try {
              Joined joined = gatehouse.joining(JdbcTransaction.of(connection));
              assertThatThrownBy(() -> joined.scheduler().schedule(reminder(1)))
                  .isInstanceOf(ConflictException.class);
              assertThatThrownBy(
                      () -> joined.scheduler().scheduleAll(List.of(reminder(2), reminder(1))))
                  .isInstanceOf(ConflictException.class);
            } finally {
              DataSourceUtils.releaseConnection(connection, dataSource);
            }
            order(3);
          });

      assertThat(host.queryForList("SELECT id FROM orders", Integer.class))
          .containsExactlyInAnyOrder(3, 7);
      assertThat(countOf("gh_task")).isEqualTo(2);
      assertThat(gatehouse.scheduler().findTask("order-2")).isEmpty();
      assertThat(gatehouse.scheduler().findTask("order-3")).isPresent();
    }

    /** To take it into use would commit what Spring has under way. */
    @Test
    void use_proxyThatGivesTheHostsConnection_refusedAndTheHostsWorkIsNotCommitted() {
      JdbcStorage proxied = JdbcStorage.of(new TransactionAwareDataSourceProxy(dataSource));
      proxied.check();

      transactions.executeWithoutResult(
          status -> {
            host.update("INSERT INTO orders VALUES (1)");
            assertThatThrownBy(() -> proxied.tasks().findId(1, "a"))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("must not give the connection of a transaction");
            status.setRollbackOnly();
          });

      assertThat(countOf("orders")).isZero();
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
}
