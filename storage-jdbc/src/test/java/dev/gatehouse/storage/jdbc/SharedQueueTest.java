package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.SchedulerStatus;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One table of tasks for nodes of different handlers, and for applications that have very many. */
@Timeout(120)
class SharedQueueTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  /** A node that hears nothing looks within 2.5 seconds; the rest is for a busy machine. */
  private static final Duration PROMPT = Duration.ofSeconds(5);

  private static final int MOST_AT_ONCE = 1_000;

  /** What was seen of an attempt. */
  private record Start(int attempt, Instant due, Instant at) {}

  /** Nodes over one storage. */
  abstract static class Nodes {
    private final Storage storage = open();
    private final List<Gatehouse> nodes = new ArrayList<>();
    private final Map<TaskId, Start> starts = new ConcurrentHashMap<>();
    private final AtomicInteger noise = new AtomicInteger();

    abstract Storage open();

    @AfterEach
    void close() {
      nodes.forEach(node -> node.close(Duration.ofSeconds(5)));
    }

    private Gatehouse node(SchedulerOptions.Builder options, String... handlers) {
      Gatehouse.Builder builder = Gatehouse.builder().storage(storage);
      for (String handler : handlers) {
        builder.handler(handler, this::handle);
      }
      Gatehouse node = builder.scheduler(options.build()).build();
      nodes.add(node);
      return node;
    }

    private TaskResult handle(TaskContext context) {
      if (context.content().equals("\"noise\"")) {
        noise.incrementAndGet();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      } else {
        starts.put(context.id(), new Start(context.attempt(), context.dueAt(), Instant.now()));
      }
      return TaskResult.done();
    }

    private static void scheduleMany(Gatehouse node, int count, Task task) {
      for (int i = 0; i < count; i += MOST_AT_ONCE) {
        node.scheduler().scheduleAll(Collections.nCopies(MOST_AT_ONCE, task));
      }
    }

    @Test
    void run_nodesOfDifferentHandlers_eachTaskStartsAtOnceInItsFirstAttempt() {
      Gatehouse first = node(SchedulerOptions.builder(), "first");
      Gatehouse second = node(SchedulerOptions.builder(), "second");
      first.start();
      second.start();
      await().atMost(SOON).until(() -> nodes.stream().allMatch(Nodes::hasNode));
      Map<TaskId, Instant> dues = new ConcurrentHashMap<>();
      for (int i = 0; i < 100; i++) {
        Instant due = Instant.now().plusMillis(10L * i);
        Task task = Task.unnumbered().at(due);
        Gatehouse from = i % 4 < 2 ? first : second;
        TaskId id = from.scheduler().schedule(task.handler(i % 2 == 0 ? "first" : "second"));
        dues.put(id, Instant.ofEpochMilli(due.toEpochMilli()));
      }
      await().atMost(SOON).until(() -> starts.size() == 100);

      starts.forEach(
          (id, start) -> {
            assertThat(start.attempt()).isEqualTo(1);
            assertThat(start.due()).isEqualTo(dues.get(id));
            assertThat(Duration.between(start.due(), start.at())).isLessThan(PROMPT);
          });
      await()
          .atMost(SOON)
          .until(
              () ->
                  dues.keySet().stream()
                      .map(id -> first.scheduler().task(id).status())
                      .allMatch(TaskStatus.FINISHED::equals));
    }

    private static boolean hasNode(Gatehouse gatehouse) {
      return gatehouse.status().scheduler().node().isPresent();
    }

    @Test
    void run_thousandsOfAKindNobodyHas_neitherDelayOthersNorMakeWork() throws Exception {
      Gatehouse node = node(SchedulerOptions.builder(), "work");
      scheduleMany(node, 5_000, Task.unnumbered().handler("misspelt"));
      TaskId foreign = node.scheduler().schedule(Task.unnumbered().handler("misspelt"));
      Instant due = node.scheduler().task(foreign).dueAt();
      node.start();
      await()
          .atMost(SOON)
          .until(() -> node.status().scheduler().missingHandlers().contains("misspelt"));
      for (int i = 0; i < 10; i++) {
        node.scheduler().schedule(Task.unnumbered().handler("work").in(Duration.ofMillis(20L * i)));
      }
      await().atMost(SOON).until(() -> starts.size() == 10);

      assertThat(starts.values())
          .allMatch(start -> Duration.between(start.due(), start.at()).compareTo(PROMPT) < 0);
      await().atMost(SOON).until(() -> node.status().scheduler().held() == 0);
      SchedulerStatus.Work before = node.status().scheduler().work();
      Thread.sleep(3_000);
      SchedulerStatus.Work after = node.status().scheduler().work();
      assertThat(after.claims() - before.claims()).isLessThanOrEqualTo(3);
      assertThat(after.settled()).isEqualTo(before.settled());
      TaskDetail left = node.scheduler().task(foreign);
      assertThat(left.status()).isEqualTo(TaskStatus.WAITING);
      assertThat(left.dueAt()).isEqualTo(due);
      assertThat(node.status().scheduler().lag()).isGreaterThan(Duration.ofSeconds(2));

      Gatehouse other = node(SchedulerOptions.builder(), "misspelt");
      other.start();
      await().atMost(SOON).until(() -> starts.size() == 5_011);
      assertThat(starts.values()).allMatch(start -> start.attempt() == 1);
    }

    @Test
    void run_backlogOfOneApplication_othersStartWithinSeconds() {
      SchedulerOptions.Builder few = SchedulerOptions.builder().maxRunning(4).capacity(200);
      Gatehouse node = node(few, "work");
      Application noisy = node.registry().register(Application.named("noisy"));
      List<Application> others = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        others.add(node.registry().register(Application.named("other-" + i)));
      }
      Task work = Task.unnumbered().handler("work");
      scheduleMany(node, 20_000, work.application(noisy).content("\"noise\""));
      node.start();
      await().atMost(SOON).until(() -> noise.get() > 100);
      others.forEach(other -> node.scheduler().schedule(work.application(other)));
      node.scheduler().schedule(work);
      await().atMost(SOON).until(() -> starts.size() == 17);

      assertThat(starts.values())
          .allMatch(start -> Duration.between(start.due(), start.at()).compareTo(PROMPT) < 0);
      assertThat(noise.get()).isLessThan(15_000);
    }
  }

  @Nested
  class InMemory extends Nodes {
    @Override
    Storage open() {
      return MemoryStorage.create(InstantSource.system());
    }
  }

  @Nested
  class OnH2 extends Nodes {
    @Override
    Storage open() {
      return JdbcStorage.of(H2.memoryDataSource());
    }
  }

  @Nested
  class OnPostgres extends Nodes {
    @Override
    Storage open() {
      return JdbcStorage.of(Postgres.dataSource());
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Nodes {
    @Override
    Storage open() {
      return JdbcStorage.of(MariaDb.dataSource());
    }
  }
}
