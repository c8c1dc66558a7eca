package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.Scheduled;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A transaction of a host's that stays open with a row locked, while a node runs: it holds up what
 * it has locked, and nothing else.
 */
@Timeout(60)
class HostLocksTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration QUICKLY = Duration.ofSeconds(8);
  private static final Task HELD = RecordingNode.TASK.content("\"held\"");
  private static final int OTHERS = 500;

  abstract static class OnDatabase {
    private final DataSource direct = newDatabase();
    private final Jdbi jdbi = Jdbi.create(direct);
    private final CountDownLatch locked = new CountDownLatch(1);
    private final AtomicInteger stale = new AtomicInteger();
    private final Queue<String> begun = new ConcurrentLinkedQueue<>();
    private HikariDataSource pool;
    private Gatehouse gatehouse;
    private Connection host;

    /** A database of its own, with connections that are each a new one. */
    abstract DataSource newDatabase();

    @BeforeEach
    void start() throws SQLException {
      pool = Postgres.pooled(direct);
      gatehouse =
          Gatehouse.builder()
              .storage(JdbcStorage.of(pool))
              .listener(
                  new GatehouseListener() {
                    @Override
                    public void staleResults(int count) {
                      stale.addAndGet(count);
                    }
                  })
              .handler("work", this::work)
              .handler("brief", this::work)
              .scheduler(SchedulerOptions.builder().forget("brief").build())
              .build();
      gatehouse.start();
      host = direct.getConnection();
      host.setAutoCommit(false);
    }

    @AfterEach
    void close() throws SQLException {
      host.rollback();
      host.close();
      locked.countDown();
      gatehouse.close();
      pool.close();
    }

    private TaskResult work(TaskContext context) {
      begun.add(context.content());
      if (context.content().equals("\"tells\"")) {
        context.progress(50, "half");
      }
      if (Set.of("\"held\"", "\"tells\"").contains(context.content())) {
        await().atMost(SOON).until(() -> locked.getCount() == 0);
      }
      return TaskResult.done();
    }

    private TaskDetail task(TaskId id) {
      return gatehouse.scheduler().findTask(id).orElseThrow();
    }

    private boolean isRunning(long id) {
      return task(new TaskId(id)).status() == TaskStatus.RUNNING;
    }

    private TaskId running(Task task) {
      TaskId id = gatehouse.scheduler().schedule(task);
      await().atMost(SOON).until(() -> task(id).status() == TaskStatus.RUNNING);
      return id;
    }

    private void awaitOthers() {
      List<Long> others =
          gatehouse
              .scheduler()
              .scheduleAll(Collections.nCopies(OTHERS, RecordingNode.TASK))
              .stream()
              .map(TaskId::value)
              .toList();
      await().atMost(QUICKLY).until(() -> Collections.disjoint(others, open()));
    }

    /** What is neither finished nor else final. */
    private List<Long> open() {
      return jdbi.withHandle(
          handle -> handle.createQuery("SELECT id FROM gh_task").mapTo(Long.class).list());
    }

    private void lock(String sql) throws SQLException {
      host.createStatement().executeQuery(sql + " FOR UPDATE");
    }

    @Test
    void I5_settle_rowLockedByAHost_othersAreSettled() throws SQLException {
      TaskId held = running(HELD);
      Cancellation asked = gatehouse.joining(JdbcTransaction.of(host)).scheduler().cancel(held);
      assertThat(asked).isEqualTo(Cancellation.REQUESTED);
      locked.countDown();

      awaitOthers();
      awaitOthers();
      assertThat(task(held).status()).isEqualTo(TaskStatus.RUNNING);
      host.commit();

      await().atMost(QUICKLY).until(() -> task(held).status() == TaskStatus.CANCELLED);
      assertThat(stale).as("ends that were taken for too late").hasValue(0);
    }

    @Test
    void I5_settle_manyRowsLockedByAHostThatRollsBack_allAreSettled() throws SQLException {
      List<TaskId> held = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        held.add(running(HELD));
      }
      for (TaskId id : held) {
        gatehouse.joining(JdbcTransaction.of(host)).scheduler().cancel(id);
      }
      locked.countDown();

      awaitOthers();
      assertThat(held).allMatch(id -> task(id).status() == TaskStatus.RUNNING);
      host.rollback();

      await()
          .atMost(QUICKLY)
          .until(() -> held.stream().allMatch(id -> task(id).status() == TaskStatus.FINISHED));
      assertThat(stale).hasValue(0);
    }

    @Test
    void I5_settle_supersededByAHost_tooLateOnceItHasCommitted() throws SQLException {
      Task first = Task.of("order-1").handler("work").content("\"held\"");
      TaskId held = running(first);
      gatehouse
          .joining(JdbcTransaction.of(host))
          .scheduler()
          .schedule(first.content("\"new\"").ifTaken(IfTaken.SUPERSEDE));
      locked.countDown();

      awaitOthers();
      assertThat(stale).hasValue(0);
      host.commit();

      await().atMost(QUICKLY).until(() -> task(held).status() == TaskStatus.FINISHED);
      await().atMost(QUICKLY).untilAsserted(() -> assertThat(stale).hasValue(1));
    }

    /** On MariaDB and H2 who asks for a number that is taken keeps it from being given up. */
    @Test
    void I5_settle_numberOfAForgottenTaskLockedByAHost_othersAreSettled() throws SQLException {
      Task brief = Task.of("order-1").handler("brief").content("\"held\"");
      TaskId held = running(brief);
      Scheduled kept =
          gatehouse
              .joining(JdbcTransaction.of(host))
              .scheduler()
              .trySchedule(brief.ifTaken(IfTaken.KEEP));
      assertThat(kept).isEqualTo(new Scheduled(held, Scheduled.Outcome.KEPT));
      lock("SELECT task_id FROM gh_task_key");
      locked.countDown();

      awaitOthers();
      awaitOthers();
      host.commit();

      await().atMost(QUICKLY).until(() -> gatehouse.scheduler().findTask(held).isEmpty());
      assertThat(stale).hasValue(0);
    }

    @Test
    void I5_progress_rowLockedByAHost_othersAreWritten() throws SQLException {
      TaskId held = running(HELD.content("\"held\""));
      lock("SELECT id FROM gh_task WHERE id = " + held.value());
      TaskId other = running(RecordingNode.TASK.content("\"tells\""));

      await().atMost(QUICKLY).until(() -> hasHalf(other));
    }

    @Test
    void I5_progress_rowLockedByAHost_writtenOnceItIsNot() throws SQLException {
      TaskId held = running(RecordingNode.TASK.content("\"tells\""));
      gatehouse.joining(JdbcTransaction.of(host)).scheduler().pause(held);
      TaskId other = running(RecordingNode.TASK.content("\"tells\""));
      await().atMost(QUICKLY).until(() -> hasHalf(other));
      host.rollback();

      await().atMost(QUICKLY).until(() -> hasHalf(held));
    }

    private boolean hasHalf(TaskId id) {
      return task(id).progress().filter(new TaskProgress(50, "half")::equals).isPresent();
    }

    /** Whose thread waits for the host then, must not be who recovers. */
    @Test
    void I5_recover_scheduleLockedByAHost_lostTasksRun() throws SQLException {
      gatehouse.scheduler().repeat(Schedule.every("often", Duration.ofSeconds(1)).handler("work"));
      lock("SELECT name FROM gh_schedule WHERE name = 'often'");
      TaskStore store = JdbcStorage.of(direct).tasks();
      int node = store.join("lost", Duration.ofSeconds(30)).node();
      store.insertHeld(
          node,
          LongStream.rangeClosed(1, 5)
              .mapToObj(id -> new TaskRow(id, 0, "work", null, "", "1", 9_000, "linear:5:5", 1, 1))
              .toList());
      store.leave(node, "lost");

      await().atMost(QUICKLY).until(() -> open().stream().noneMatch(id -> id <= 5));
      host.rollback();
    }

    @Test
    void I5_recur_scheduleLockedByAHost_othersOccurAndItselfAfterwards() throws SQLException {
      repeat("locked");
      repeat("other");
      awaitOccurrences("locked", 1);
      lock("SELECT id FROM gh_schedule WHERE application_id = 0 AND name = 'locked'");
      awaitOccurrences("other", 1);

      awaitOccurrences("other", 6);
      assertThat(occurrences("locked")).as("of what is locked").isLessThan(6);
      host.rollback();

      awaitOccurrences("locked", 6);
    }

    private void repeat(String name) {
      gatehouse
          .scheduler()
          .repeat(
              Schedule.every(name, Duration.ofSeconds(1))
                  .handler("work")
                  .content('"' + name + '"'));
    }

    private void awaitOccurrences(String name, int count) {
      long before = occurrences(name);
      await().atMost(QUICKLY).until(() -> occurrences(name) >= before + count);
    }

    private long occurrences(String name) {
      return begun.stream().filter(('"' + name + '"')::equals).count();
    }

    @Test
    void I5_advance_workflowLocked_othersGoOn() throws SQLException {
      WorkflowId chain =
          gatehouse
              .workflows()
              .schedule(
                  Workflow.of(
                      "chain",
                      WorkflowNode.of("first", HELD),
                      WorkflowNode.of("second", RecordingNode.TASK).after("first")));
      await().atMost(SOON).until(() -> open().stream().anyMatch(this::isRunning));
      lock("SELECT id FROM gh_workflow WHERE id = " + chain.value());
      locked.countDown();

      awaitOthers();
      WorkflowId other =
          gatehouse
              .workflows()
              .schedule(Workflow.of("one", WorkflowNode.of("only", RecordingNode.TASK)));
      await().atMost(QUICKLY).until(() -> status(other) == WorkflowStatus.FINISHED);
      assertThat(status(chain)).isEqualTo(WorkflowStatus.RUNNING);
      host.rollback();

      await().atMost(QUICKLY).until(() -> status(chain) == WorkflowStatus.FINISHED);
    }

    private WorkflowStatus status(WorkflowId id) {
      return gatehouse.workflows().workflow(id).status();
    }

    @Test
    void I5_pass_gateLocked_othersGoOn() throws SQLException {
      TaskId first = gatehouse.scheduler().schedule(RecordingNode.TASK.inOrder("shut"));
      await().atMost(SOON).until(() -> task(first).status() == TaskStatus.FINISHED);
      String gate =
          jdbi.withHandle(
              handle -> handle.createQuery("SELECT name FROM gh_gate").mapTo(String.class).one());
      lock("SELECT name FROM gh_gate WHERE name = '" + gate + "'");
      TaskId waits = gatehouse.scheduler().schedule(RecordingNode.TASK.inOrder("shut"));

      awaitOthers();
      for (int i = 0; i < 20; i++) {
        TaskId open = gatehouse.scheduler().schedule(RecordingNode.TASK.inOrder("open"));
        await().atMost(QUICKLY).until(() -> task(open).status() == TaskStatus.FINISHED);
      }
      assertThat(task(waits).status()).isNotEqualTo(TaskStatus.FINISHED);
      host.rollback();

      await().atMost(QUICKLY).until(() -> task(waits).status() == TaskStatus.FINISHED);
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
  @Tag("mysql")
  class OnMySql extends OnDatabase {
    @Override
    DataSource newDatabase() {
      return MySql.unpooledDataSource("");
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
