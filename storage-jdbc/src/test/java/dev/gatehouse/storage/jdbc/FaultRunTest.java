package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.jdbc.LedgerTable.Line;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes in processes of their own, whose clocks are an hour wrong, while one fault follows another;
 * then what they did is looked at. By itself the test has one fault of each kind on MariaDB, short
 * ones; what {@link LostNodesTest} and {@link DatabaseOutageTest} do to PostgreSQL takes as long.
 * {@code -Dgatehouse.faults=N} has N faults at random on each of both, the server's crash among
 * them, and wires that are black for 15 s: some ten seconds a fault.
 */
@Tag("mariadb")
class FaultRunTest {
  private static final int LONG = Integer.getInteger("gatehouse.faults", 0);
  private static final long SEED = Long.getLong("gatehouse.seed", System.nanoTime());
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration LEASE = Duration.ofSeconds(1);

  /** Beyond the lease, so that others take what a node held. */
  private static final Duration FOR_LOST = LEASE.plusMillis(800);

  private static final Duration BLACK = LONG > 0 ? Duration.ofSeconds(15) : FOR_LOST;
  private static final int TASKS = 150;
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private static final RetryPolicy OFTEN =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(1), 50);

  @TempDir private Path directory;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Long> ids = new ArrayList<>();
  private final List<Long> once = new ArrayList<>();
  private int begun;

  /** What may happen to a node, or to the server. */
  private enum Fault {
    SESSIONS,
    BLACK_WIRE,
    FREEZE,
    KILL,
    SERVER
  }

  /** A process, and its wire to the server. */
  private record Node(String name, ChildNode process, TcpProxy wire) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      process.close();
      wire.close();
    }
  }

  static Stream<FaultyServer> servers() {
    return LONG == 0
        ? Stream.of(FaultyServer.mariaDb())
        : Stream.of(FaultyServer.postgres(), FaultyServer.ownMariaDb(), FaultyServer.ownMySql());
  }

  @AfterEach
  void endNodes() throws IOException {
    for (Node node : nodes) {
      node.close();
    }
  }

  private void begin(FaultyServer server) throws IOException {
    String name = "node" + ++begun;
    TcpProxy wire = new TcpProxy(server.port());
    long wrong = begun % 2 == 0 ? HOUR : -HOUR;
    nodes.add(
        new Node(
            name,
            ChildNode.start(
                directory.resolve(name + ".log"),
                RecordingNode.class,
                List.of(
                    name,
                    server.url(wire.port(), name),
                    Long.toString(LEASE.toMillis()),
                    Long.toString(wrong))),
            wire));
  }

  private void schedule(Gatehouse gatehouse) {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      tasks.add(
          Task.unnumbered()
              .handler(i % 3 == 0 ? "once" : "work")
              .retryPolicy(OFTEN)
              .content("1")
              .in(Duration.ofMillis(10L * i)));
    }
    List<Long> added =
        gatehouse.scheduler().scheduleAll(tasks).stream().map(id -> id.value()).toList();
    for (int i = 0; i < TASKS; i++) {
      (i % 3 == 0 ? once : ids).add(added.get(i));
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  @Timeout(3_600)
  void faults_oneAfterAnother_nothingLostNorTwiceNorEarly(FaultyServer server)
      throws IOException, InterruptedException {
    System.out.println("gatehouse.seed=" + SEED);
    Random random = new Random(SEED);
    LedgerTable ledger = new LedgerTable(server.dataSource(), "test");
    ledger.create();
    Jdbi jdbi = Jdbi.create(server.dataSource());
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(server.dataSource()))
            .handler("work", context -> TaskResult.done())
            .handler("once", context -> TaskResult.done())
            .build()) {
      gatehouse.scheduler().findTask("makes the tables");
      begin(server);
      begin(server);
      await().atMost(SOON).until(() -> jdbi.withHandle(FaultRunTest::live) == nodes.size());
      int faults = LONG == 0 ? Fault.SERVER.ordinal() : LONG;
      for (int i = 0; i < faults; i++) {
        Fault fault = Fault.values()[LONG == 0 ? i : random.nextInt(Fault.values().length)];
        System.out.println("fault " + (i + 1) + " of " + faults + ": " + fault);
        schedule(gatehouse);
        long before = ledger.lines("start").size();
        cause(fault, nodes.get(random.nextInt(nodes.size())), server, i + 1 < faults);
        await().atMost(SOON).until(() -> ledger.lines("start").size() > before);
      }
      await().atMost(SOON).until(() -> jdbi.withHandle(FaultRunTest::left) == 0);
      assertRight(ledger, jdbi);
    }
  }

  private static long count(Handle handle, String from) {
    return handle.createQuery("SELECT COUNT(*) FROM " + from).mapTo(Long.class).one();
  }

  private static long left(Handle handle) {
    return count(handle, "gh_task");
  }

  private static long live(Handle handle) {
    return count(handle, "gh_node WHERE state = 1");
  }

  private void cause(Fault fault, Node node, FaultyServer server, boolean replaces)
      throws IOException, InterruptedException {
    switch (fault) {
      case SESSIONS -> server.endSessions(node.name());
      case BLACK_WIRE -> {
        node.wire().goBlack();
        Thread.sleep(BLACK.toMillis());
        node.wire().mend();
      }
      case FREEZE -> {
        freezeBetweenTransactions(node, server);
        Thread.sleep(FOR_LOST.toMillis());
        node.process().thaw();
      }
      case KILL -> {
        nodes.remove(node);
        node.close();
        if (replaces) {
          begin(server);
        }
      }
      case SERVER -> server.crash();
    }
  }

  /** A process that is frozen with a lock in its hand stops the others, as with any database. */
  private static void freezeBetweenTransactions(Node node, FaultyServer server)
      throws IOException, InterruptedException {
    node.process().freeze();
    while (server.openTransactions(node.name()) > 0) {
      node.process().thaw();
      Thread.sleep(20); // to get out of it
      node.process().freeze();
    }
  }

  private void assertRight(LedgerTable ledger, Jdbi jdbi) {
    List<Long> all = Stream.concat(ids.stream(), once.stream()).toList();
    List<FinishedTasks.Done> done = FinishedTasks.all(jdbi);
    assertThat(done).extracting(FinishedTasks.Done::id).containsExactlyInAnyOrderElementsOf(all);
    List<Line> starts = ledger.lines("start");
    assertThat(starts).extracting(Line::task).containsAll(all);
    assertThat(starts)
        .extracting(line -> line.task() + " under " + line.fence())
        .doesNotHaveDuplicates();
    assertThat(starts).allMatch(line -> line.atMillis() >= line.dueMillis());
    assertThat(ledger.lines("once"))
        .extracting(Line::task)
        .containsExactlyInAnyOrderElementsOf(once);
    assertThat(jdbi.<Long, RuntimeException>withHandle(FaultRunTest::lost)).isPositive();

    // Whoever began a task again had reason to: the earlier attempt failed, or its node was lost.
    Set<String> ended =
        jdbi.withHandle(
            handle ->
                handle
                    .createQuery("SELECT task_id, fence FROM gh_task_attempt")
                    .map((row, context) -> row.getLong(1) + " under " + row.getLong(2))
                    .collect(Collectors.toSet()));
    for (Line line : starts) {
      boolean isLast =
          starts.stream()
              .noneMatch(other -> other.task() == line.task() && other.fence() > line.fence());
      assertThat(isLast || ended.contains(line.task() + " under " + line.fence()))
          .as("start of %s under %s", line.task(), line.fence())
          .isTrue();
    }
  }

  private static long lost(Handle handle) {
    return count(handle, "gh_node WHERE state = 0");
  }
}
