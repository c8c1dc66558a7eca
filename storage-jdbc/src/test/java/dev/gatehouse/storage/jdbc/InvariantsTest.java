package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
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
import java.util.concurrent.atomic.AtomicReference;
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

    /** Three kinds of ends, which are written by different statements. */
    @Test
    void I5_settle_rowLockedByAHost_othersAreSettled() throws Exception {
      List<TaskId> ids = schedule(9);
      int node = store.join("boot", LEASE).node();
      List<Settlement> ends =
          store.claim(node, Long.MAX_VALUE, 100).stream()
              .map(claimed -> end(claimed, ids.indexOf(new TaskId(claimed.row().id())) % 3))
              .toList();
      List<Long> locked = ids.subList(0, 3).stream().map(TaskId::value).toList();

      List<Settled> settled =
          whileLocked(
              ids.subList(0, 3),
              () -> store.settle(node, ends, databaseMillis(), IfLocked.PASS_OVER));

      assertThat(settled)
          .extracting(Settled::id)
          .containsExactlyInAnyOrderElementsOf(
              ids.subList(3, 9).stream().map(TaskId::value).toList());
      assertThat(store.leased(node, locked))
          .extracting(LeasedTask::id)
          .containsExactlyInAnyOrderElementsOf(locked);
      assertThat(store.settle(node, ends, databaseMillis(), IfLocked.PASS_OVER))
          .extracting(Settled::id)
          .containsExactlyInAnyOrderElementsOf(locked);
    }

    private static Settlement end(ClaimedTask claimed, int kind) {
      Instant now = Instant.ofEpochSecond(1);
      Attempt attempt =
          new Attempt(
              claimed.attempt(), claimed.fence(), now, now, Attempt.Outcome.SUCCESS, null, "");
      return switch (kind) {
        case 0 -> new Settlement.Finish(claimed.row(), attempt, "1");
        case 1 -> new Settlement.Forget(claimed.row(), attempt);
        default -> new Settlement.Release(claimed.row().id(), claimed.fence(), 5);
      };
    }

    /** So that a flush can be tried again to pass over, and holds up nothing meanwhile. */
    @Test
    void I5_settle_waitsForAMoment_failsOrPassesOver() throws Exception {
      List<TaskId> ids = schedule(2);
      int node = store.join("boot", LEASE).node();
      List<Settlement> ends =
          store.claim(node, Long.MAX_VALUE, 100).stream().map(claimed -> end(claimed, 0)).toList();

      long begin = System.nanoTime();
      List<Settled> settled =
          whileLocked(
              ids.subList(0, 1),
              () -> {
                AtomicReference<IfLocked> next = new AtomicReference<>(IfLocked.WAIT_A_MOMENT);
                return storage.call(
                    transaction ->
                        store
                            .joining(transaction)
                            .settle(
                                node, ends, databaseMillis(), next.getAndSet(IfLocked.PASS_OVER)));
              });

      assertThat(settled).containsExactly(new Settled(ids.get(1).value(), TaskStatus.FINISHED));
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void I5_progress_rowsLockedByAnother_passedOver() throws Exception {
      List<TaskId> ids = schedule(4);
      int node = store.join("boot", LEASE).node();
      List<ProgressReport> reports =
          store.claim(node, Long.MAX_VALUE, 100).stream()
              .map(
                  claimed ->
                      new ProgressReport(
                          claimed.row().id(), claimed.fence(), new TaskProgress(50, "half")))
              .toList();

      Collection<Long> passedOver =
          whileLocked(ids.subList(0, 1), () -> store.progress(node, reports));

      assertThat(passedOver).containsExactly(ids.get(0).value());
      assertThat(ids)
          .filteredOn(
              id -> store.find(OptionalLong.empty(), id.value()).orElseThrow().progress() != null)
          .containsExactlyElementsOf(ids.subList(1, 4));
      assertThat(store.progress(node, reports)).isEmpty();
    }

    @Test
    void I5_tryCancel_rowLockedByAnother_empty() throws Exception {
      List<TaskId> ids = schedule(1);
      long id = ids.get(0).value();

      Optional<Cancellation> cancelled =
          whileLocked(ids, () -> store.tryCancel(OptionalLong.empty(), id, databaseMillis()));

      assertThat(cancelled).isEmpty();
      assertThat(status(ids.get(0))).isEqualTo(TaskStatus.WAITING);
      assertThat(store.tryCancel(OptionalLong.empty(), id, databaseMillis()))
          .contains(Cancellation.CANCELLED);
      assertThat(store.tryCancel(OptionalLong.empty(), id, databaseMillis()))
          .contains(Cancellation.TOO_LATE);
      assertThat(store.tryCancel(OptionalLong.empty(), 7, databaseMillis()))
          .contains(Cancellation.NOT_FOUND);
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
