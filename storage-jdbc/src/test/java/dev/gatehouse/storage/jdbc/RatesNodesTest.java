package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Rates, orders and shares of limited tasks that several nodes run, some of which go away. */
@Timeout(120)
class RatesNodesTest {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LATE = Duration.ofMillis(500);
  private static final int RATE = 10;
  private static final int BURST = 5;

  /** An attempt that began. */
  private record Begun(String name, long nanos) {}

  private final PGSimpleDataSource direct = Postgres.unpooledDataSource();
  private final HikariDataSource pool = Postgres.pooled(direct);
  private final Queue<Begun> begun = new ConcurrentLinkedQueue<>();
  private final List<Gatehouse> nodes = new ArrayList<>();
  private int maxRunning = 20;

  @AfterEach
  void close() {
    nodes.forEach(node -> node.close(Duration.ofSeconds(5)));
    pool.close();
  }

  private Gatehouse node(DataSource connections) {
    Gatehouse node =
        Gatehouse.builder()
            .storage(JdbcStorage.of(connections))
            .handler("rated", context -> work(context, 1))
            .handler("slowly", context -> work(context, 1))
            .handler("single", context -> work(context, 2))
            .handler("plain", context -> work(context, 1))
            .handler("long", context -> work(context, 250))
            .scheduler(
                SchedulerOptions.builder()
                    .lease(Duration.ofSeconds(2))
                    .maxRunning(maxRunning)
                    .limit("rated", Limit.rate(RATE, SECOND).burst(BURST))
                    .limit("slowly", Limit.rate(1, Duration.ofSeconds(3)))
                    .limit("single", Limit.concurrent(1))
                    .build())
            .build();
    nodes.add(node);
    node.start();
    return node;
  }

  private TaskResult work(TaskContext context, int millis) {
    begun.add(new Begun(context.taskNo().orElseThrow(), System.nanoTime()));
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    return TaskResult.done();
  }

  private static List<TaskId> schedule(
      Gatehouse node, String prefix, String handler, Priority priority, int count) {
    return node.scheduler()
        .scheduleAll(
            IntStream.range(0, count)
                .mapToObj(i -> Task.of(prefix + i).handler(handler).priority(priority))
                .toList());
  }

  private List<String> names(String prefix) {
    return begun.stream().map(Begun::name).filter(name -> name.startsWith(prefix)).toList();
  }

  private void awaitBegun(String prefix, int count) {
    await().atMost(SOON).until(() -> names(prefix).size() >= count);
  }

  /** As many as the rate allows for the time, and the burst, but for how late threads were. */
  private void assertRateIsKept() {
    long[] times =
        begun.stream()
            .filter(one -> one.name().startsWith("rated"))
            .mapToLong(Begun::nanos)
            .sorted()
            .toArray();
    for (int first = 0; first < times.length; first++) {
      for (int last = first + BURST; last < times.length; last++) {
        long least = (last - first + 1L - BURST) * SECOND.toNanos() / RATE - LATE.toNanos();
        assertThat(times[last] - times[first])
            .as("from %d to %d", first, last)
            .isGreaterThanOrEqualTo(least);
      }
    }
  }

  @Test
  void rated_twoNodes_allBeginOnceAndTheRateIsMadeUseOf() {
    Gatehouse first = node(pool);
    node(pool);
    schedule(first, "rated", "rated", Priority.NORMAL, 75);
    long begin = System.nanoTime();
    awaitBegun("rated", 75);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);

    assertThat(names("rated")).hasSize(75).doesNotHaveDuplicates();
    assertRateIsKept();
    assertThat(took).isBetween(Duration.ofMillis(6_800), Duration.ofSeconds(14));
  }

  /** Those at a node that is lost come again, and who saw to the gate is followed by another. */
  @Test
  void rated_theNodeThatSeesToTheGateIsLost_theOtherGoesOnWithinTheRate() throws SQLException {
    FaultyDataSource faulty = new FaultyDataSource(direct, "lost " + direct.getCurrentSchema());
    try (HikariDataSource faultyPool = Postgres.pooled(faulty.dataSource())) {
      Gatehouse lost = node(faultyPool);
      schedule(lost, "rated", "rated", Priority.NORMAL, 100);
      awaitBegun("rated", 15);
      Gatehouse second = node(pool);
      await()
          .atMost(SOON)
          .until(
              () -> second.status().scheduler().node().isPresent() && names("rated").size() > 25);
      faulty.goAway();
      awaitBegun("rated", 100);
      await().atMost(SOON).until(() -> names("rated").stream().distinct().count() == 100);

      assertRateIsKept();
      faulty.comeBack();
      lost.close(Duration.ofSeconds(5));
    }
  }

  @Test
  void rated_nearlyAllAreCancelled_theNextBeginsAtOnce() {
    Gatehouse first = node(pool);
    Gatehouse second = node(pool);
    List<TaskId> ids = schedule(first, "slow", "slowly", Priority.NORMAL, 200);
    awaitBegun("slow", 1);
    ids.subList(0, 190).forEach(id -> second.scheduler().cancel(id));
    schedule(first, "urgent", "slowly", Priority.URGENT, 1);
    long begin = System.nanoTime();
    awaitBegun("urgent", 1);

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void rated_besideTasksThatTakeLong_runWhileThoseDo() {
    maxRunning = 2;
    Gatehouse first = node(pool);
    node(pool);
    schedule(first, "rated", "rated", Priority.NORMAL, 40);
    schedule(first, "long", "long", Priority.NORMAL, 160);
    awaitBegun("long", 160);

    assertThat(names("rated")).hasSizeGreaterThan(20);
    awaitBegun("rated", 40);
    assertThat(names("rated")).hasSize(40);
  }

  @Test
  void counted_ofAllPriorities_eachHasItsShare() {
    Gatehouse first = node(pool);
    node(pool);
    for (Priority priority : List.of(Priority.BULK, Priority.NORMAL, Priority.URGENT)) {
      schedule(first, priority.name(), "single", priority, 100);
    }
    awaitBegun("", 300);
    Map<String, Integer> counts = new HashMap<>();
    begun.stream()
        .skip(60)
        .limit(80)
        .forEach(one -> counts.merge(one.name().replaceAll("\\d", ""), 1, Integer::sum));

    assertThat(begun).hasSize(300);
    assertThat(counts.get("URGENT")).isGreaterThan(counts.get("NORMAL"));
    assertThat(counts.get("NORMAL")).isGreaterThan(counts.get("BULK"));
    assertThat(counts.get("BULK")).isPositive();
  }

  @Test
  void oneKey_twoNodes_inOrder() {
    Gatehouse first = node(pool);
    node(pool);
    List<Task> tasks =
        IntStream.range(0, 500)
            .mapToObj(i -> Task.of("key" + i).handler("plain").inOrder("key"))
            .toList();
    first.scheduler().scheduleAll(tasks);
    awaitBegun("key", 500);

    assertThat(names("key")).isEqualTo(IntStream.range(0, 500).mapToObj(i -> "key" + i).toList());
  }
}
