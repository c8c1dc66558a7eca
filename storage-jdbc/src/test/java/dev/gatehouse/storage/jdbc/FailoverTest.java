package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditReport;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.signing.NonceStore.Outcome;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A primary that is lost while two nodes are at work, and a standby with all that it had committed
 * that takes its address: the nodes go on there, and nothing is lost or takes place twice.
 */
@Timeout(120)
class FailoverTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int TASKS = 200;

  private static final RetryPolicy OFTEN =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(1), 50);

  private final Queue<String> attempts = new ConcurrentLinkedQueue<>();

  /** The address: connections to the one server, then to none, then to the other. */
  private static final class Address {
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private @Nullable String database;

    private PGSimpleDataSource to(String name) {
      PGSimpleDataSource server = Postgres.unpooledDataSource();
      server.setDatabaseName(name);
      server.setCurrentSchema("public");
      return server;
    }

    DataSource dataSource() {
      return JdbcProxy.of(
          DataSource.class,
          (method, arguments) -> {
            lock.readLock().lock();
            try {
              if (database == null) {
                throw new SQLException("connection refused", "08001");
              }
              return JdbcProxy.invoke(to(database), method, arguments);
            } finally {
              lock.readLock().unlock();
            }
          });
    }

    /** While no connection is being opened, which would be one of before. */
    void lead(@Nullable String name) {
      lock.writeLock().lock();
      try {
        if (database != null) {
          end(database);
        }
        database = name;
      } finally {
        lock.writeLock().unlock();
      }
    }

    private static void end(String database) {
      Postgres.use(
          handle ->
              handle
                  .createQuery(
                      "SELECT COUNT(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
                          + " WHERE datname = ?")
                  .bind(0, database)
                  .mapTo(Long.class)
                  .one());
    }
  }

  private static void make(String database, String template) {
    Postgres.use(handle -> handle.execute("CREATE DATABASE " + database + " TEMPLATE " + template));
  }

  private Gatehouse node(DataSource dataSource) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(dataSource))
            .audit(AuditOptions.builder().interval(Duration.ofMillis(20)).build())
            .scheduler(
                SchedulerOptions.builder().lease(Duration.ofSeconds(1)).maxRunning(8).build())
            .handler("once", context -> once(dataSource, context))
            .build();
    gatehouse.start();
    return gatehouse;
  }

  private TaskResult once(DataSource dataSource, TaskContext context) {
    attempts.add(context.id() + " under " + context.fence());
    Jdbi.create(dataSource)
        .useTransaction(
            handle -> {
              handle.execute("INSERT INTO host VALUES (?)", context.id().value());
              context.completeIn(JdbcTransaction.of(handle.getConnection()));
            });
    return TaskResult.done();
  }

  private static List<TaskId> schedule(Gatehouse gatehouse) {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(
          Task.unnumbered().handler("once").retryPolicy(OFTEN).in(Duration.ofMillis(10L * i)));
    }
    return gatehouse.scheduler().scheduleAll(tasks);
  }

  private static List<Long> hostRows(Jdbi jdbi) {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT id FROM host").mapTo(Long.class).list());
  }

  private static Outcome claim(JdbcStorage storage) {
    return storage.nonces().claim(1, "before", Long.MAX_VALUE / 2, 1, 1_000);
  }

  @Test
  void primaryLost_standbyTakesItsAddress_nodesGoOnAndNothingIsLost() {
    String primary = "failover_primary";
    String standby = "failover_standby";
    make(primary, "template0");
    Address address = new Address();
    address.lead(primary);
    try (HikariDataSource one = Postgres.pooled(address.dataSource());
        HikariDataSource two = Postgres.pooled(address.dataSource());
        JdbcStorage storage = JdbcStorage.of(one)) {
      Jdbi.create(one).useHandle((Handle handle) -> handle.execute("CREATE TABLE host(id BIGINT)"));
      try (Gatehouse first = node(one);
          Gatehouse second = node(two)) {
        first.audit().write(AuditRecord.of(1, 0, "before").build());
        assertThat(claim(storage)).isEqualTo(Outcome.CLAIMED);
        List<TaskId> ids = schedule(first);
        await().atMost(SOON).until(() -> attempts.size() > TASKS / 8);
        address.lead(null);
        assertThatExceptionOfType(StorageException.class)
            .isThrownBy(() -> second.audit().write(AuditRecord.of(1, 0, "lost").build()))
            .withMessageContaining("no connection is to be had");
        make(standby, primary);
        address.lead(standby);
        Jdbi jdbi = Jdbi.create(one);
        await()
            .atMost(SOON)
            .ignoreExceptionsInstanceOf(ConnectionException.class)
            .until(() -> hostRows(jdbi).size() >= TASKS);
        await().atMost(SOON).until(() -> second.scheduler().task(ids.get(0)).status().isFinal());

        assertThat(hostRows(jdbi))
            .containsExactlyInAnyOrderElementsOf(ids.stream().map(TaskId::value).toList());
        assertThat(attempts).doesNotHaveDuplicates();
        assertThat(claim(storage)).isEqualTo(Outcome.REPLAYED);
        second.audit().write(AuditRecord.of(1, 0, "after").build());
        await().atMost(SOON).until(() -> storage.audit().tree().pending(0, 1).isEmpty());
        AuditReport report = first.auditTree().verify(AuditProgress.NONE);
        assertThat(report.damages()).isEmpty();
      }
    }
    address.lead(null);
    Postgres.use(handle -> handle.execute("DROP DATABASE " + primary));
    Postgres.use(handle -> handle.execute("DROP DATABASE " + standby));
  }
}
