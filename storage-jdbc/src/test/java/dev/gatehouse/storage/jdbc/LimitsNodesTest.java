package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Several nodes with real threads over one database: whatever happens, no limit is exceeded, no
 * order broken, no task stuck, and nothing left at the gates.
 */
@Timeout(120)
class LimitsNodesTest {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int LINES = 12;
  private static final int PAIRS = 6;
  private static final RetryPolicy AT_ONCE = RetryPolicy.linear(Duration.ZERO, 9);

  /** Nodes over one database. */
  abstract static class Nodes {
    final CountedWork work = new CountedWork();
    final DataSource dataSource = open();
    final Jdbi jdbi = Jdbi.create(dataSource);
    private final List<Gatehouse> nodes = new ArrayList<>();
    private List<TaskId> ids = List.of();

    abstract DataSource open();

    @AfterEach
    void close() {
      nodes.forEach(node -> node.close(Duration.ofSeconds(5)));
    }

    final Gatehouse node() {
      return node(dataSource);
    }

    final Gatehouse node(DataSource connections) {
      Gatehouse node = client(connections);
      node.start();
      return node;
    }

    /** One that schedules and changes tasks, and runs none. */
    final Gatehouse client(DataSource connections) {
      Gatehouse node =
          Gatehouse.builder()
              .storage(JdbcStorage.of(connections))
              .handler("plain", work::handle)
              .handler("three", work::handle)
              .scheduler(
                  SchedulerOptions.builder()
                      .lease(Duration.ofSeconds(2))
                      .claimWindow(Duration.ofMillis(200))
                      .pollInterval(Duration.ofMillis(20))
                      .limit("three", Limit.concurrent(3))
                      .limitApplications(Limit.concurrent(2))
                      .build())
              .build();
      nodes.add(node);
      return node;
    }

    /**
     * A third in order, a third of pairs, a third of an application; half with a limited handler.
     */
    final void schedule(Gatehouse node, int count) {
      Application application = node.registry().register(Application.named("limited"));
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String handler = i % 2 == 0 ? "plain" : "three";
        Task task = Task.of("task-" + i).handler(handler).retryPolicy(AT_ONCE);
        String group =
            switch (i % 3) {
              case 0 -> "line-" + i / 3 % LINES;
              case 1 -> "pair-" + i / 3 % PAIRS;
              default -> "application";
            };
        task = task.content("\"" + i + " " + handler + " " + group + "\"");
        tasks.add(
            switch (i % 3) {
              case 0 -> task.inOrder(group);
              case 1 -> task.atMost(2, group);
              default -> task.application(application);
            });
      }
      ids = node.scheduler().scheduleAll(tasks);
    }

    final List<TaskId> ids() {
      return ids;
    }

    final long count(String from) {
      return jdbi.withHandle(
          handle -> handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one());
    }

    final void awaitAllDone() {
      await().atMost(SOON).until(() -> count("gh_task") == 0);
    }

    final void assertWithinLimits() {
      for (Map.Entry<String, Integer> most : work.most().entrySet()) {
        String group = most.getKey();
        if (group.startsWith("line")) {
          assertThat(most.getValue()).as(group).isEqualTo(1);
        } else if (!group.equals("plain")) {
          int limit = group.equals("three") ? 3 : 2;
          assertThat(most.getValue()).as(group).isLessThanOrEqualTo(limit);
        }
      }
    }

    final void assertInOrder() {
      work.successes()
          .forEach(
              (group, tasks) -> {
                if (group.startsWith("line")) {
                  assertThat(tasks).as(group).isSorted();
                }
              });
    }

    final void assertNothingLeft() {
      await().atMost(SOON).until(() -> count("gh_gate_place") == 0);
      sweep();
      assertThat(count("gh_gate")).isZero();
    }

