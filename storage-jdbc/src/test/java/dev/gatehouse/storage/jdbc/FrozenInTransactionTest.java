package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is frozen beyond its lease while its transaction has rows locked, of tasks, gates
 * or a workflow: others go on with all else, and with these once its session has ended, which
 * PostgreSQL does by itself, as each of an engine's transactions tells it to, and MariaDB if it was
 * told how long a session may be idle in a transaction.
 */
@Timeout(120)
class FrozenInTransactionTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final int TASKS = 60;
  private static final String LIVE = "gh_node WHERE state = 1";
  private static final String FROZEN = "frozen";
  private static final String SURVIVOR = "survivor";

  @TempDir private Path directory;

  @Test
  void postgres_frozenWithRowsLocked_othersGoOn() throws IOException, InterruptedException {
    assertGoesOn(FaultyServer.postgres(), server -> {});
  }

  @Test
  @Tag("mariadb")
  void mariaDb_frozenWithRowsLocked_othersGoOn() throws IOException, InterruptedException {
    assertGoesOn(FaultyServer.mariaDb(), FrozenInTransactionTest::endSession);
  }

  @Test
  @Tag("mysql")
  void mySql_frozenWithRowsLocked_othersGoOn() throws IOException, InterruptedException {
    assertGoesOn(FaultyServer.mySql(), FrozenInTransactionTest::endSession);
  }

  @Test
  void postgres_frozenAtAGate_othersGoOn() throws IOException, InterruptedException {
    assertOthersGoOn(FaultyServer.postgres(), Failpoint.WITHIN_PASSAGE, server -> {});
  }

  @Test
  @Tag("mariadb")
  void mariaDb_frozenAtAGate_othersGoOn() throws IOException, InterruptedException {
    assertOthersGoOn(
        FaultyServer.mariaDb(), Failpoint.WITHIN_PASSAGE, FrozenInTransactionTest::endSession);
  }

  @Test
  void postgres_frozenAtAWorkflow_othersGoOn() throws IOException, InterruptedException {
    assertOthersGoOn(FaultyServer.postgres(), Failpoint.WITHIN_ADVANCE, server -> {});
  }

  @Test
  @Tag("mariadb")
  void mariaDb_frozenAtAWorkflow_othersGoOn() throws IOException, InterruptedException {
    assertOthersGoOn(
        FaultyServer.mariaDb(), Failpoint.WITHIN_ADVANCE, FrozenInTransactionTest::endSession);
  }

  @Test
  void postgres_idleWithRowsLocked_serverEndsTheSession() throws SQLException {
    assertServerEnds(FaultyServer.postgres(), "%20-c%20idle_in_transaction_session_timeout=1s");
  }

  @Test
  @Tag("mariadb")
  void mariaDb_idleWithRowsLocked_serverEndsTheSession() throws SQLException {
    assertServerEnds(FaultyServer.mariaDb(), "&sessionVariables=idle_transaction_timeout=1");
  }

  /** MySQL has no other time for sessions within a transaction than for all. */
  @Test
  @Tag("mysql")
  void mySql_idleWithRowsLocked_serverEndsTheSession() throws SQLException {
    assertServerEnds(FaultyServer.mySql(), "&sessionVariables=wait_timeout=1");
  }

  /** What a departed node held is passed over while it is locked, and had when the lock is gone. */
  private static void assertServerEnds(FaultyServer server, String setting) throws SQLException {
    TaskStore tasks = JdbcStorage.of(server.dataSource()).tasks();
    tasks.insert(List.of(new TaskRow(1, 7, "work", "n", "", "1", 1_000, "linear:5:5", 0, 0)));
    int node = tasks.join("boot", Duration.ofSeconds(60)).node();
    assertThat(tasks.claim(node, Long.MAX_VALUE, 9)).hasSize(1);
    tasks.leave(node, "boot");
    try (Connection idle = DriverManager.getConnection(server.url("idle") + setting)) {
      idle.setAutoCommit(false);
      idle.createStatement().execute("SELECT 1 FROM gh_task WHERE id = 1 FOR UPDATE");
      assertThat(tasks.recover(5, 5, 9)).isEmpty();
      await().atMost(SOON).until(() -> tasks.recover(5, 5, 9).size() == 1);
      assertThatThrownBy(idle::commit).isInstanceOf(SQLException.class);
    }
  }

  /** What ends the session of the frozen process. */
  private interface SessionEnd {
    void end(FaultyServer server) throws InterruptedException;
  }

  private static void endSession(FaultyServer server) throws InterruptedException {
    assertThat(server.openTransactions(FROZEN)).as("its transaction").isPositive();
    server.endSessions(FROZEN);
  }

  private ChildNode startFrozen(FaultyServer server, Failpoint failpoint)
      throws IOException, InterruptedException {
    Path log = directory.resolve("log");
    ChildNode frozen =
        ChildNode.start(
            log,
            RecordingNode.class,
            List.of(
                FROZEN,
                server.url(FROZEN),
                Long.toString(LEASE.toMillis()),
                "0",
                failpoint.name()));
    await().atMost(SOON).until(() -> Files.readString(log).contains(Failpoint.WAITS));
    frozen.freeze();
    return frozen;
  }

  /** Others, limited or not, are not held up longer than a lease lasts. */
  private void assertOthersGoOn(FaultyServer server, Failpoint failpoint, SessionEnd end)
      throws IOException, InterruptedException {
    Jdbi jdbi = Jdbi.create(server.dataSource());
    LedgerTable ledger = new LedgerTable(server.dataSource(), SURVIVOR);
    ledger.create();
    WorkflowId chain;
    List<Long> shut;
    try (Gatehouse host = host(server)) {
      boolean atGate = failpoint == Failpoint.WITHIN_PASSAGE;
      shut = atGate ? scheduled(host, 3, RecordingNode.TASK.inOrder("shut")) : List.of();
      chain = atGate ? workflow(host, 1) : workflow(host, 2);
    }
    try (HikariDataSource pool = Postgres.pooled(server.dataSource());
        ChildNode frozen = startFrozen(server, failpoint);
        Gatehouse survivor = RecordingNode.start(pool, LEASE, ledger, context -> 1)) {
      assertThat(frozen.isAlive()).isTrue();
      List<Long> others = new ArrayList<>(scheduled(survivor, 40, RecordingNode.TASK));
      others.addAll(scheduled(survivor, 3, RecordingNode.TASK.inOrder("open")));
      others.addAll(scheduled(survivor, 3, RecordingNode.TASK.atMost(2, "some")));
      WorkflowId other = workflow(survivor, 1);
      await()
          .atMost(LEASE.plusSeconds(2))
          .until(
              () ->
                  finished(jdbi).keySet().containsAll(others)
                      && status(survivor, other) == WorkflowStatus.FINISHED);

      end.end(server);
      await().atMost(SOON).until(() -> finished(jdbi).keySet().containsAll(shut));
      await().atMost(SOON).until(() -> status(survivor, chain) == WorkflowStatus.FINISHED);
      await().atMost(SOON).until(() -> number(jdbi, "gh_task") == 0);
    }
  }

  private static WorkflowStatus status(Gatehouse gatehouse, WorkflowId id) {
    return gatehouse.workflows().workflow(id).status();
  }

  private static WorkflowId workflow(Gatehouse gatehouse, int nodes) {
    List<WorkflowNode> chain = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      WorkflowNode node = WorkflowNode.of("node" + i, RecordingNode.TASK);
      chain.add(i == 0 ? node : node.after("node" + (i - 1)));
    }
    return gatehouse.workflows().schedule(Workflow.of("chain", chain));
  }

  private static List<Long> scheduled(Gatehouse gatehouse, int count, Task task) {
    return gatehouse.scheduler().scheduleAll(Collections.nCopies(count, task)).stream()
        .map(id -> id.value())
        .toList();
  }

  private static Gatehouse host(FaultyServer server) {
    return Gatehouse.builder()
        .storage(JdbcStorage.of(server.dataSource()))
        .handler("work", context -> null)
        .build();
  }

  private void assertGoesOn(FaultyServer server, SessionEnd end)
      throws IOException, InterruptedException {
    Jdbi jdbi = Jdbi.create(server.dataSource());
    LedgerTable ledger = new LedgerTable(server.dataSource(), SURVIVOR);
    ledger.create();
    schedule(server);
    try (HikariDataSource pool = Postgres.pooled(server.dataSource());
        ChildNode frozen = startFrozen(server, Failpoint.WITHIN_FLUSH)) {
      assertThat(number(jdbi, "gh_task")).as("tasks that it has").isPositive();
      List<Long> others = schedule(server);
      try (Gatehouse survivor = RecordingNode.start(pool, LEASE, ledger, context -> 1)) {
        await().atMost(SOON).until(() -> finished(jdbi).keySet().containsAll(others));
        end.end(server);
        await().atMost(SOON).until(() -> number(jdbi, "gh_task") == 0);
        await().atMost(SOON).until(() -> number(jdbi, LIVE) == 1);
        frozen.release();
        frozen.thaw();
        await().atMost(SOON).until(() -> number(jdbi, LIVE) == 2);
        assertThat(survivor.scheduler().findTask("none")).isEmpty();
      }
    }
    assertLedger(ledger, finished(jdbi));
  }

  /** What the frozen had done and could not commit was done again, under another fence. */
  private static void assertLedger(LedgerTable ledger, Map<Long, FinishedTasks.Done> done) {
    List<Line> starts = ledger.lines("start");
    assertThat(starts)
        .extracting(line -> line.task() + " under " + line.fence())
        .doesNotHaveDuplicates();
    assertThat(starts).allMatch(line -> done.containsKey(line.task()));
    List<Line> again =
        ledger.lines("effect").stream()
            .filter(line -> line.fence() < done.get(line.task()).fence())
            .toList();
    assertThat(again).extracting(Line::writer).contains(FROZEN);
    assertThat(again)
        .allMatch(line -> done.get(line.task()).result().equals("\"" + SURVIVOR + "\""));
  }

  private static List<Long> schedule(FaultyServer server) {
    try (Gatehouse gatehouse = host(server)) {
      return scheduled(gatehouse, TASKS, RecordingNode.TASK.content("1"));
    }
  }

  private static Map<Long, FinishedTasks.Done> finished(Jdbi jdbi) {
    return FinishedTasks.all(jdbi).stream()
        .collect(Collectors.toMap(FinishedTasks.Done::id, one -> one));
  }

  private static long number(Jdbi jdbi, String from) {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one());
  }
}
