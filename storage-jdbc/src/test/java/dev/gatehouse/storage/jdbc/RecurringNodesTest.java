package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.CatchUp;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.ScheduleDetail;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Stepper;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several nodes, one database, and no occurrence twice or never. */
@Timeout(120)
class RecurringNodesTest {
  private static final int NODES = 3;

  abstract static class OnDatabase {
    private final DataSource dataSource = newDatabase();
    private final Queue<TaskContext> ran = new ConcurrentLinkedQueue<>();
    private final List<Gatehouse> nodes = new ArrayList<>();

    abstract DataSource newDatabase();

    private TaskResult work(TaskContext context) {
      ran.add(context);
      return TaskResult.done();
    }

    @AfterEach
    void close() {
      nodes.forEach(node -> node.close(Duration.ofSeconds(10)));
    }

    @Test
    void steppersAtOnce_everySecondForTwoMinutes_eachOccurrenceOnce() throws Exception {
      ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
      List<Stepper> steppers = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        Gatehouse node =
            Gatehouse.builder()
                .storage(JdbcStorage.of(dataSource, clock))
                .clock(clock)
                .nanoTime(() -> clock.millis() * 1_000_000)
                .handler("work", this::work)
                .scheduler(SchedulerOptions.builder().lease(Duration.ofDays(365)).build())
                .build();
        nodes.add(node);
        steppers.add(node.stepper());
        repeatAll(node);
      }
      ExecutorService threads = Executors.newFixedThreadPool(NODES);
      try {
        for (int second = 1; second <= 120; second++) {
          clock.advance(Duration.ofSeconds(1));
          List<Future<?>> runs = new ArrayList<>();
          for (Stepper stepper : steppers) {
            runs.add(threads.submit(stepper::run));
          }
          for (Future<?> run : runs) {
            run.get(60, TimeUnit.SECONDS);
          }
        }
      } finally {
        threads.shutdownNow();
      }

      assertThat(ran).extracting(context -> context.taskNo().orElseThrow()).doesNotHaveDuplicates();
      assertThat(ran).hasSize(120 + 40 + 2);
    }

    private static void repeatAll(Gatehouse node) {
      CatchUp all = CatchUp.all(100);
      node.scheduler()
          .repeat(Schedule.every("second", Duration.ofSeconds(1)).handler("work").catchUp(all));
      node.scheduler().repeat(Schedule.cron("third", "*/3 * * * * *").handler("work").catchUp(all));
      node.scheduler().repeat(Schedule.cron("minute", "* * * * *").handler("work").catchUp(all));
    }

    @Test
    void repeat_manyNodesAtOnce_oneSchedule() throws Exception {
      for (int i = 0; i < NODES; i++) {
        nodes.add(
            Gatehouse.builder()
                .storage(JdbcStorage.of(dataSource))
                .handler("work", this::work)
                .build());
      }
      Schedule schedule = Schedule.cron("nightly", "0 3 * * *").handler("work");
      ExecutorService threads = Executors.newFixedThreadPool(NODES);
      List<Future<ScheduleDetail>> details = new ArrayList<>();
      try {
        for (Gatehouse node : nodes) {
          details.add(threads.submit(() -> node.scheduler().repeat(schedule)));
        }
        for (Future<ScheduleDetail> detail : details) {
          assertThat(detail.get(60, TimeUnit.SECONDS).name()).isEqualTo("nightly");
        }
      } finally {
        threads.shutdownNow();
      }

      assertThat(nodes.get(0).scheduler().schedules("", 10)).hasSize(1);
    }

    @Test
    void realThreads_everySecond_noOccurrenceTwiceNoneBeforeItsTime() {
      for (int i = 0; i < 2; i++) {
        Gatehouse node =
            Gatehouse.builder()
                .storage(JdbcStorage.of(dataSource))
                .handler(
                    "work",
                    context -> {
                      assertThat(Instant.now()).isAfterOrEqualTo(context.dueAt());
                      return work(context);
                    })
                .build();
        nodes.add(node);
        node.start();
      }
      nodes
          .get(0)
          .scheduler()
          .repeat(Schedule.every("second", Duration.ofSeconds(1)).handler("work"));

      await().atMost(Duration.ofSeconds(60)).until(() -> ran.size() >= 3);

      List<TaskContext> seen = List.copyOf(ran);
      assertThat(seen)
          .extracting(context -> context.taskNo().orElseThrow())
          .doesNotHaveDuplicates();
      assertThat(seen).allMatch(context -> context.attempt() == 1);
    }
  }

  @Nested
  class OnH2 extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }

  @Nested
  @Tag("mariadb")
  class OnMariaDb extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MariaDb.dataSource();
    }
  }
}
