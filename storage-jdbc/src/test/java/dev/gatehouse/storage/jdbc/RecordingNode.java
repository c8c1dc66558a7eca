package dev.gatehouse.storage.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/**
 * A process with a Gatehouse that runs tasks and keeps a {@link LedgerTable} of them, to be killed
 * or frozen by a {@link ChildNode}. Tasks with the content {@link #LONG} take it longer than any
 * lease of the tests, but only under their first fence, and heed no interruption.
 */
final class RecordingNode {
  static final Task TASK = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
  static final String LONG = "\"long\"";
  private static final long LONG_MILLIS = 5_000;
  private static final int CONNECTIONS = 16;

  private RecordingNode() {}

  /**
   * Runs for ever.
   *
   * @param arguments the node's name in the ledger, the URL, the lease in milliseconds, by how many
   *     milliseconds its clock is wrong, 0 if that is missing, and the {@link Failpoint} at which
   *     it ends, none if that is missing
   */
  public static void main(String[] arguments) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(arguments[1]);
    config.setMaximumPoolSize(CONNECTIONS);
    DataSource pool = new HikariDataSource(config);
    Failpoint failpoint = arguments.length < 5 ? null : Failpoint.valueOf(arguments[4]);
    DataSource dataSource = failpoint == null ? pool : failpoint.in(pool);
    Duration lease = Duration.ofMillis(Long.parseLong(arguments[2]));
    LedgerTable ledger = new LedgerTable(dataSource, arguments[0]);
    Duration wrong = Duration.ofMillis(arguments.length < 4 ? 0 : Long.parseLong(arguments[3]));
    Gatehouse gatehouse =
        start(
            dataSource,
            lease,
            ledger,
            context -> isLong(context) ? LONG_MILLIS : 5,
            () -> Instant.now().plus(wrong));
    if (failpoint != null && failpoint.isOfScheduling()) {
      gatehouse.inTransaction(
          joined -> joined.scheduler().schedule(Task.of(failpoint.name()).handler("work")));
    }
    while (true) {
      LockSupport.park();
    }
  }

  private static boolean isLong(TaskContext context) {
    return context.fence() == 1 && context.content().equals(LONG);
  }

  /** How long an attempt takes, in milliseconds. */
  interface Pace {
    long millis(TaskContext context);
  }

  static Gatehouse start(DataSource dataSource, Duration lease, LedgerTable ledger, Pace pace) {
    return start(dataSource, lease, ledger, pace, InstantSource.system());
  }

  private static Gatehouse start(
      DataSource dataSource, Duration lease, LedgerTable ledger, Pace pace, InstantSource clock) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(JdbcStorage.of(dataSource))
            .clock(clock)
            .scheduler(
                SchedulerOptions.builder()
                    .lease(lease)
                    .claimWindow(Duration.ofMillis(200))
                    .pollInterval(Duration.ofMillis(100))
                    .maxRunning(CONNECTIONS)
                    .build())
            .listener(
                new GatehouseListener() {
                  @Override
                  public void nodeFenced() {
                    ledger.add("fenced", 0, 0, 0);
                  }
                })
            .handler("work", context -> work(ledger, context, pace.millis(context)))
            .handler("once", context -> once(dataSource, ledger, context))
            .build();
    gatehouse.start();
    return gatehouse;
  }

  private static TaskResult work(LedgerTable ledger, TaskContext context, long millis) {
    add(ledger, "start", context);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (end - System.nanoTime() > 0) {
      LockSupport.parkNanos(end - System.nanoTime());
      Thread.interrupted();
    }
    add(ledger, "effect", context);
    return TaskResult.done("\"" + ledger.writer() + "\"");
  }

  /** The effect and the end of the task are one transaction, of the handler's. */
  private static TaskResult once(DataSource dataSource, LedgerTable ledger, TaskContext context) {
    add(ledger, "start", context);
    Jdbi.create(dataSource)
        .useTransaction(
            handle -> {
              Connection connection = handle.getConnection();
              ledger.addIn(connection, "once", context.id().value(), context.fence(), 0);
              context.completeIn(JdbcTransaction.of(connection));
            });
    return TaskResult.done();
  }

  /** On another thread: a pool gives no connection to one that a fenced node interrupts. */
  private static void add(LedgerTable ledger, String what, TaskContext context) {
    long due = context.dueAt().toEpochMilli();
    CompletableFuture.runAsync(() -> ledger.add(what, context.id().value(), context.fence(), due))
        .join();
  }
}
