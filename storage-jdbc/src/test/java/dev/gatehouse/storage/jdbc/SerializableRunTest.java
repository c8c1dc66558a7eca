package dev.gatehouse.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditProgress;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.Schedule;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskId;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.signing.NonceStore.Outcome;
import dev.gatehouse.storage.jdbc.StormyDataSource.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Two nodes with every engine at work on a database whose transactions are serializable and fail
 * now and then: nothing is lost, nothing takes place twice.
 */
@Tag("serializable")
@ExtendWith(Storms.class)
@Timeout(120)
class SerializableRunTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int TASKS = 60;
  private static final int WORKFLOWS = 3;

  private static final RetryPolicy OFTEN =
      RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofSeconds(1), 50);

  /** Each attempt: its task and fence. */
  private final Queue<String> attempts = new ConcurrentLinkedQueue<>();

  private final Queue<String> steps = new ConcurrentLinkedQueue<>();
  private final AtomicInteger occurrences = new AtomicInteger();
  private final AtomicInteger limited = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  @Test
  void postgres_everyEngine_nothingLostOrTwice() {
    DataSource sound = Postgres.dataSource();
    assertRuns(sound, Kind.POSTGRES, "SELECT current_setting('transaction_isolation')");
  }

  @Test
  @Tag("mariadb")
  void mariaDb_everyEngine_nothingLostOrTwice() {
    DataSource sound = MariaDb.dataSource();
    assertRuns(
        sound,
        Kind.MARIADB,
        "SELECT LOWER(trx_isolation_level) FROM information_schema.innodb_trx"
            + " WHERE trx_mysql_thread_id = CONNECTION_ID()");
  }

  private void assertRuns(DataSource sound, Kind kind, String isolation) {
    Jdbi jdbi = Jdbi.create(sound);
    jdbi.useHandle(handle -> handle.execute("CREATE TABLE host(task BIGINT, fence BIGINT)"));
    JdbcStorage.of(sound).check();
    DataSource stormy = new StormyDataSource(sound, kind, Storms.seed(), 10).dataSource();
    assertThat(isolation(stormy, isolation)).isEqualTo("serializable");
    try (HikariDataSource pool = Postgres.pooled(stormy);
        Gatehouse first = node(pool);
        Gatehouse second = node(pool)) {
      first.start();
      second.start();
      first
          .scheduler()
          .repeat(Schedule.every("often", Duration.ofSeconds(1)).handler("occurrence"));
      List<TaskId> ids = new ArrayList<>(first.scheduler().scheduleAll(tasks()));
      List<WorkflowId> workflows =
          IntStream.range(0, WORKFLOWS)
              .mapToObj(i -> second.workflows().schedule(chain()))
              .toList();
      Subject user = Subject.user("u");
      Resource thing = Resource.of("thing", "t");
      first.permissions().grant(Grant.allow(user, "use", thing));
      second.audit().write(AuditRecord.of(1, 0, "seen").build());
      await().atMost(SOON).until(() -> second.permissions().check(user, "use", thing).allowed());
      await().atMost(SOON).until(() -> workflows.stream().allMatch(id -> isFinal(first, id)));
      await().atMost(SOON).until(() -> ids.stream().allMatch(id -> isFinished(first, id)));
      await().atMost(SOON).until(() -> occurrences.get() > 0);

      assertThat(workflows)
          .allMatch(id -> first.workflows().workflow(id).status() == WorkflowStatus.FINISHED);
      await().atMost(SOON).until(() -> count(jdbi, "gh_audit_pending") == 0);
      assertThat(first.auditTree().verify(AuditProgress.NONE).damages()).isEmpty();
    }
    assertThat(steps).hasSize(2 * WORKFLOWS).doesNotHaveDuplicates();
    assertThat(attempts).doesNotHaveDuplicates();
    assertThat(most).hasValueBetween(1, 2);
    List<Long> rows =
        jdbi.withHandle(
            handle -> handle.createQuery("SELECT task FROM host").mapTo(Long.class).list());
    assertThat(rows).hasSize(TASKS / 3).doesNotHaveDuplicates();
    assertNonces(JdbcStorage.of(stormy));
  }

  private static String isolation(DataSource stormy, String query) {
    return new Database(stormy, new Migration(), null)
        .<String>use(
            handle -> {
              handle.createQuery("SELECT COUNT(*) FROM host").mapTo(Integer.class).one();
              return handle.createQuery(query).mapTo(String.class).one();
            })
        .toLowerCase(java.util.Locale.ROOT);
  }

  private Gatehouse node(DataSource dataSource) {
    return Gatehouse.builder()
        .storage(JdbcStorage.of(dataSource).withoutHints())
        .audit(AuditOptions.builder().interval(Duration.ofMillis(20)).build())
        .scheduler(
            SchedulerOptions.builder()
                .lease(Duration.ofSeconds(30)) // longer than any storm: nothing runs again
                .pollInterval(Duration.ofMillis(50)) // no node hears of the other
                .maxRunning(6)
                .limit("limited", Limit.concurrent(2))
                .build())
        .handler("work", this::work)
        .handler("limited", this::limited)
        .handler("once", context -> once(dataSource, context))
        .handler("step", this::step)
        .handler("occurrence", context -> counted(occurrences))
        .build();
  }

  private static List<Task> tasks() {
    List<String> handlers = List.of("work", "limited", "once");
    return IntStream.range(0, TASKS)
        .mapToObj(
            i ->
                Task.of("n" + i)
                    .handler(handlers.get(i % handlers.size()))
                    .retryPolicy(OFTEN)
                    .in(Duration.ofMillis(5L * i)))
        .toList();
  }

  private static Workflow chain() {
    Task step = Task.unnumbered().handler("step");
    return Workflow.of("chain", WorkflowNode.of("a", step), WorkflowNode.of("b", step).after("a"));
  }

  private static boolean isFinal(Gatehouse gatehouse, WorkflowId id) {
    return gatehouse.workflows().workflow(id).status().isFinal();
  }

  private static boolean isFinished(Gatehouse gatehouse, TaskId id) {
    return gatehouse.scheduler().task(id).status().isFinal();
  }

  private static long count(Jdbi jdbi, String table) {
    return jdbi.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
  }

  private TaskResult work(TaskContext context) {
    attempts.add(context.id() + " under " + context.fence());
    return TaskResult.done();
  }

  private TaskResult limited(TaskContext context) {
    most.accumulateAndGet(limited.incrementAndGet(), Math::max);
    try {
      return work(context);
    } finally {
      limited.decrementAndGet();
    }
  }

  /** A transaction of the host's, that the host does not try again: the task is. */
  private TaskResult once(DataSource dataSource, TaskContext context) {
    work(context);
    Jdbi.create(dataSource)
        .useTransaction(
            handle -> {
              handle.execute(
                  "INSERT INTO host VALUES (?, ?)", context.id().value(), context.fence());
              context.completeIn(JdbcTransaction.of(handle.getConnection()));
            });
    return TaskResult.done();
  }

  private TaskResult step(TaskContext context) {
    steps.add(context.id() + " under " + context.fence());
    return TaskResult.done();
  }

  private static TaskResult counted(AtomicInteger count) {
    count.incrementAndGet();
    return TaskResult.done();
  }

  private static void assertNonces(JdbcStorage storage) {
    for (int i = 0; i < 20; i++) {
      String nonce = "n" + i;
      Supplier<Outcome> claim = () -> storage.nonces().claim(1, nonce, 9, 1, 1_000);
      assertThat(claim.get()).isEqualTo(Outcome.CLAIMED);
      assertThat(claim.get()).isEqualTo(Outcome.REPLAYED);
    }
  }
}
