package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskDetail;
import dev.gatehouse.scheduler.TaskHandler;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.TaskStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are killed or stopped in the middle of their tasks. */
@Timeout(60)
class LostProcessTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path directory;

  @Test
  void kill_inMidTask_nothingLostAndRunAgainAfterTheLease()
      throws IOException, InterruptedException, SQLException {
    Duration lease = Duration.ofSeconds(4);
    Ledger ledger = new Ledger(directory.resolve("ledger"));
    Path file = directory.resolve("gatehouse");
    String url = "jdbc:h2:async:" + file;
    try (ChildNode child = ChildNode.start("file", url, ledger, lease)) {
      await().atMost(SOON).until(() -> hanging(ledger, scheduled(ledger)) == CrashingNode.HANGING);
      child.kill();
    }
    List<TaskId> ids = scheduled(ledger);

    try (Gatehouse gatehouse =
        gatehouse(JdbcStorage.h2(file), lease, context -> done(ledger, context))) {
      Map<Long, Long> leaseEnds = leaseEnds(gatehouse, url);
      gatehouse.start();
      await().atMost(SOON).until(() -> ids.stream().allMatch(id -> isFinished(gatehouse, id)));

      for (TaskId id : ids.subList(CrashingNode.OTHERS, ids.size())) {
        TaskDetail detail = gatehouse.scheduler().task(id);
        assertThat(detail.attempts())
            .extracting(Attempt::outcome)
            .containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
        assertThat(detail.result()).contains("\"test\"");
        List<Ledger.Begun> begun =
            ledger.begun().stream().filter(one -> one.task() == id.value()).toList();
        assertThat(begun).extracting(Ledger.Begun::writer).containsExactly("child", "test");
        assertThat(begun.get(1).fence()).isGreaterThan(begun.get(0).fence());
        assertThat(begun.get(1).atMillis()).isGreaterThanOrEqualTo(leaseEnds.get(id.value()));
      }
    }
    assertThat(ids).hasSize(CrashingNode.OTHERS + CrashingNode.HANGING);
    assertThat(ledger.begun())
        .allMatch(one -> one.atMillis() >= one.dueMillis())
        .extracting(Ledger.Begun::task)
        .containsAll(ids.stream().map(TaskId::value).toList());
  }

  @Test
  void freeze_longerThanTheLease_fencedAndItsLateResultChangesNothing()
      throws IOException, InterruptedException, SQLException {
    Duration lease = Duration.ofSeconds(3);
    Ledger ledger = new Ledger(directory.resolve("ledger"));
    String name = "mem:" + UUID.randomUUID();
    try (Connection keeper = DriverManager.getConnection("jdbc:h2:" + name, "sa", "");
        H2Server server = H2Server.start();
        ChildNode child = ChildNode.start("server", server.url(name), ledger, lease)) {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch thawed = new CountDownLatch(1);
      JdbcStorage storage = JdbcStorage.of(dataSource("jdbc:h2:" + name));
      TaskHandler second =
          context -> {
            begun.countDown();
            return passed(thawed) ? done(ledger, context) : TaskResult.failed("?");
          };
      TaskId id;
      try (Gatehouse gatehouse = gatehouse(storage, lease, second)) {
        Task task = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
        id = gatehouse.scheduler().schedule(task.content(CrashingNode.HANG));
        await().atMost(SOON).until(() -> hanging(ledger, List.of(id)) == 1);
        freezeBetweenTransactions(child, keeper);
        gatehouse.start();
        assertThat(passed(begun)).isTrue();

        child.thaw();
        ledger.add(CrashingNode.GO);
        await().atMost(SOON).until(() -> ledger.has("late " + id) && ledger.has("fenced"));
        assertThat(gatehouse.scheduler().task(id).status()).isEqualTo(TaskStatus.RUNNING);
        thawed.countDown();
        await().atMost(SOON).until(() -> isFinished(gatehouse, id));

        TaskDetail detail = gatehouse.scheduler().task(id);
        assertThat(detail.result()).contains("\"test\"");
        assertThat(detail.attempts())
            .extracting(Attempt::outcome)
            .containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
        assertThat(detail.attempts()).extracting(Attempt::fence).containsExactly(1L, 2L);
      }
      assertGoesOn(child, dataSource("jdbc:h2:" + name));
    }
  }

  /** The process that was frozen runs tasks again, as another node. */
  private static void assertGoesOn(ChildNode child, JdbcDataSource dataSource) {
    try (Gatehouse gatehouse =
        gatehouse(
            JdbcStorage.of(dataSource), Duration.ofSeconds(1), context -> TaskResult.done())) {
      TaskId next = gatehouse.scheduler().schedule(Task.unnumbered().handler("work"));
      await().atMost(SOON).until(() -> isFinished(gatehouse, next));
      assertThat(gatehouse.scheduler().task(next).result()).contains("\"child\"");
      assertThat(child.isAlive()).isTrue();
    }
  }

  /** A process that is frozen with a lock in its hand stops the others, as with any database. */
  private static void freezeBetweenTransactions(ChildNode child, Connection keeper)
      throws IOException, InterruptedException, SQLException {
    child.freeze();
    while (isTransactionOpen(keeper)) {
      child.thaw();
      child.freeze();
    }
  }

  private static boolean isTransactionOpen(Connection keeper) throws SQLException {
    try (Statement statement = keeper.createStatement();
        ResultSet results =
            statement.executeQuery(
                "SELECT COUNT(*) FROM INFORMATION_SCHEMA.SESSIONS"
                    + " WHERE CONTAINS_UNCOMMITTED AND SESSION_ID <> SESSION_ID()")) {
      results.next();
      return results.getInt(1) > 0;
    }
  }

  private static Gatehouse gatehouse(JdbcStorage storage, Duration lease, TaskHandler handler) {
    return Gatehouse.builder()
        .storage(storage)
        .scheduler(SchedulerOptions.builder().lease(lease).build())
        .handler("work", handler)
        .build();
  }

  private static TaskResult done(Ledger ledger, TaskContext context) {
    ledger.begun(
        new Ledger.Begun(
            "test",
            context.id().value(),
            context.fence(),
            Instant.now().toEpochMilli(),
            context.dueAt().toEpochMilli()));
    return TaskResult.done("\"test\"");
  }

  private static boolean passed(CountDownLatch latch) {
    try {
      return latch.await(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  private static boolean isFinished(Gatehouse gatehouse, TaskId id) {
    return gatehouse.scheduler().task(id).status() == TaskStatus.FINISHED;
  }

  private static List<TaskId> scheduled(Ledger ledger) {
    return ledger.lines().stream()
        .filter(line -> line.startsWith("scheduled "))
        .flatMap(line -> Arrays.stream(Pattern.compile("[^0-9]+").split(line)))
        .filter(word -> !word.isEmpty())
        .map(word -> new TaskId(Long.parseLong(word)))
        .toList();
  }

  /** How many of the tasks that hang are under way; they are the last of those scheduled. */
  private static long hanging(Ledger ledger, List<TaskId> ids) {
    List<Long> last =
        ids.stream()
            .skip(Math.max(0, ids.size() - CrashingNode.HANGING))
            .map(TaskId::value)
            .toList();
    return ledger.begun().stream().filter(one -> last.contains(one.task())).count();
  }

  /** When the leases under which tasks are held run out, by what the file has. */
  private static Map<Long, Long> leaseEnds(Gatehouse opener, String url) throws SQLException {
    opener.scheduler().findTask("opens the file");
    Map<Long, Long> ends = new HashMap<>();
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement();
        ResultSet results =
            statement.executeQuery(
                "SELECT id, expires_ms FROM gh_task JOIN gh_node ON node = owner")) {
      while (results.next()) {
        ends.put(results.getLong(1), results.getLong(2));
      }
    }
    return ends;
  }

  private static JdbcDataSource dataSource(String url) {
    JdbcDataSource dataSource = new JdbcDataSource();
    dataSource.setURL(url);
    dataSource.setUser("sa");
    dataSource.setPassword("");
    return dataSource;
  }

  /** Lets other processes use the databases of this one. */
  private record H2Server(Server server) implements AutoCloseable {
    static H2Server start() throws SQLException {
      return new H2Server(Server.createTcpServer("-tcpPort", "0").start());
    }

    String url(String name) {
      return "jdbc:h2:tcp://localhost:" + server.getPort() + "/" + name;
    }

    @Override
    public void close() {
      server.stop();
    }
  }
}
