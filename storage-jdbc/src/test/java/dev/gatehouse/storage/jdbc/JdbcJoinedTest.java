package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.audit.AuditColumn;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditMatch;
import dev.gatehouse.audit.AuditPosition;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditScan;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.PendingLeaf;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.transaction.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store refuses inside a host's transaction leaves nothing, and the transaction goes on. */
class JdbcJoinedTest {
  private static final String APP_KEY = "Kp7vQ2mXc9RtZ4aB";

  private static AuditEntry entry(long id) {
    return AuditEntry.of(
        LogName.AUDIT, AuditRecord.of(1, 0, "done").id(id).time(Instant.EPOCH).build());
  }

  private static List<AuditEntry> entries(long... ids) {
    return LongStream.of(ids).mapToObj(JdbcJoinedTest::entry).toList();
  }

  private static List<Long> ids(AuditStore audit) {
    return audit.tree().pending(0, 100).stream().map(PendingLeaf::id).toList();
  }

  private static StoredKey key(long id) {
    Key key =
        new Key(
            id,
            7,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            Instant.EPOCH,
            Key.FOREVER);
    return new StoredKey(key, new byte[] {1});
  }

  private static Application application(long id, String name, String appKey) {
    return Application.named(name).registered(id, appKey, Instant.EPOCH, null);
  }

  private static Server server(String name, int port) {
    return Server.named(name).at("h", port).registered(Instant.EPOCH, Instant.EPOCH);
  }

  private static ScheduleRow schedule(long id, String name) {
    ScheduleRow.Definition definition =
        new ScheduleRow.Definition("timing", "kind", "{}", 60_000, "linear:5:5");
    return new ScheduleRow(
        id, 0, name, definition, new ScheduleRow.Standing(1, 1, 0, false, ""), 0, 1);
  }

  abstract static class OverDatabase {
    private final DataSource database = newDataSource();
    private final Storage storage = JdbcStorage.of(database);

    abstract DataSource newDataSource();

    private void inHostsTransaction(Consumer<Transaction> work) throws SQLException {
      storage.check();
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        work.accept(JdbcTransaction.of(connection));
        connection.commit();
        connection.setAutoCommit(true);
      }
    }

