package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.NodeLeases;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that have all connections of their pool, and pools of one connection. */
@Timeout(120)
class UsedUpPoolTest {
  private static final Duration LEASE = Duration.ofSeconds(3);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int CONNECTIONS = 10;

  abstract static class OverDatabase {
    private final DataSource database = newDatabase();
    private final AtomicInteger fenced = new AtomicInteger();
    private final AtomicInteger holding = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);

    abstract DataSource newDatabase();

    private HikariDataSource pool(int size) {
      HikariConfig config = new HikariConfig();
      config.setDataSource(database);
      config.setMaximumPoolSize(size);
      config.setConnectionTimeout(1_000);
      return new HikariDataSource(config);
    }

    private Gatehouse node(HikariDataSource pool, JdbcStorage storage) {
      GatehouseListener listener =
          new GatehouseListener() {
            @Override
            public void nodeFenced() {
              fenced.incrementAndGet();
            }
          };
      return Gatehouse.builder()
          .storage(storage)
          .listener(listener)
          .scheduler(SchedulerOptions.builder().lease(LEASE).build())
          .handler(
              "hold",
              context -> {
                hold(pool);
                return TaskResult.done();
              })
          .handler("work", context -> TaskResult.done())
          .build();
    }

    private void hold(DataSource pool) {
      while (over.getCount() > 0) {
        try (Connection connection = pool.getConnection()) {
          assertThat(connection.isClosed()).isFalse();
          holding.incrementAndGet();
          over.await();
        } catch (SQLException e) {
          // The node's own threads had it: again.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    /** For the rest of the pool the node's other threads and its hints wait in vain. */
    @Test
    void handlersHoldAllForLongerThanALease_nodeKeepsItsLease() throws InterruptedException {
      try (HikariDataSource pool = pool(CONNECTIONS);
          JdbcStorage storage = JdbcStorage.of(pool).withoutHints();
          Gatehouse gatehouse = node(pool, storage)) {
        storage.check();
        gatehouse.start();
        await().atMost(SOON).until(() -> gatehouse.status().scheduler().node().isPresent());
        int node = gatehouse.status().scheduler().node().orElseThrow();
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 2 * CONNECTIONS; i++) {
          tasks.add(Task.unnumbered().handler("hold"));
        }
        gatehouse.scheduler().scheduleAll(tasks);
        await().atMost(SOON).until(() -> holding.get() == CONNECTIONS - 1);
        assertThat(pool.getHikariPoolMXBean().getIdleConnections()).isZero();

        Thread.sleep(LEASE.multipliedBy(3).toMillis());

        assertThat(holding).hasValue(CONNECTIONS - 1);
        assertThat(fenced).hasValue(0);
        over.countDown();
        await().atMost(SOON).until(() -> gatehouse.status().scheduler().underWay() == 0);
        assertThat(gatehouse.status().scheduler().node()).hasValue(node);
        assertThat(fenced).hasValue(0);
      }
    }

    @Test
    void close_givesItBack() {
      try (HikariDataSource pool = pool(CONNECTIONS)) {
        try (JdbcStorage storage = JdbcStorage.of(pool).withoutHints();
            Gatehouse gatehouse = node(pool, storage)) {
          gatehouse.start();
          await().atMost(SOON).until(() -> gatehouse.status().scheduler().node().isPresent());
        }
        await().atMost(SOON).until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
      }
    }

    @Test
    void leases_connectionIsEndedUnderneath_nextUseOpensAnother() throws SQLException {
      List<Connection> opened = new ArrayList<>();
      DataSource recording =
          JdbcProxy.of(
              DataSource.class,
              (method, arguments) -> {
                Object answer = JdbcProxy.invoke(database, method, arguments);
                if (answer instanceof Connection connection) {
                  opened.add(connection);
                }
                return answer;
              });
      try (JdbcStorage storage = JdbcStorage.of(recording).withoutHints()) {
        storage.check();
        NodeLeases leases = storage.tasks().leases();
        NodeLease lease = leases.join("boot", LEASE);
        int after = opened.size();
        assertThat(leases.renew(lease.node(), "boot", LEASE)).isPresent();
        assertThat(leases.nowMicros()).isPositive();
        assertThat(opened).hasSize(after);
        assertThat(opened.stream().filter(OverDatabase::isOpen)).hasSize(1);

        for (Connection connection : opened) {
          connection.close();
        }
        assertThat(leases.renew(lease.node(), "boot", LEASE)).isPresent();
        assertThat(leases.renew(lease.node(), "boot", LEASE)).isPresent();
        assertThat(opened).hasSize(after + 1);
        assertThat(opened.stream().filter(OverDatabase::isOpen)).hasSize(1);
        leases.leave(lease.node(), "boot");
        leases.close();
        assertThat(opened).noneMatch(OverDatabase::isOpen);
        assertThat(leases.nowMicros()).isPositive();
        assertThat(opened).noneMatch(OverDatabase::isOpen);
      }
    }

    private static boolean isOpen(Connection connection) {
      try {
        return !connection.isClosed();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Test
    void poolOfOne_keepsNoneAndTasksAreRun() {
      JdbcStorage.of(database).check();
      try (HikariDataSource pool = pool(1);
          JdbcStorage storage = JdbcStorage.of(pool).withoutHints();
          Gatehouse gatehouse = node(pool, storage)) {
        gatehouse.start();
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          tasks.add(Task.unnumbered().handler("work"));
        }
        await()
            .atMost(SOON)
            .ignoreExceptions()
            .until(() -> gatehouse.scheduler().scheduleAll(tasks).size() == 20);
        await().atMost(SOON).until(() -> gatehouse.status().scheduler().work().settled() >= 20);
      }
    }
  }

  @Nested
  class OverH2 extends OverDatabase {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OverPostgres extends OverDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.unpooledDataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OverMariaDb extends OverDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.unpooledDataSource("");
    }
  }
}
