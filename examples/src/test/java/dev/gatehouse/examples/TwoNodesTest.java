package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several instances in one process, over one database. */
class TwoNodesTest {
  private static final int TASKS = 400;

  private final JdbcConnectionPool dataSource =
      JdbcConnectionPool.create(
          "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");
  private final Map<String, String> runs = new ConcurrentHashMap<>();
  private final Map<String, String> duplicates = new ConcurrentHashMap<>();

  @AfterEach
  void dispose() {
    dataSource.dispose();
  }

  @Test
  void twoNodes_oneLeavesMidway_eachTaskRunsOnce() {
    dataSource.setMaxConnections(20);
    Gatehouse first = open("first");
    Gatehouse second = open("second");
    try {
      first.scheduler().scheduleAll(tasks(0));
      second.scheduler().scheduleAll(tasks(TASKS / 2));
      first.start();
      second.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> runs.containsValue("first") && runs.containsValue("second"));
      first.close();
      await().atMost(Duration.ofSeconds(30)).until(() -> runs.size() == TASKS);
    } finally {
      first.close();
      second.close();
    }
    assertThat(duplicates).isEmpty();
  }

  private Gatehouse open(String name) {
    return Gatehouse.builder()
        .storage(JdbcStorage.of(dataSource))
        .scheduler(
            SchedulerOptions.builder().capacity(20).pollInterval(Duration.ofMillis(10)).build())
        .handler("count", context -> count(context.content(), name))
        .build();
  }

  private TaskResult count(String task, String node) {
    String before = runs.putIfAbsent(task, node);
    if (before != null) {
      duplicates.put(task, before + " and " + node);
    }
    return TaskResult.done();
  }

  private static List<Task> tasks(int from) {
    return IntStream.range(from, from + TASKS / 2)
        .mapToObj(number -> Task.unnumbered().handler("count").content("" + number))
        .toList();
  }
}
