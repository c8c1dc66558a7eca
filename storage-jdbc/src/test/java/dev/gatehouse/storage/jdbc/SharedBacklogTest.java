package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More due tasks than a node can begin: they are there for others, and for what is urgent. */
@Timeout(120)
class SharedBacklogTest {
  private static final Duration SOON = Duration.ofSeconds(40);

  abstract static class Cases {
    private final List<Gatehouse> nodes = new ArrayList<>();

    abstract Storage storage();

    @AfterEach
    void close() {
      nodes.forEach(node -> node.close(Duration.ofMillis(1)));
    }

    private Gatehouse node(int maxRunning, TaskHandler handler) {
      Gatehouse node =
          Gatehouse.builder()
              .storage(storage())
              .handler("work", handler)
              .scheduler(SchedulerOptions.builder().maxRunning(maxRunning).build())
              .build();
      nodes.add(node);
      return node;
    }

    private static void schedule(Gatehouse node, int count, Priority priority) {
      Task task =
          Task.unnumbered().handler("work").priority(priority).retryPolicy(RetryPolicy.NONE);
      for (int left = count; left > 0; left -= 1_000) {
        node.scheduler().scheduleAll(Collections.nCopies(Math.min(left, 1_000), task));
      }
    }

    private static TaskHandler taking(Duration time, Queue<TaskId> ran) {
      return context -> {
        ran.add(context.id());
        LockSupport.parkNanos(time.toNanos());
        return TaskResult.done();
      };
    }

    @Test
    void secondNodeJoinsLater_bothRunAFairPart() {
      Queue<TaskId> first = new ConcurrentLinkedQueue<>();
      Queue<TaskId> second = new ConcurrentLinkedQueue<>();
      Gatehouse one = node(8, taking(Duration.ofMillis(50), first));
      one.start();
      await().atMost(SOON).until(() -> one.status().scheduler().work().claims() > 0);
      schedule(one, 1_000, Priority.NORMAL);
      await().atMost(SOON).until(() -> first.size() >= 100);
      Gatehouse other = node(8, taking(Duration.ofMillis(50), second));
      other.start();

      await().atMost(SOON).until(() -> first.size() + second.size() >= 1_000);

      assertThat(first).hasSizeGreaterThan(300).doesNotHaveDuplicates();
      assertThat(second).hasSizeGreaterThan(250).doesNotHaveDuplicates();
      assertThat(first).doesNotContainAnyElementsOf(second);
      assertThat(first.size() + second.size()).isEqualTo(1_000);
    }

    /** Those before it take five minutes; it waits for what is held, and for one claim more. */
    @Test
    void urgentTaskOfAnotherApplicationBehindFiveThousand_beginsSoon() {
      AtomicInteger begun = new AtomicInteger();
      AtomicInteger beforeUrgent = new AtomicInteger(-1);
      Gatehouse node =
          node(
              16,
              context -> {
                int earlier = begun.getAndIncrement();
                if (context.applicationId().isPresent()) {
                  beforeUrgent.set(earlier);
                }
                LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
                return TaskResult.done();
              });
      Application other = node.registry().register(Application.named("urgent"));
      schedule(node, 5_000, Priority.BULK);
      node.start();
      await().atMost(SOON).until(() -> node.status().scheduler().work().settled() >= 16);

      Task urgent = Task.unnumbered().handler("work").application(other);
      node.scheduler().schedule(urgent.priority(Priority.URGENT));
      int begunBefore = begun.get();
      await().atMost(SOON).until(() -> beforeUrgent.get() >= 0);

      assertThat(beforeUrgent.get() - begunBefore).isLessThan(100);
      assertThat(node.status().scheduler().held()).isLessThan(200);
    }

    @Test
    void twentyThousandQuickTasks_takeFewClaims() {
      Gatehouse node = node(128, context -> TaskResult.done());
      schedule(node, 20_000, Priority.NORMAL);
      node.start();

      await().atMost(SOON).until(() -> node.status().scheduler().work().settled() == 20_000);

      assertThat(node.status().scheduler().work().claims()).isLessThan(60);
    }
  }

  @Nested
  class InMemory extends Cases {
    private final Storage storage = MemoryStorage.create();

    @Override
    Storage storage() {
      return storage;
    }
  }

  @Nested
  class OnH2 extends Cases {
    private final DataSource dataSource = H2.memoryDataSource();

    @Override
    Storage storage() {
      return JdbcStorage.of(dataSource);
    }
  }

  @Nested
  class OnPostgres extends Cases {
    private final DataSource dataSource = Postgres.dataSource();

    @Override
    Storage storage() {
      return JdbcStorage.of(dataSource);
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends Cases {
    private final DataSource dataSource = MariaDb.dataSource();

    @Override
    Storage storage() {
      return JdbcStorage.of(dataSource);
    }
  }
}
