package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL that goes away and comes back while two nodes are at work. */
@Timeout(120)
class DatabaseOutageTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int TASKS = 300;

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);
  private final FaultyDataSource faulty =
      new FaultyDataSource(direct, "faulty " + direct.getCurrentSchema());
  private final LedgerTable ledger = new LedgerTable(direct, "test");

  private long count(String from) {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one());
  }

  private List<Long> schedule(Gatehouse gatehouse) {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(RecordingNode.TASK.content("1").in(Duration.ofMillis(5L * i)));
    }
    return gatehouse.scheduler().scheduleAll(tasks).stream().map(TaskId::value).toList();
  }

  private Gatehouse node(HikariDataSource pool, Duration lease) {
    return RecordingNode.start(pool, lease, ledger, context -> 20);
  }

  private void awaitStarts(int count) {
    await().atMost(SOON).until(() -> ledger.lines("start").size() >= count);
  }

  /** The starts of which the store knows that their node was lost. */
  private Set<String> crashed() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery("SELECT task_id, fence FROM gh_task_attempt WHERE outcome = 4")
                .map((results, context) -> results.getLong(1) + " under " + results.getLong(2))
                .stream()
                .collect(Collectors.toSet()));
  }

  private void assertEachFinishedOnce(List<Long> ids) {
    assertThat(FinishedTasks.ids(jdbi)).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(ledger.lines("start"))
        .allMatch(line -> line.atMillis() >= line.dueMillis())
        .extracting(Line::task)
        .containsAll(ids);
  }

  @Test
  void outage_longerThanTheLease_nothingLostAndOnlyWhatWasUnderWayAgain() throws SQLException {
    ledger.create();
    Duration lease = Duration.ofSeconds(1);
    try (HikariDataSource one = Postgres.pooled(faulty.dataSource());
        HikariDataSource two = Postgres.pooled(faulty.dataSource());
        Gatehouse first = node(one, lease);
        Gatehouse second = node(two, lease)) {
      List<Long> ids = schedule(first);
      awaitStarts(TASKS / 4);
      faulty.goAway();
      await().atMost(SOON).until(() -> ledger.lines("fenced").size() >= 2);
      faulty.comeBack();
      await().atMost(SOON).until(() -> count("gh_task") == 0);

      assertThat(second.scheduler().task(new TaskId(ids.get(0))).attempts()).isNotEmpty();
      assertEachFinishedOnce(ids);
      List<Line> starts = ledger.lines("start");
      Set<String> crashed = crashed();
      for (Line line : starts) {
        boolean isLast =
            starts.stream()
                .noneMatch(other -> other.task() == line.task() && other.fence() > line.fence());
        assertThat(isLast || crashed.contains(line.task() + " under " + line.fence())).isTrue();
      }
    }
  }

  @Test
  void cutSessions_againAndAgain_eachTaskBeginsOnce() throws SQLException {
    ledger.create();
    try (HikariDataSource pool = Postgres.pooled(faulty.dataSource());
        Gatehouse gatehouse = node(pool, Duration.ofSeconds(20))) {
      List<Long> ids = schedule(gatehouse);
      for (int i = 1; i <= 10; i++) {
        awaitStarts(i * TASKS / 15);
        await().atMost(SOON).until(() -> faulty.cut() > 0);
      }
      await().atMost(SOON).until(() -> count("gh_task") == 0);

      assertEachFinishedOnce(ids);
      assertThat(ledger.lines("start")).hasSize(TASKS);
    }
  }

  @Test
  void commits_cutOffBeforeOrAfterTheyTakePlace_eachTaskBeginsOnce() throws SQLException {
    ledger.create();
    try (HikariDataSource pool = Postgres.pooled(faulty.dataSource());
        Gatehouse gatehouse = node(pool, Duration.ofSeconds(20))) {
      List<Long> ids = schedule(gatehouse);
      awaitStarts(1);
      faulty.spoilCommits(true);
      awaitStarts(TASKS / 2);
      await().atMost(SOON).until(() -> faulty.cutBefore() > 0 && faulty.cutAfter() > 0);
      faulty.spoilCommits(false);
      await().atMost(SOON).until(() -> count("gh_task") == 0);

      assertEachFinishedOnce(ids);
      assertThat(ledger.lines("start")).hasSize(TASKS);
      assertThat(ledger.lines("fenced")).isEmpty();
    }
  }
}
