package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Three nodes on one PostgreSQL, two of them processes of their own: in the middle of their tasks
 * one is killed, and one is frozen until another has its tasks, and goes on then. The tests look at
 * what that left.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LostNodesTest {
  /** Generous, for a machine that has too much to do. */
  private static final long SOON_MILLIS = 10_000;

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final int TASKS = 400;
  private static final String KILLED = "killed";
  private static final String FROZEN = "frozen";
  private static final String SURVIVOR = "survivor";
  private static final String HELD_BY_LOST =
      "gh_task JOIN gh_node ON node = owner WHERE gh_node.state = 0";

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final Jdbi jdbi = Jdbi.create(direct);
  private final LedgerTable ledger = new LedgerTable(direct, "test");
  private final List<Long> ids = new ArrayList<>();
  private List<Line> starts = List.of();
  private List<Line> effects = List.of();
  private Map<Long, Done> done = Map.of();
  private List<Crash> crashes = List.of();
  private List<Long> expiries = List.of();

  /** How a task ended. */
  private record Done(long id, long fence, String result) {}

  /** A recorded attempt whose node was lost. */
  private record Crash(long id, long fence, long endedMillis) {}

  @BeforeAll
  void loseNodes(@TempDir Path directory) throws IOException, InterruptedException {
    ledger.create();
    JdbcStorage.of(direct).check();
    try (HikariDataSource pooled = Postgres.pooled(direct);
        ChildNode killed = child(directory, KILLED);
        ChildNode frozen = child(directory, FROZEN);
        Gatehouse survivor =
            RecordingNode.start(pooled, LEASE, new LedgerTable(direct, SURVIVOR), context -> 5)) {
      await().atMost(SOON).until(() -> count("gh_node WHERE state = 1") == 3);
      schedule(survivor);
      await().atMost(SOON).until(() -> areAtWork(survivor));
      freezeBetweenTransactions(frozen);
      killed.kill();
      await().atMost(SOON).until(() -> count("gh_node WHERE state = 1") == 1);
      await().atMost(SOON).until(() -> count(HELD_BY_LOST) == 0);
      expiries = column("SELECT expires_ms FROM gh_node WHERE state = 0");

      frozen.thaw();
      await().atMost(SOON).until(() -> !ledger.lines("fenced").isEmpty());
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(underWay(FROZEN)).isEmpty();
                assertThat(column("SELECT id FROM gh_task")).isEmpty();
              });
      await().atMost(SOON).until(() -> count("gh_node WHERE state = 1") == 2);
      record();
    }
  }

  private void schedule(Gatehouse gatehouse) {
    gatehouse.scheduler().scheduleAll(tasks()).forEach(id -> ids.add(id.value()));
  }

  /** If long tasks met only one of them so far, more tasks follow. */
  private boolean areAtWork(Gatehouse survivor) {
    boolean atWork = isAtWork(KILLED) && isAtWork(FROZEN);
    if (!atWork && count("gh_task") < TASKS / 4) {
      schedule(survivor);
    }
    return atWork;
  }

  private ChildNode child(Path directory, String name) throws IOException {
    String url = Postgres.url(direct, name);
    String lease = Long.toString(LEASE.toMillis());
    return ChildNode.start(
        directory.resolve(name + ".log"), RecordingNode.class, List.of(name, url, lease));
  }

  /** Long ones come every 110 ms, so that they meet the polls of all nodes sooner or later. */
  private static List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      String content = i % 11 == 0 ? RecordingNode.LONG : Integer.toString(i);
      tasks.add(RecordingNode.TASK.content(content).in(Duration.ofMillis(10L * i)));
    }
    return tasks;
  }

  private boolean isAtWork(String name) {
    return !underWay(name).isEmpty();
  }

  /** What the node began without an effect so far. */
  private List<Line> underWay(String name) {
    List<Long> ended = ofWriter(ledger.lines("effect"), name).stream().map(Line::task).toList();
    List<Line> begun = ofWriter(ledger.lines("start"), name);
    return begun.stream().filter(line -> !ended.contains(line.task())).toList();
  }

  private static List<Line> ofWriter(List<Line> lines, String name) {
    return lines.stream().filter(line -> line.writer().equals(name)).toList();
  }

  /** A process that is frozen with a lock in its hand stops the others, as with any database. */
  private void freezeBetweenTransactions(ChildNode child) throws IOException, InterruptedException {
    String sessions = "pg_stat_activity WHERE application_name = '" + FROZEN + "' AND state ";
    child.freeze();
    await().atMost(SOON).until(() -> count(sessions + "= 'active'") == 0);
    while (count(sessions + "LIKE 'idle in transaction%'") > 0) {
      child.thaw();
      child.freeze();
      await().atMost(SOON).until(() -> count(sessions + "= 'active'") == 0);
    }
  }

  private long count(String from) {
    return column("SELECT COUNT(*) FROM " + from).get(0);
  }

  private List<Long> column(String query) {
    return jdbi.withHandle(handle -> handle.createQuery(query).mapTo(Long.class).list());
  }

  private void record() {
    starts = ledger.lines("start");
    effects = ledger.lines("effect");
    try (Handle handle = jdbi.open()) {
      done =
          FinishedTasks.all(jdbi).stream()
              .map(
                  task ->
                      new Done(
                          task.id(), task.fence(), requireNonNull(task.result()).replace("\"", "")))
              .collect(Collectors.toMap(Done::id, Function.identity()));
      crashes =
          handle
              .createQuery("SELECT task_id, fence, ended_ms FROM gh_task_attempt WHERE outcome = 4")
              .map(
                  (results, context) ->
                      new Crash(results.getLong(1), results.getLong(2), results.getLong(3)))
              .list();
    }
  }

  private Done done(Line line) {
    return requireNonNull(done.get(line.task()));
  }

  @Test
  void I1_everyTask_beganAndFinished() {
    assertThat(ids).hasSizeGreaterThanOrEqualTo(TASKS).doesNotHaveDuplicates();
    assertThat(done.keySet()).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(starts).extracting(Line::task).containsAll(ids);
  }

  @Test
  void I1_onlyWhatWasUnderWayAtTheLoss_beganAgain() {
    List<Line> again = starts.stream().filter(line -> line.fence() < done(line).fence()).toList();
    assertThat(again).extracting(Line::writer).containsOnly(KILLED, FROZEN).contains(KILLED);
    for (Line line : again) {
      assertThat(crashes)
          .anyMatch(crash -> crash.id() == line.task() && crash.fence() == line.fence());
    }
  }

  @Test
  void I2_noStart_beforeItsDueTimeByTheDatabasesClock() {
    assertThat(starts).allMatch(line -> line.atMillis() >= line.dueMillis());
  }

  @Test
  void I3_noTwoStarts_underOneFence() {
    assertThat(starts)
        .extracting(line -> line.task() + " under " + line.fence())
        .doesNotHaveDuplicates();
  }

  @Test
  void I4_lateResultOfTheFrozen_changedNothing() {
    List<Line> late =
        ofWriter(effects, FROZEN).stream()
            .filter(line -> line.fence() < done(line).fence())
            .toList();
    assertThat(late).isNotEmpty();
    for (Line line : starts) {
      if (line.fence() == done(line).fence()) {
        assertThat(done(line).result()).isEqualTo(line.writer());
      }
    }
  }

  @Test
  void I6_allThatTheLostHeld_isFreeSoonAfterTheLease() {
    assertThat(expiries).hasSizeGreaterThanOrEqualTo(2);
    long first = expiries.stream().mapToLong(Long::longValue).min().orElseThrow();
    long last = expiries.stream().mapToLong(Long::longValue).max().orElseThrow();
    assertThat(crashes)
        .isNotEmpty()
        .allMatch(
            crash -> crash.endedMillis() >= first && crash.endedMillis() <= last + SOON_MILLIS);
  }
}
