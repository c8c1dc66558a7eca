package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.Joined;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Task;
import java.time.Duration;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A host whose transactions are those of its own Jdbi handles. */
class JdbiHostTest {
  abstract static class OnDatabase {
    private final DataSource dataSource = newDatabase();
    private final Jdbi jdbi = Jdbi.create(dataSource);
    private final Gatehouse gatehouse =
        Gatehouse.builder().storage(JdbcStorage.of(dataSource)).build();

    abstract DataSource newDatabase();

    @BeforeEach
    void begin() {
      JdbcStorage.of(dataSource).check();
      jdbi.useHandle(handle -> handle.execute("CREATE TABLE orders(id INT PRIMARY KEY)"));
    }

    @AfterEach
    void end() {
      gatehouse.close();
    }

    private void order(Handle handle, int id) {
      handle.createUpdate("INSERT INTO orders VALUES (:id)").bind("id", id).execute();
      Joined joined = gatehouse.joining(JdbcTransaction.of(handle.getConnection()));
      joined
          .scheduler()
          .schedule(
              Task.of("order-" + id)
                  .handler("remind")
                  .ifTaken(IfTaken.REJECT)
                  .in(Duration.ofHours(1)));
      joined.audit().write(AuditRecord.of(1, 0, "orders").build());
    }

    private int countOf(String table) {
      return jdbi.withHandle(handle -> count(handle, table));
    }

    private static int count(Handle handle, String table) {
      return handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Integer.class).one();
    }

    @Test
    void joining_handlesTransactionCommits_allIsThere() {
      int records = countOf("gh_audit");
      int seen =
          jdbi.inTransaction(
              handle -> {
                order(handle, 1);
                return count(handle, "gh_task");
              });

      assertThat(seen).isOne();
      assertThat(countOf("orders")).isOne();
      assertThat(countOf("gh_task")).isOne();
      assertThat(countOf("gh_audit")).isGreaterThan(records);
    }

    @Test
    void joining_handlesTransactionRollsBack_nothingIsThere() {
      int records = countOf("gh_audit");
      assertThatThrownBy(
              () ->
                  jdbi.useTransaction(
                      handle -> {
                        order(handle, 1);
                        throw new IllegalStateException("the host's");
                      }))
          .hasMessage("the host's");

      assertThat(countOf("orders")).isZero();
      assertThat(countOf("gh_task")).isZero();
      assertThat(countOf("gh_audit")).isEqualTo(records);
    }

    @Test
    void joining_hostRollsBackToItsSavepoint_whatCameBeforeStays() {
      jdbi.useTransaction(
          handle -> {
            order(handle, 1);
            handle.savepoint("second");
            order(handle, 2);
            handle.rollbackToSavepoint("second");
            order(handle, 3);
          });

      assertThat(countOf("orders")).isEqualTo(2);
      assertThat(gatehouse.scheduler().findTask("order-1")).isPresent();
      assertThat(gatehouse.scheduler().findTask("order-2")).isEmpty();
      assertThat(gatehouse.scheduler().findTask("order-3")).isPresent();
    }

    @Test
    void joining_refusedWithinTheTransaction_theHostsWorkGoesOn() {
      jdbi.useTransaction(
          handle -> {
            order(handle, 1);
            handle.execute("DELETE FROM orders");
            assertThatThrownBy(() -> order(handle, 1)).isInstanceOf(ConflictException.class);
            order(handle, 2);
          });

      assertThat(countOf("orders")).isEqualTo(2);
      assertThat(countOf("gh_task")).isEqualTo(2);
    }

    /** Jdbi would take the handle of a storage's own transaction for one of the host's thread. */
    @Test
    void call_withinAHandlesTransaction_isNotTheHosts() {
      jdbi.useTransaction(
          handle -> {
            handle.execute("INSERT INTO orders VALUES (1)");
            gatehouse.audit().write(AuditRecord.of(1, 0, "orders").build());
            handle.rollback();
          });

      assertThat(countOf("orders")).isZero();
      assertThat(countOf("gh_audit")).isPositive();
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
