package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.Joined;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.storage.jdbc.JdbcTransaction;
import dev.gatehouse.transport.http.HttpTransport;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** A signed, audited callback, scheduled in one transaction with the host's own row. */
public final class FirstCallback {
  private static final Duration SOON = Duration.ofMillis(200);

  private FirstCallback() {}

  /** A Gatehouse over the host's database. */
  public static Gatehouse open(DataSource dataSource, HttpTransport transport) {
    Gatehouse gatehouse =
        Gatehouse.builder().storage(JdbcStorage.of(dataSource)).transport(transport).build();
    gatehouse.start();
    return gatehouse;
  }

  /** Registers a third party, and hands its secret over, which is shown this once. */
  public static Application register(Gatehouse gatehouse, String callback, Consumer<String> owner) {
    Application billing =
        gatehouse.registry().register(Application.named("billing").callback(callback));
    billing.secret().ifPresent(secret -> owner.accept(secret.reveal()));
    return billing;
  }

  /** Stores an order, its callback and an audit record, or none of them. */
  public static TaskId order(
      Gatehouse gatehouse, DataSource dataSource, Application billing, int order)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO orders(id) VALUES (?)")) {
      connection.setAutoCommit(false);
      insert.setInt(1, order);
      insert.executeUpdate();

      JdbcTransaction transaction = JdbcTransaction.of(connection);
      Joined joined = gatehouse.joining(transaction);
      String content = "{\"order\":" + order + "}";
      TaskId task =
          joined
              .scheduler()
              .schedule(Task.of("order-" + order).application(billing).in(SOON).content(content));
      joined.audit().write(AuditRecord.of(1, 0, "Order " + order + " was placed").build());
      connection.commit();
      transaction.committed();
      return task;
    }
  }
}
