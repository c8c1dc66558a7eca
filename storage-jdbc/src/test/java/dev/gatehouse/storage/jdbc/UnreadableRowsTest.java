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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
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
  private static final String LONG = "\"long\"";
  private static final Task BAD = RecordingNode.TASK.content("\"bad\"");

  abstract static class OnDatabase {
    private final DataSource direct = newDatabase();
    private final Jdbi jdbi = Jdbi.create(direct);
    private final Queue<String> begun = new ConcurrentLinkedQueue<>();
    private final Semaphore goesOn = new Semaphore(0);
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
      if (context.content().equals(LONG)) {
        goesOn.acquireUninterruptibly();
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

    /** Those wait in line behind one that runs until it may go on. */
    private List<TaskId> scheduleBehind(String first, String... contents) {
      gatehouse.start();
      scheduleLine(first);
      await().atMost(SOON).until(() -> begun.size() == 1);
      List<TaskId> behind = scheduleLine(contents);
      awaitAll(behind, "lane = -2");
      return behind;
    }

    private void execute(String sql) {
      assertThat(jdbi.<Integer, RuntimeException>withHandle(handle -> handle.execute(sql)))
          .as("rows of %s", sql)
          .isEqualTo(1);
    }

    private void setTimeout(TaskId id, int millis) {
      execute("UPDATE gh_task SET timeout_ms = " + millis + " WHERE id = " + id.value());
    }

    /** As if a node that was lost since had been running it. */
    private void lose(TaskId id, String columns) {
      jdbi.useHandle(
          handle ->
              handle.execute(
                  "INSERT INTO gh_node"
                      + "(boot, state, expires_ms, lease_ms, latest_ms, lost_ms, swept_ms)"
                      + " VALUES (?, 1, ?, 1, ?, 0, 0)",
                  "lost " + id.value(),
                  System.currentTimeMillis(),
                  System.currentTimeMillis()));
      execute(
          "UPDATE gh_task SET state = 1, percent = 1, note = '', %s,".formatted(columns)
              + " owner = (SELECT MAX(node) FROM gh_node) WHERE id = "
              + id.value());
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

    private void awaitAll(List<TaskId> ids, String state) {
      String sql = "SELECT COUNT(*) FROM gh_task WHERE " + state;
      await()
          .atMost(SOON)
          .until(
              () ->
                  jdbi.withHandle(handle -> handle.createQuery(sql).mapTo(Integer.class).one())
                      == ids.size());
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
    void I5_recover_taskUnreadable_itEndsAndOthersAreFreed() {
      TaskId bad = gatehouse.scheduler().schedule(BAD);
      TaskId other = gatehouse.scheduler().schedule(TASK);
      lose(bad, "attempt = 1, fence = 1, crashes = 100");
      lose(other, "attempt = 1, fence = 1");
      setTimeout(bad, 7_200_000);

      gatehouse.start();

      awaitEnd(other);
      assertThat(begun).containsOnly(TASK.content());
      execute("UPDATE gh_task_done SET timeout_ms = 1000 WHERE id = " + bad.value());
      assertThat(gatehouse.scheduler().task(bad).status()).isEqualTo(TaskStatus.FAILED);
    }

    @Test
    void I5_recover_numbersThatNoTaskHas_itRunsAgainAsDoOthers() {
      TaskId bad = gatehouse.scheduler().schedule(BAD);
      TaskId other = gatehouse.scheduler().schedule(TASK);
      lose(bad, "attempt = 0, fence = 0, cancel = 99, crashes = -1");
      lose(other, "attempt = 1, fence = 1");

      gatehouse.start();

      awaitEnd(bad);
      awaitEnd(other);
      assertThat(begun).containsExactlyInAnyOrder(BAD.content(), TASK.content());
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
    void I5_line_taskUnreadableWhileParked_waitsAndOtherLinesGoOn() {
      List<TaskId> line = scheduleBehind(LONG, "1", "2", "3");
      setTimeout(line.get(0), 7_200_000);

      goesOn.release();

      awaitPaused(line.get(0));
      awaitEnd(gatehouse.scheduler().schedule(TASK.inOrder("other")));
      assertThat(begun).containsExactly(LONG, TASK.content());
      setTimeout(line.get(0), 1_000);
      gatehouse.scheduler().resume(line.get(0));
      awaitEnd(line.get(2));
      assertThat(begun).containsExactly(LONG, TASK.content(), "1", "2", "3");
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