    @Test
    void insertKey_idTaken_transactionGoesOn() throws SQLException {
      inHostsTransaction(
          transaction -> {
            KeyStore keys = storage.keys().joining(transaction);
            keys.insert(key(1));
            assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> keys.insert(key(1)))
                .withMessage("there is a key of id 1");
            keys.insert(key(2));
          });
      assertThat(storage.keys().page(7, Long.MAX_VALUE, 9)).hasSize(2);
    }

    @Test
    void insertApplication_idNameOrKeyTaken_transactionGoesOn() throws SQLException {
      inHostsTransaction(
          transaction -> {
            RegistryStore registry = storage.registry().joining(transaction);
            assertThat(registry.insert(application(1, "a", APP_KEY))).isTrue();
            assertThat(registry.insert(application(1, "b", "b".repeat(16)))).isFalse();
            assertThat(registry.insert(application(2, "A", "b".repeat(16)))).isFalse();
            assertThat(registry.insert(application(2, "b", APP_KEY))).isFalse();
            assertThat(registry.insert(application(2, "b", "b".repeat(16)))).isTrue();
          });
      assertThat(storage.registry().applications("", 9)).hasSize(2);
    }

    @Test
    void insertSchedule_nameTaken_transactionGoesOn() throws SQLException {
      inHostsTransaction(
          transaction -> {
            ScheduleStore schedules = storage.schedules().joining(transaction);
            schedules.insert(schedule(1, "a"));
            assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> schedules.insert(schedule(2, "a")));
            schedules.insert(schedule(3, "b"));
          });
      assertThat(storage.schedules().page(0, "", 9)).hasSize(2);
    }

    @Test
    void appendAudit_oneTaken_transactionGoesOn() throws SQLException {
      inHostsTransaction(
          transaction -> {
            AuditStore audit = storage.audit().joining(transaction);
            audit.append(entries(1));
            assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> audit.append(entries(1)));
            audit.append(entries(2));
          });
      assertThat(ids(storage.audit())).containsExactly(1L, 2L);
    }

    @Test
    void appendAudit_lastOfABatchTaken_leavesNoneOfIt() throws SQLException {
      inHostsTransaction(
          transaction -> {
            AuditStore audit = storage.audit().joining(transaction);
            audit.append(entries(9));
            assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> audit.append(entries(1, 2, 9)));
            audit.append(entries(3, 4));
          });
      assertThat(ids(storage.audit())).containsExactly(3L, 4L, 9L);
    }

    @Test
    void cursorKey_inTwoTransactions_firstIsKept() throws SQLException {
      byte[] first = new byte[AuditStore.CURSOR_KEY_BYTES];
      byte[] second = new byte[AuditStore.CURSOR_KEY_BYTES];
      second[0] = 1;
      inHostsTransaction(transaction -> storage.audit().joining(transaction).cursorKey(first));
      inHostsTransaction(
          transaction ->
              assertThat(storage.audit().joining(transaction).cursorKey(second)).isEqualTo(first));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0000", "a\u0000", "\ud83d", "a\ude00b", "\ude00\ud83d"})
    void find_textThatNoRowCanHold_findsNothingAndTransactionGoesOn(String text)
        throws SQLException {
      inHostsTransaction(
          transaction -> {
            RegistryStore registry = storage.registry().joining(transaction);
            PermissionStore permissions = storage.permissions().joining(transaction);
            registry.put(server("?", 1));
            registry.put(server("a?", 1));
            assertThat(registry.findApplication(text)).isEmpty();
            assertThat(registry.findApplicationByKey(text)).isEmpty();
            assertThat(registry.findServer(text)).isEmpty();
            assertThat(registry.findService("?", text)).isEmpty();
            assertThat(registry.removeServer(text)).isFalse();
            assertThat(registry.removeService("?", text)).isFalse();
            assertThat(permissions.findRole(text)).isEmpty();
            assertThat(permissions.deleteRole(text)).isFalse();
            assertThat(permissions.findMembership(Subject.user("u"), text)).isEmpty();
            assertThat(storage.audit().joining(transaction).scan(byUser(text))).isEmpty();
            assertThat(storage.schedules().joining(transaction).find(0, text)).isEmpty();
            assertThat(storage.schedules().joining(transaction).remove(0, text)).isFalse();
            permissions.insertRole(new Role(1, "role"));
          });
      assertThat(storage.permissions().countRoles()).isEqualTo(1);
      assertThat(storage.registry().servers("", 9)).hasSize(2);
    }

    private AuditScan byUser(String text) {
      return new AuditScan(
          new AuditPosition(0, 0),
          new AuditPosition(Long.MAX_VALUE, 0),
          AuditScan.Order.ASCENDING,
          List.of(new AuditMatch(AuditColumn.USER, Set.of(text))),
          9);
    }

    @Test
    void page_afterTextThatNoRowCanHold_refusedAndTransactionGoesOn() throws SQLException {
      inHostsTransaction(
          transaction -> {
            RegistryStore registry = storage.registry().joining(transaction);
            assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.servers("a\u0000", 9))
                .withMessage(
                    "text must be well-formed Unicode without U+0000, was neither at index 1");
            registry.put(server("s", 1));
          });
      assertThat(storage.registry().findServer("s")).isPresent();
    }

    /** Whoever puts is not bound to announce it first, which would keep others from it. */
    @Test
    void put_sameNewNamesAtOnce_oneRowEach() throws Exception {
      RegistryStore registry = storage.registry();
      ExecutorService threads = Executors.newFixedThreadPool(6);
      try {
        List<Callable<Boolean>> puts =
            IntStream.rangeClosed(1, 60)
                .mapToObj(
                    i ->
                        (Callable<Boolean>)
                            () -> {
                              registry.put(server("s" + i / 6, i));
                              return registry.put(
                                  Service.named("n")
                                      .on("s" + i / 6)
                                      .uri("/" + i)
                                      .registered("http://h:1", Instant.EPOCH, Instant.EPOCH));
                            })
                .toList();
        for (Future<Boolean> put : threads.invokeAll(puts)) {
          assertThat(put.get()).isTrue();
        }
      } finally {
        threads.shutdownNow();
      }
      assertThat(registry.servers("", 99)).hasSize(11);
      assertThat(registry.services("", "", 99)).hasSize(11);
    }
  }

  @Nested
  class OnH2 extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return H2.emptied();
    }
  }

  @Nested
  class OnPostgres extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return Postgres.emptied();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MariaDb.emptied();
    }
  }

  @Nested
  @Tag("mysql")
  class OnMySql extends OverDatabase {
    @Override
    DataSource newDataSource() {
      return MySql.emptied();
    }
  }
}