    /** As every node does once a minute. */
    final void sweep() {
      try (VirtualGatehouse sweeper =
          VirtualGatehouse.create(builder -> builder.storage(JdbcStorage.of(dataSource)))) {
        sweeper.advance(Duration.ofMinutes(2));
        sweeper.runDue();
      }
    }
  }

  abstract static class Cases extends Nodes {
    @Test
    void manyTasks_allRunInOrderWithinTheirLimits() {
      Gatehouse first = node();
      node();
      node();
      schedule(first, 150);
      awaitAllDone();

      assertThat(FinishedTasks.ids(jdbi)).hasSize(150);
      assertWithinLimits();
      assertInOrder();
      assertThat(work.most().get("plain")).isGreaterThan(1);
      assertNothingLeft();
    }

    @Test
    void ownersChangeTasksMeanwhile_limitsKeptAndNothingStuck() throws Exception {
      List<Gatehouse> owners = List.of(node(), node(), client(dataSource));
      schedule(owners.get(0), 100);
      storm(owners, this::change);
      for (TaskId id : ids()) {
        owners.get(0).scheduler().resume(id);
      }
      awaitAllDone();

      assertWithinLimits();
      assertNothingLeft();
    }

    @Test
    void ownersSupersedeAndForceMeanwhile_nothingStuck() throws Exception {
      List<Gatehouse> owners = List.of(node(), node(), client(dataSource));
      schedule(owners.get(0), 100);
      storm(owners, this::force);
      for (TaskId id : ids()) {
        owners.get(0).scheduler().resume(id);
      }
      awaitAllDone();

      assertNothingLeft();
    }

    private interface Change {
      void make(TaskScheduler scheduler, Random random, int task);
    }

    private void storm(List<Gatehouse> owners, Change change)
        throws InterruptedException, ExecutionException, TimeoutException {
      ExecutorService threads = Executors.newFixedThreadPool(owners.size());
      try {
        List<Future<?>> storms = new ArrayList<>();
        for (int i = 0; i < owners.size(); i++) {
          Random random = new Random(i);
          TaskScheduler scheduler = owners.get(i).scheduler();
          storms.add(
              threads.submit(
                  () -> {
                    for (int n = 0; n < 50; n++) {
                      change.make(scheduler, random, random.nextInt(ids().size()));
                    }
                  }));
        }
        for (Future<?> storm : storms) {
          storm.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
      } finally {
        threads.shutdownNow();
      }
    }

    private void change(TaskScheduler scheduler, Random random, int task) {
      TaskId id = ids().get(task);
      switch (random.nextInt(10)) {
        case 0 -> scheduler.cancel(id);
        case 1, 2 -> {
          scheduler.pause(id);
          scheduler.resume(id);
        }
        case 3 -> scheduler.pause(id);
        case 4, 5 -> scheduler.resume(id);
        case 6 -> scheduler.runNow(id);
        case 7 -> scheduler.reschedule(id, Instant.now().plusMillis(random.nextInt(300)));
        default -> scheduler.requeue(id);
      }
    }

    private void force(TaskScheduler scheduler, Random random, int task) {
      if (task % 3 == 2 || random.nextInt(3) == 0) {
        change(scheduler, random, task);
      } else if (random.nextBoolean()) {
        scheduler.forceRequeue(ids().get(task));
      } else {
        Task other =
            Task.of("task-" + task)
                .handler(random.nextBoolean() ? "plain" : "three")
                .content("\"" + task + " other\"")
                .retryPolicy(AT_ONCE)
                .ifTaken(IfTaken.SUPERSEDE);
        scheduler.trySchedule(
            switch (random.nextInt(3)) {
              case 0 -> other;
              case 1 -> other.inOrder("line-" + random.nextInt(LINES));
              default -> other.atMost(2, "pair-" + random.nextInt(PAIRS));
            });
      }
    }
  }

  @Nested
  class OnH2 extends Cases {
    @Override
    DataSource open() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  class OnPostgres extends Cases {
    @Override
    DataSource open() {
      return Postgres.dataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Cases {
    @Override
    DataSource open() {
      return MariaDb.dataSource();
    }
  }

  /** Nodes that go in the middle of it. */
  @Nested
  class WithLosses extends Nodes {
    @Override
    DataSource open() {
      return Postgres.unpooledDataSource();
    }

    @Test
    void oneNodeIsClosedAndOneLost_limitsKeptAndNothingStuck() throws SQLException {
      PGSimpleDataSource direct = (PGSimpleDataSource) dataSource;
      FaultyDataSource faulty = new FaultyDataSource(direct, "lost " + direct.getCurrentSchema());
      try (HikariDataSource pool = Postgres.pooled(direct);
          HikariDataSource faultyPool = Postgres.pooled(faulty.dataSource())) {
        Gatehouse first = node(pool);
        Gatehouse closed = node(pool);
        Gatehouse lost = node(faultyPool);
        schedule(first, 200);
        await().atMost(SOON).until(() -> FinishedTasks.ids(jdbi).size() > 40);
        closed.close(Duration.ofSeconds(5));
        await().atMost(SOON).until(() -> FinishedTasks.ids(jdbi).size() > 80);
        faulty.goAway();
        awaitAllDone();

        assertThat(FinishedTasks.ids(jdbi)).hasSize(200);
        assertWithinLimits();
        assertInOrder();
        faulty.comeBack();
        lost.close(Duration.ofSeconds(5));
        assertNothingLeft();
        first.close(Duration.ofSeconds(5));
      }
    }
  }
}
