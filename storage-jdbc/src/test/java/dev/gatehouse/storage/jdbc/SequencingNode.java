package dev.gatehouse.storage.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.Storage;
import java.time.Duration;
import java.time.InstantSource;

/** A process that does nothing but sequence the audit log, until it is killed. */
final class SequencingNode {
  static final Duration LEASE = Duration.ofSeconds(1);

  private SequencingNode() {}

  static AuditTree tree(Storage storage) {
    return AuditTree.create(
        new AuditTree.Parts(
            storage.audit(),
            storage,
            InstantSource.system(),
            System::nanoTime,
            GatehouseListener.NONE,
            AuditOptions.builder()
                .rowKey(RowKey.of(new byte[RowKey.MIN_SECRET]))
                .interval(Duration.ofMillis(10))
                .lease(LEASE)
                .build()));
  }

  /** Sequences over the database at that URL. */
  @SuppressWarnings("resource") // ends with the process
  public static void main(String[] arguments) throws InterruptedException {
    HikariDataSource dataSource = new HikariDataSource();
    dataSource.setJdbcUrl(arguments[0]);
    tree(JdbcStorage.of(dataSource)).start();
    Thread.sleep(Duration.ofMinutes(2).toMillis());
  }
}
