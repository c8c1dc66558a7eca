package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What holds of tasks whatever happens, as far as one process can show it; {@link LostNodesTest}
 * has the rest.
 */
@Timeout(60)
class InvariantsTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LEASE = Duration.ofSeconds(30);

  abstract static class OnDatabase {
    private final DataSource direct = newDatabase();
    private final Jdbi jdbi = Jdbi.create(direct);
    private final JdbcStorage storage = JdbcStorage.of(direct);
    private final TaskStore store = storage.tasks();

    /** A database of its own, with connections that are each a new one. */
    abstract DataSource newDatabase();

    private List<TaskId> schedule(int count) {
      try (Gatehouse gatehouse =
          Gatehouse.builder().storage(storage).handler("work", any()).build()) {
        return gatehouse.scheduler().scheduleAll(Collections.nCopies(count, RecordingNode.TASK));
      }
    }

    private static TaskHandler any() {
      return context -> TaskResult.done();
    }

    private long databaseMillis() {
      return jdbi.withHandle(
          handle ->
              handle.createQuery("SELECT " + Dialect.of(handle).now()).mapTo(Long.class).one());
    }

    private TaskStatus status(TaskId id) {
      return store.find(OptionalLong.empty(), id.value()).orElseThrow().status();
    }

    @Test
    void I2_clockOfANodeJumpsAnHourBothWays_noStartBeforeItsDueTime() {
      record Start(long dueMillis, long databaseMillis) {}

      Queue<Start> starts = new ConcurrentLinkedQueue<>();
      AtomicLong jump = new AtomicLong();
      InstantSource jumping = () -> Instant.now().plusMillis(jump.get());
      try (HikariDataSource pool = Postgres.pooled(direct);
          Gatehouse gatehouse =
              Gatehouse.builder()
                  .storage(JdbcStorage.of(pool))
                  .clock(jumping)
                  .handler(
                      "work",
                      context -> {
                        starts.add(new Start(context.dueAt().toEpochMilli(), databaseMillis()));
                        return TaskResult.done();
                      })
                  .build()) {
        gatehouse.start();
        Instant begin = Instant.ofEpochMilli(databaseMillis());
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
          tasks.add(RecordingNode.TASK.at(begin.plusMillis(400 + 20L * i)));
        }
        gatehouse.scheduler().scheduleAll(tasks);
        long hour = Duration.ofHours(1).toMillis();
        await().atMost(SOON).until(() -> starts.size() >= 10);
        jump.set(hour);
        await().atMost(SOON).until(() -> starts.size() >= 30);
        jump.set(-hour);
        await().atMost(SOON).until(() -> starts.size() == 60);

        assertThat(starts).allMatch(start -> start.databaseMillis() >= start.dueMillis());
      }
    }

    @Test
    void I3_manyNodesClaimAtOnce_noTaskForTwo() throws Exception {
      List<TaskId> ids = schedule(500);
      ExecutorService nodes = Executors.newFixedThreadPool(6);
      try (HikariDataSource pool = Postgres.pooled(direct)) {
        TaskStore shared = JdbcStorage.of(pool).tasks();
        List<Future<List<Long>>> claims = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          int node = shared.join("boot", LEASE).node();
          claims.add(nodes.submit(() -> claimAll(shared, node)));
        }
        List<Long> claimed = new ArrayList<>();
        for (Future<List<Long>> claim : claims) {
          claimed.addAll(claim.get(30, TimeUnit.SECONDS));
        }
        assertThat(claimed)
            .containsExactlyInAnyOrderElementsOf(ids.stream().map(TaskId::value).toList());
      } finally {
        nodes.shutdownNow();
      }
    }

    private static List<Long> claimAll(TaskStore shared, int node) {
      List<Long> ids = new ArrayList<>();
      List<ClaimedTask> claimed;
      do {
        claimed = shared.claim(node, Long.MAX_VALUE, 70);
        claimed.forEach(task -> ids.add(task.row().id()));
      } while (!claimed.isEmpty());
      return ids;
    }

    /** A lock of another's on some rows. Whoever waited for it would hold the locks of the rest. */
    private <T> T whileLocked(List<TaskId> ids, Callable<T> work)
        throws SQLException, InterruptedException, ExecutionException, TimeoutException {
      ExecutorService other = Executors.newSingleThreadExecutor();
      try (Connection connection = direct.getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        for (TaskId id : ids) {
          statement.execute("SELECT 1 FROM gh_task WHERE id = " + id.value() + " FOR UPDATE");
        }
        return other.submit(work).get(20, TimeUnit.SECONDS);
      } finally {
        other.shutdownNow();
      }
    }

    @Test
    void I5_claim_rowsLockedByAnother_passedOver() throws Exception {
      List<TaskId> ids = schedule(10);
      int node = store.join("boot", LEASE).node();

      for (int limit : new int[] {5, 100}) {
        List<ClaimedTask> claimed =
            whileLocked(ids.subList(0, 5), () -> store.claim(node, Long.MAX_VALUE, limit));
        assertThat(claimed).extracting(task -> task.row().id()).doesNotContain(ids.get(0).value());
      }
      assertThat(ids).filteredOn(id -> status(id) == TaskStatus.WAITING).hasSize(5);
    }

    @Test
    void I5_recover_rowsLockedByAnother_passedOver() throws Exception {
      List<TaskId> ids = schedule(10);
      int node = store.join("boot", LEASE).node();
      store.claim(node, Long.MAX_VALUE, 100);
      store.leave(node, "boot");

      List<Settled> freed =
          whileLocked(ids.subList(0, 5), () -> store.recover(5, databaseMillis(), 100));

      assertThat(freed)
          .extracting(Settled::id)
          .containsExactlyInAnyOrderElementsOf(
              ids.subList(5, 10).stream().map(TaskId::value).toList());
    }

    @Test
    void I7_rolledBackHostTransaction_leavesNothing() throws SQLException {
      try (Gatehouse gatehouse =
              Gatehouse.builder().storage(storage).handler("work", any()).build();
          Connection connection = direct.getConnection()) {
        storage.check();
        connection.setAutoCommit(false);
        TaskId id =
            gatehouse
                .joining(JdbcTransaction.of(connection))
                .scheduler()
                .schedule(Task.of("order-1").handler("work"));
        connection.rollback();

        assertThat(gatehouse.scheduler().findTask(id)).isEmpty();
        assertThat(store.earliestDue()).isEmpty();
        assertThat(store.findId(0, "order-1")).isEmpty();
        assertThatThrownBy(
                () ->
                    gatehouse.inTransaction(
                        joined -> {
                          joined.scheduler().schedule(Task.of("order-1").handler("work"));
                          throw new IllegalStateException("the host changed its mind");
                        }))
            .isInstanceOf(IllegalStateException.class);
        assertThat(store.earliestDue()).isEmpty();
        assertThat(store.findId(0, "order-1")).isEmpty();
      }
    }
  }

  @Nested
  class OnPostgres extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return Postgres.unpooledDataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.unpooledDataSource("");
    }
  }
}
