package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows that somebody else has changed to what no task and no schedule is, while a node runs. */
@Timeout(60)
class UnreadableRowsTest {
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final Task TASK = RecordingNode.TASK.content("\"other\"");
  private static final String FIRST = "\"first\"";
  private static final Task BAD = RecordingNode.TASK.content("\"bad\"");

  abstract static class OnDatabase {
    private final DataSource direct = newDatabase();
    private final Jdbi jdbi = Jdbi.create(direct);
    private final Queue<String> begun = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> goesOn = new CompletableFuture<>();
    private HikariDataSource pool;
    private Gatehouse gatehouse;

    /** A database of its own, with connections that are each a new one. */
    abstract DataSource newDatabase();

    @BeforeEach
    void build() {
      pool = Postgres.pooled(direct);
      gatehouse =
          Gatehouse.builder().storage(JdbcStorage.of(pool)).handler("work", this::work).build();
    }

    @AfterEach
    void close() {
      gatehouse.close();
      pool.close();
    }

    private TaskResult work(TaskContext context) {
      begun.add(context.content());
      if (context.content().equals(FIRST)) {
        goesOn.join();
      }
      return TaskResult.done();
    }

    private List<TaskId> scheduleLine(String... contents) {
      return gatehouse
          .scheduler()
          .scheduleAll(
              Stream.of(contents)
                  .map(content -> RecordingNode.TASK.inOrder("line").content(content))
                  .toList());
    }

    private void execute(String sql) {
      assertThat(jdbi.<Integer, RuntimeException>withHandle(handle -> handle.execute(sql)))
          .as("rows of %s", sql)
          .isEqualTo(1);
    }

    private void setTimeout(TaskId id, int millis) {
      execute("UPDATE gh_task SET timeout_ms = " + millis + " WHERE id = " + id.value());
    }

    private void awaitEnd(TaskId id) {
      await()
          .atMost(SOON)
          .until(() -> gatehouse.scheduler().task(id).status() == TaskStatus.FINISHED);
    }

    private void awaitPaused(TaskId id) {
      String sql = "SELECT lane FROM gh_task WHERE id = " + id.value();
      await()
          .atMost(SOON)
          .until(
              () ->
                  jdbi.withHandle(handle -> handle.createQuery(sql).mapTo(Integer.class).one())
                      == -1);
    }

    @Test
    void I5_claim_taskUnreadable_othersRunAndItIsPaused() {
      List<TaskId> bad = gatehouse.scheduler().scheduleAll(List.of(BAD, BAD, BAD));
      List<TaskId> others = gatehouse.scheduler().scheduleAll(List.of(TASK, TASK, TASK));
      bad.forEach(id -> setTimeout(id, 7_200_000));

      gatehouse.start();

      others.forEach(this::awaitEnd);
      assertThat(begun).containsOnly(TASK.content());
      assertThatThrownBy(() -> gatehouse.scheduler().findTask(bad.get(0)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("task " + bad.get(0).value() + " is stored in no known form")
          .hasMessageContaining("7200000");
    }

    @Test
    void I5_resume_taskReadableAgain_runs() {
      TaskId bad = gatehouse.scheduler().schedule(BAD);
      setTimeout(bad, 0);
      gatehouse.start();
      awaitPaused(bad);
      setTimeout(bad, 1_000);

      gatehouse.scheduler().resume(bad);

      awaitEnd(bad);
    }

    @Test
    void I5_line_tasksUnreadable_lineWaitsForThemAndGoesOnInOrder() {
      List<TaskId> line = scheduleLine("0", "1", "2", "3", "4", "5");
      List<TaskId> bad = List.of(line.get(1), line.get(3));
      bad.forEach(id -> setTimeout(id, 7_200_000));
      gatehouse.start();
      bad.forEach(this::awaitPaused);
      awaitEnd(line.get(0));
      awaitEnd(gatehouse.scheduler().schedule(TASK));
      assertThat(begun).containsExactlyInAnyOrder("0", TASK.content());
      begun.remove(TASK.content());
      bad.forEach(id -> setTimeout(id, 1_000));

      bad.forEach(gatehouse.scheduler()::resume);

      line.forEach(this::awaitEnd);
      assertThat(begun).containsExactly("0", "1", "2", "3", "4", "5");
    }

    @Test
    void I5_line_taskUnreadableWhileItWaits_othersRunInOrder() {
      gatehouse.start();
      List<TaskId> line = scheduleLine(FIRST, "1", "2", "3");
      await().atMost(SOON).until(() -> begun.size() == 1);
      setTimeout(line.get(1), 7_200_000);
      setTimeout(line.get(2), 0);

      goesOn.complete(null);

      awaitEnd(line.get(3));
      assertThat(begun).startsWith(FIRST).endsWith("3");
    }

    @Test
    void I5_recur_scheduleUnreadable_othersOccur() {
      for (String name : List.of("bad", "other")) {
        gatehouse
            .scheduler()
            .repeat(
                Schedule.every(name, Duration.ofSeconds(1))
                    .handler("work")
                    .content('"' + name + '"'));
      }
      execute("UPDATE gh_schedule SET timeout_ms = 7200000 WHERE name = 'bad'");

      gatehouse.start();

      await().atMost(SOON).until(() -> begun.size() >= 3);
      assertThat(begun).containsOnly("\"other\"");
    }

    @Test
    void SCHEDULE6_due_unreadableOnesBetween_pageIsFull() {
      List<String> names = List.of("a", "b", "c", "d", "e");
      for (String name : names) {
        gatehouse.scheduler().repeat(Schedule.every(name, Duration.ofDays(1)).handler("work"));
      }
      for (String name : List.of("a", "c", "d")) {
        execute("UPDATE gh_schedule SET timeout_ms = 7200000 WHERE name = '" + name + "'");
      }

      assertThat(JdbcStorage.of(direct).schedules().due(Long.MAX_VALUE, 0, 2))
          .extracting(row -> row.name())
          .containsExactly("b", "e");
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

  @Nested
  class OnH2 extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return H2.memoryDataSource();
    }
  }
}
