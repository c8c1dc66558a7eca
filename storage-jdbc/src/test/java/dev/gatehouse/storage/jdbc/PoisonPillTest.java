package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A task that kills its node as soon as it begins, among many others. Of a node that is killed the
 * database hears no more, and what it was about to write is rolled back.
 */
@Timeout(180)
class PoisonPillTest {
  private static final int TASKS = 300;
  private static final int KILLER = 150;
  private static final Task TASK = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);

  private final List<Gatehouse> nodes = new ArrayList<>();
  private final List<AtomicBoolean> deaths = new ArrayList<>();

  @AfterEach
  void close() {
    deaths.forEach(dead -> dead.set(false));
    nodes.forEach(node -> node.close(Duration.ZERO));
  }

  private static DataSource until(AtomicBoolean dead, DataSource sound) {
    return JdbcProxy.of(
        DataSource.class,
        (method, arguments) -> {
          Object result = JdbcProxy.invoke(sound, method, arguments);
          return result instanceof Connection connection
              ? connectionUntil(dead, connection)
              : result;
        });
  }

  private static Object connectionUntil(AtomicBoolean dead, Connection connection) {
    return JdbcProxy.of(
        Connection.class,
        (method, arguments) -> {
          String name = method.getName();
          if (dead.get() && (name.equals("commit") || name.equals("prepareStatement"))) {
            throw new SQLException("the node is dead", "08006");
          }
          return JdbcProxy.invoke(connection, method, arguments);
        });
  }

  private Gatehouse node(DataSource database, AtomicBoolean dead, TaskId killer) {
    deaths.add(dead);
    Gatehouse node =
        Gatehouse.builder()
            .storage(JdbcStorage.of(until(dead, database)))
            .scheduler(
                SchedulerOptions.builder().lease(Duration.ofSeconds(1)).maxRunning(8).build())
            .handler(
                "work",
                context -> {
                  if (context.id().equals(killer)) {
                    dead.set(true);
                  }
                  while (dead.get() && !Thread.currentThread().isInterrupted()) {
                    LockSupport.park();
                  }
                  return TaskResult.done();
                })
            .build();
    nodes.add(node);
    node.start();
    return node;
  }

  private void oneKillerAmongMany_onlyItFails(DataSource database) {
    Gatehouse watcher =
        Gatehouse.builder()
            .storage(JdbcStorage.of(database))
            .handler("work", context -> TaskResult.done())
            .build();
    nodes.add(watcher);
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(TASK);
    }
    List<TaskId> ids = watcher.scheduler().scheduleAll(tasks);
    TaskId killer = ids.get(KILLER);
    int killed = 0;
    while (watcher.scheduler().task(killer).status() != TaskStatus.FAILED && killed < 12) {
      AtomicBoolean dead = new AtomicBoolean();
      node(database, dead, killer);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> dead.get() || watcher.scheduler().task(killer).status() == TaskStatus.FAILED);
      killed += dead.get() ? 1 : 0;
    }

    assertThat(killed).isEqualTo(6);
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(ids)
                    .filteredOn(id -> watcher.scheduler().task(id).status() != TaskStatus.FINISHED)
                    .containsExactly(killer));
    assertThat(watcher.scheduler().failedTasks(10)).hasSize(1);
    assertThat(watcher.scheduler().task(killer).attempts())
        .extracting(Attempt::outcome)
        .hasSize(6)
        .containsOnly(Outcome.CRASHED);
  }

  @Test
  void killedSixTimes_h2_onlyTheKillerFails() {
    oneKillerAmongMany_onlyItFails(H2.memoryDataSource());
  }

  @Test
  void killedSixTimes_postgres_onlyTheKillerFails() {
    oneKillerAmongMany_onlyItFails(Postgres.dataSource());
  }

  @Test
  @Tag("mariadb")
  void killedSixTimes_mariaDb_onlyTheKillerFails() {
    oneKillerAmongMany_onlyItFails(MariaDb.dataSource());
  }
}
