package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Keys with a backlog on several nodes: each runs in runs that a node holds, and yet no task begins
 * before the one before it is final, whatever becomes of the node.
 */
@Timeout(120)
class LinesNodesTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int KEYS = 6;
  private static final RetryPolicy AT_ONCE = RetryPolicy.linear(Duration.ZERO, 9);

  /** Nodes over one database. */
  abstract static class Nodes {
    final DataSource dataSource = open();
    final Jdbi jdbi = Jdbi.create(dataSource);
    private final List<Gatehouse> nodes = new ArrayList<>();

    /** The tasks' numbers of each key, as their attempts began. */
    private final Map<String, List<Integer>> begun = new HashMap<>();

    /** How often the slow key's tasks ran while others did. */
    private int slow;

    abstract DataSource open();

    @AfterEach
    void close() {
      nodes.forEach(node -> node.close(Duration.ofSeconds(5)));
    }

    final Gatehouse node(DataSource connections) {
      Gatehouse node =
          Gatehouse.builder()
              .storage(JdbcStorage.of(connections))
              .handler("work", this::work)
              .scheduler(
                  SchedulerOptions.builder()
                      .lease(Duration.ofSeconds(2))
                      .claimWindow(Duration.ofMillis(200))
                      .pollInterval(Duration.ofMillis(20))
                      .build())
              .build();
      nodes.add(node);
      node.start();
      return node;
    }

    /** Every thirtieth attempt fails. */
    private TaskResult work(TaskContext context) {
      String[] words = context.content().replace("\"", "").split(" ", -1);
      int number = Integer.parseInt(words[0]);
      synchronized (begun) {
        begun.computeIfAbsent(words[1], key -> new ArrayList<>()).add(number);
        slow += words[1].equals("slow") ? 1 : 0;
      }
      if (words[1].equals("slow")) {
        LockSupport.parkNanos(Duration.ofMillis(400).toNanos());
      }
      return (number + context.attempt()) % 30 == 0
          ? TaskResult.failed("every thirtieth")
          : TaskResult.done();
    }

    final void schedule(Gatehouse node, int each) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < each; i++) {
        for (int key = 0; key < KEYS; key++) {
          tasks.add(task(i, "key-" + key));
        }
      }
      node.scheduler().scheduleAll(tasks);
    }

    final Task task(int number, String key) {
      return Task.unnumbered()
          .handler("work")
          .content("\"" + number + " " + key + "\"")
          .retryPolicy(AT_ONCE)
          .inOrder(key);
    }

    final int begun() {
      synchronized (begun) {
        return begun.values().stream().mapToInt(List::size).sum();
      }
    }

    final int slow() {
      synchronized (begun) {
        return slow;
      }
    }

    final void awaitAllDone() {
      await()
          .atMost(SOON)
          .until(
              () ->
                  jdbi.withHandle(
                      handle ->
                          handle
                              .createQuery("SELECT COUNT(*) FROM gh_task")
                              .mapTo(Long.class)
                              .one()
                              .equals(0L)));
    }

    /** Once a task has begun, none before it ever begins again: so that was final. */
    final void assertInOrder(int each) {
      synchronized (begun) {
        assertThat(begun).hasSize(KEYS);
        begun.forEach(
            (key, numbers) -> {
              assertThat(numbers).as(key).isSorted();
              assertThat(numbers.stream().distinct()).as(key).hasSize(each);
            });
      }
      await()
          .atMost(SOON)
          .until(
              () ->
                  jdbi.withHandle(
                      handle ->
                          handle
                              .createQuery("SELECT COUNT(*) FROM gh_gate_place")
                              .mapTo(Long.class)
                              .one()
                              .equals(0L)));
    }
  }

  abstract static class Cases extends Nodes {
    @Test
    void backlogOfSeveralKeys_twoNodes_eachInOrder() {
      Gatehouse first = node(dataSource);
      node(dataSource);
      schedule(first, 60);
      awaitAllDone();
      assertInOrder(60);
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

    @Test
    void oneKeyIsSlow_othersAreNotHeldUp() {
      Gatehouse node = node(dataSource);
      List<Task> tasks = new ArrayList<>();
      for (int i = 1; i < 20; i++) {
        tasks.add(task(i, "slow"));
      }
      node.scheduler().scheduleAll(tasks);
      await().atMost(SOON).until(() -> slow() > 0);
      schedule(node, 20);
      await().atMost(SOON).until(() -> begun() - slow() >= 20 * KEYS);
      assertThat(slow()).isLessThan(19);
      node.close(Duration.ZERO);
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

  /** Nodes that go in the middle of their runs. */
  @Nested
  class WithLosses extends Nodes {
    @Override
    DataSource open() {
      return Postgres.unpooledDataSource();
    }

    @Test
    void nodesAreLostAndClosedInTheMiddleOfTheirRuns_othersGoOnInOrder() throws SQLException {
      PGSimpleDataSource direct = (PGSimpleDataSource) dataSource;
      FaultyDataSource faulty = new FaultyDataSource(direct, "lost " + direct.getCurrentSchema());
      try (HikariDataSource pool = Postgres.pooled(direct);
          HikariDataSource faultyPool = Postgres.pooled(faulty.dataSource())) {
        Gatehouse lost = node(faultyPool);
        schedule(lost, 150);
        await().atMost(SOON).until(() -> begun() > 100);
        faulty.goAway();
        Gatehouse closed = node(pool);
        int before = begun();
        await().atMost(SOON).until(() -> begun() > before + 200);
        closed.close(Duration.ofSeconds(5));
        Gatehouse last = node(pool);
        awaitAllDone();

        assertInOrder(150);
        faulty.comeBack();
        lost.close(Duration.ofSeconds(5));
        last.close(Duration.ofSeconds(5));
      }
    }
  }
}
