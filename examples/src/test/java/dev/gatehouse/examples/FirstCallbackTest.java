package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.Joined;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.examples.ThirdParty.Mood;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Server;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.jdbc.JdbcTransaction;
import dev.gatehouse.transport.http.HttpTransport;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One transaction over the host's rows and all parts, on a real socket. */
class FirstCallbackTest {
  private final JdbcConnectionPool dataSource =
      JdbcConnectionPool.create(
          "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
  private ThirdParty party;
  private Gatehouse gatehouse;
  private Application billing;

  @BeforeEach
  void open() throws IOException, SQLException {
    execute("CREATE TABLE orders(id INT PRIMARY KEY)");
    party = new ThirdParty();
    gatehouse =
        FirstCallback.open(dataSource, HttpTransport.builder().allow("127.0.0.0/8").build());
    AtomicReference<String> secret = new AtomicReference<>();
    billing = FirstCallback.register(gatehouse, party.url(), secret::set);
    party.credentials(billing.appKey(), secret.get());
  }

  @AfterEach
  void close() {
    gatehouse.close();
    party.close();
    dataSource.dispose();
  }

  @Test
  void order_committed_isCalledBackSignedAndAudited() throws SQLException {
    party.expect("7", Mood.WILLING);

    TaskId task = FirstCallback.order(gatehouse, dataSource, billing, 7);

    await().until(() -> gatehouse.scheduler().task(task).status() == TaskStatus.FINISHED);
    assertThat(party.calls("7")).isEqualTo(1);
    assertThat(party.complaints()).isEmpty();
    assertThat(sentences()).contains("Order 7 was placed", "Task " + task + " (order-7) finished");
  }

  @Test
  void joined_rolledBack_leavesNothingOfAnyPart() throws SQLException {
    List<String> before = sentences();
    TaskId task;
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      Joined joined = gatehouse.joining(JdbcTransaction.of(connection));
      Application other = joined.registry().register(Application.named("shipping"));
      joined.registry().register(Server.named("warehouse").at("10.0.0.9", 80));
      joined.keys().rotate(other.id(), java.time.Duration.ZERO);
      joined.permissions().grant(allowance());
      task = joined.scheduler().schedule(Task.of("order-8").application(billing));
      joined.audit().write(AuditRecord.of(1, 0, "never happened").build());
      assertThat(joined.registry().findApplication("shipping")).isPresent();
      assertThat(joined.scheduler().findTask(task)).isPresent();
      connection.rollback();
    }

    assertThat(gatehouse.registry().findApplication("shipping")).isEmpty();
    assertThat(gatehouse.registry().findServer("warehouse")).isEmpty();
    assertThat(gatehouse.permissions().check(Subject.party("1"), "use", reader()).allowed())
        .isFalse();
    assertThat(gatehouse.scheduler().findTask(task)).isEmpty();
    assertThat(sentences()).isEqualTo(before);
    assertThat(gatehouse.scheduler().schedule(Task.of("order-8").application(billing))).isNotNull();
  }

  @Test
  void joined_committed_showsEverythingOfEveryPart() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      Joined joined = gatehouse.joining(JdbcTransaction.of(connection));
      joined.registry().register(Application.named("shipping"));
      joined.permissions().grant(allowance());
      joined.audit().write(AuditRecord.of(1, 0, "it happened").build());
      connection.commit();
      assertThat(connection.isClosed()).isFalse();
    }

    await().until(() -> gatehouse.registry().findApplication("shipping").isPresent());
    await()
        .until(() -> gatehouse.permissions().check(Subject.party("1"), "use", reader()).allowed());
    assertThat(sentences()).contains("it happened");
  }

  @Test
  void order_hostsRowFails_leavesNoTask() throws SQLException {
    execute("INSERT INTO orders(id) VALUES (9)");

    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> FirstCallback.order(gatehouse, dataSource, billing, 9));

    assertThat(gatehouse.scheduler().as(billing).findTask("order-9")).isEmpty();
  }

  @Test
  void order_taskNumberTaken_leavesTheHostsTransactionUsable() throws SQLException {
    gatehouse.scheduler().schedule(Task.of("order-10").application(billing));
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO orders(id) VALUES (10)");
      Joined joined = gatehouse.joining(JdbcTransaction.of(connection));
      assertThatExceptionOfType(ConflictException.class)
          .isThrownBy(() -> joined.scheduler().schedule(Task.of("order-10").application(billing)))
          .withMessageContaining("order-10");
      connection.commit();
    }
    assertThat(count("orders")).isEqualTo(1);
  }

  @Test
  void inTransaction_throws_leavesNothing() {
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(
            () ->
                gatehouse.inTransaction(
                    joined -> {
                      joined.scheduler().schedule(Task.of("order-11").application(billing));
                      throw new ArithmeticException("no");
                    }));
    assertThat(gatehouse.scheduler().as(billing).findTask("order-11")).isEmpty();
  }

  private static Grant.Terms allowance() {
    return Grant.allow(Subject.party("1"), "use", reader());
  }

  private static Resource reader() {
    return Resource.component("reader");
  }

  private List<String> sentences() {
    AuditQuery all =
        AuditQuery.between(Instant.EPOCH, Instant.parse("2999-01-01T00:00:00Z")).maxSize(1_000);
    return gatehouse.audit().find(all).records().stream().map(AuditRecord::content).toList();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = ((DataSource) dataSource).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private int count(String table) throws SQLException {
    try (Connection connection = ((DataSource) dataSource).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
      row.next();
      return row.getInt(1);
    }
  }
}
