package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
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
 * A process that is frozen beyond its lease while its transaction has the rows of tasks locked:
 * others go on with all else, and with these once its session has ended, which a server does by
 * itself if it was told how long a session may be idle in a transaction.
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
    assertGoesOn(FaultyServer.postgres());
  }

  @Test
  @Tag("mariadb")
  void mariaDb_frozenWithRowsLocked_othersGoOn() throws IOException, InterruptedException {
    assertGoesOn(FaultyServer.mariaDb());
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

  private void assertGoesOn(FaultyServer server) throws IOException, InterruptedException {
    Jdbi jdbi = Jdbi.create(server.dataSource());
    LedgerTable ledger = new LedgerTable(server.dataSource(), SURVIVOR);
    ledger.create();
    schedule(server);
    Path log = directory.resolve("log");
    try (HikariDataSource pool = Postgres.pooled(server.dataSource());
        ChildNode frozen =
            ChildNode.start(
                log,
                RecordingNode.class,
                List.of(
                    FROZEN,
                    server.url(FROZEN),
                    Long.toString(LEASE.toMillis()),
                    "0",
                    Failpoint.WITHIN_FLUSH.name()))) {
      await().atMost(SOON).until(() -> Files.readString(log).contains(Failpoint.WAITS));
      frozen.freeze();
      List<Long> others = schedule(server);
      try (Gatehouse survivor = RecordingNode.start(pool, LEASE, ledger, context -> 1)) {
        await().atMost(SOON).until(() -> finished(jdbi).keySet().containsAll(others));
        assertThat(server.openTransactions(FROZEN)).as("its transaction").isPositive();
        assertThat(number(jdbi, "gh_task")).as("tasks that it has").isPositive();

        server.endSessions(FROZEN);
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
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(server.dataSource()))
            .handler("work", context -> null)
            .build()) {
      return gatehouse
          .scheduler()
          .scheduleAll(Collections.nCopies(TASKS, RecordingNode.TASK.content("1")))
          .stream()
          .map(id -> id.value())
          .toList();
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
