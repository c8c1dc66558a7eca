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
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that end just before or just after the commit of a claim, of a flush, of a handler's
 * own transaction with its {@code completeIn}, and of a transaction that schedules; another goes on
 * with what they left.
 */
@Timeout(120)
class FailpointTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final int TASKS = 240;
  private static final String SURVIVOR = "survivor";

  private static final String OWNERS =
      "SELECT COUNT(DISTINCT owner) FROM gh_task WHERE owner IS NOT NULL";

  @TempDir private Path directory;
  private FaultyServer server;
  private Jdbi jdbi;
  private LedgerTable ledger;
  private List<Line> starts = List.of();
  private List<Line> effects = List.of();
  private List<Line> once = List.of();
  private Map<Long, FinishedTasks.Done> done = Map.of();
  private Set<String> crashed = Set.of();

  @Test
  void postgres_endedAtEachFailpoint_nothingLostAndOnceIsOnce() throws IOException {
    assertGoesOn(FaultyServer.postgres());
  }

  @Test
  @Tag("mariadb")
  void mariaDb_endedAtEachFailpoint_nothingLostAndOnceIsOnce() throws IOException {
    assertGoesOn(FaultyServer.mariaDb());
  }

  private void assertGoesOn(FaultyServer faulty) throws IOException {
    server = faulty;
    jdbi = Jdbi.create(server.dataSource());
    ledger = new LedgerTable(server.dataSource(), "test");
    ledger.create();
    List<Long> ids = new ArrayList<>();
    List<Long> onces = new ArrayList<>();
    schedule(ids, onces);
    endAt(Failpoint.BEFORE_CLAIM);
    assertThat(number(OWNERS)).as("nodes with tasks").isZero();
    endAt(Failpoint.AFTER_CLAIM);
    assertThat(number(OWNERS)).as("nodes with tasks").isOne();
    assertThat(ledger.lines("start")).isEmpty();
    endAt(
        Failpoint.BEFORE_FLUSH,
        Failpoint.AFTER_FLUSH,
        Failpoint.BEFORE_COMPLETION,
        Failpoint.AFTER_COMPLETION,
        Failpoint.AFTER_SCHEDULING);
    endAgainUntil(Failpoint.BEFORE_FLUSH, this::hadAnEffect);
    endAgainUntil(Failpoint.AFTER_FLUSH, this::hasFinished);
    try (HikariDataSource pool = Postgres.pooled(server.dataSource());
        Gatehouse survivor =
            RecordingNode.start(
                pool, LEASE, new LedgerTable(server.dataSource(), SURVIVOR), context -> 1)) {
      await().atMost(SOON).until(() -> number("SELECT COUNT(*) FROM gh_task") == 0);
      ids.add(
          survivor
              .scheduler()
              .findTask(Failpoint.AFTER_SCHEDULING.name())
              .orElseThrow()
              .id()
              .value());
    }
    record();
    assertLedger(ids, onces);
    assertFlushes();
    assertCompletions();
  }

  private void schedule(List<Long> ids, List<Long> onces) {
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(server.dataSource()))
            .handler("work", context -> null)
            .handler("once", context -> null)
            .build()) {
      List<Task> tasks = new ArrayList<>();
      for (int i = 0; i < TASKS; i++) {
        tasks.add(RecordingNode.TASK.handler(i % 2 == 0 ? "work" : "once").content("1"));
      }
      gatehouse.scheduler().scheduleAll(tasks).forEach(id -> ids.add(id.value()));
    }
    for (int i = 1; i < TASKS; i += 2) {
      onces.add(ids.get(i));
    }
  }

  /** Begins a node for each, and waits for all to have ended so. */
  private void endAt(Failpoint... failpoints) throws IOException {
    List<ChildNode> nodes = new ArrayList<>();
    try {
      for (Failpoint failpoint : failpoints) {
        String name = failpoint.name();
        nodes.add(
            ChildNode.start(
                directory.resolve(name + ".log"),
                RecordingNode.class,
                List.of(name, server.url(name), Long.toString(LEASE.toMillis()), "0", name)));
      }
      await().atMost(SOON).until(() -> nodes.stream().noneMatch(ChildNode::isAlive));
      assertThat(nodes).allMatch(node -> node.exitValue() == Failpoint.EXIT);
    } finally {
      nodes.forEach(ChildNode::close);
    }
  }

  /** A node's first flush may be of what failed, such as by a deadlock. */
  private void endAgainUntil(Failpoint failpoint, Predicate<Failpoint> done) throws IOException {
    for (int more = 0; more < 5 && !done.test(failpoint); more++) {
      endAt(failpoint);
    }
  }

  private boolean hadAnEffect(Failpoint failpoint) {
    return !of(failpoint, ledger.lines("effect")).isEmpty();
  }

  private boolean hasFinished(Failpoint failpoint) {
    return FinishedTasks.all(jdbi).stream()
        .anyMatch(one -> result(failpoint.name()).equals(one.result()));
  }

  private static String result(String writer) {
    return "\"" + writer + "\"";
  }

  private long number(String query) {
    return jdbi.withHandle(handle -> handle.createQuery(query).mapTo(Long.class).one());
  }

  private void record() {
    starts = ledger.lines("start");
    effects = ledger.lines("effect");
    once = ledger.lines("once");
    done =
        FinishedTasks.all(jdbi).stream()
            .collect(Collectors.toMap(FinishedTasks.Done::id, Function.identity()));
    crashed =
        jdbi.withHandle(
            handle ->
                handle
                    .createQuery("SELECT task_id, fence FROM gh_task_attempt WHERE outcome = 4")
                    .map((row, context) -> row.getLong(1) + " under " + row.getLong(2))
                    .collect(Collectors.toSet()));
  }

  private static String attempt(Line line) {
    return line.task() + " under " + line.fence();
  }

  private static List<Line> of(Failpoint writer, List<Line> lines) {
    return lines.stream().filter(line -> line.writer().equals(writer.name())).toList();
  }

  private FinishedTasks.Done done(Line line) {
    return requireNonNull(done.get(line.task()));
  }

  private void assertLedger(List<Long> ids, List<Long> onces) {
    assertThat(done.keySet()).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(starts).extracting(Line::task).containsAll(ids);
    assertThat(starts).extracting(FailpointTest::attempt).doesNotHaveDuplicates();
    assertThat(once).extracting(Line::task).containsExactlyInAnyOrderElementsOf(onces);
    assertThat(starts)
        .allMatch(line -> line.fence() == done(line).fence() || crashed.contains(attempt(line)));
    assertThat(of(Failpoint.BEFORE_CLAIM, starts)).isEmpty();
    assertThat(of(Failpoint.AFTER_CLAIM, starts)).isEmpty();
    assertThat(crashed)
        .as("claimed, and not begun")
        .anyMatch(one -> starts.stream().noneMatch(line -> attempt(line).equals(one)));
  }

  /** What was done and not flushed is done again, and what was flushed is not. */
  private void assertFlushes() {
    assertThat(of(Failpoint.BEFORE_FLUSH, effects))
        .isNotEmpty()
        .allMatch(line -> crashed.contains(attempt(line)))
        .allMatch(line -> line.fence() < done(line).fence());
    assertThat(of(Failpoint.AFTER_FLUSH, effects))
        .anyMatch(
            line ->
                line.fence() == done(line).fence()
                    && result(line.writer()).equals(done(line).result()));
  }

  /** The host's row and the end of the task are there together, or neither is. */
  private void assertCompletions() {
    assertThat(of(Failpoint.BEFORE_COMPLETION, once)).isEmpty();
    assertThat(of(Failpoint.AFTER_COMPLETION, once)).isNotEmpty();
    assertThat(once).allMatch(line -> line.fence() == done(line).fence());
    List<Long> begun =
        of(Failpoint.BEFORE_COMPLETION, starts).stream()
            .filter(line -> crashed.contains(attempt(line)))
            .map(Line::task)
            .toList();
    assertThat(once).extracting(Line::task).containsAnyElementsOf(begun);
  }
}
