package dev.gatehouse.storage.jdbc;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.h2.jdbcx.JdbcDataSource;

/**
 * A process with a Gatehouse that runs tasks and keeps a {@link Ledger} of them, to be killed or
 * stopped by a {@link ChildNode}. Tasks with the content {@code "hang"} do not end before the
 * ledger has the line {@code go}, and heed no interruption.
 */
final class CrashingNode {
  static final String HANG = "\"hang\"";
  static final String GO = "go";
  static final int HANGING = 5;
  static final int OTHERS = 45;

  private final String url;
  private final Ledger ledger;

  private CrashingNode(String url, Ledger ledger) {
    this.url = url;
    this.ledger = ledger;
  }

  /**
   * Runs for ever.
   *
   * @param arguments {@code file} or {@code server}, the URL, the ledger's file, the lease in
   *     milliseconds
   */
  public static void main(String[] arguments) {
    CrashingNode node = new CrashingNode(arguments[1], new Ledger(Path.of(arguments[2])));
    Duration lease = Duration.ofMillis(Long.parseLong(arguments[3]));
    if (arguments[0].equals("file")) {
      node.runOnFile(lease);
    } else {
      node.runOnServer(lease);
    }
    while (true) {
      LockSupport.park();
    }
  }

  /** Schedules tasks of its own; a hanging one is safely in the file before the ledger has it. */
  private void runOnFile(Duration lease) {
    Path file = Path.of(url.substring("jdbc:h2:async:".length()));
    Gatehouse gatehouse = start(JdbcStorage.h2(file), lease, context -> checkpoint());
    List<Task> tasks = new ArrayList<>();
    Task task = Task.unnumbered().handler("work").retryPolicy(RetryPolicy.NONE);
    for (int i = 0; i < OTHERS; i++) {
      tasks.add(task.content(Integer.toString(i)).in(Duration.ofMillis(100L * i)));
    }
    for (int i = 0; i < HANGING; i++) {
      tasks.add(task.content(HANG));
    }
    ledger.add("scheduled " + gatehouse.scheduler().scheduleAll(tasks));
  }

  private void checkpoint() {
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement()) {
      statement.execute("CHECKPOINT SYNC");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void runOnServer(Duration lease) {
    JdbcDataSource dataSource = new JdbcDataSource();
    dataSource.setURL(url);
    dataSource.setUser("sa");
    dataSource.setPassword("");
    start(JdbcStorage.of(dataSource), lease, context -> {});
  }

  private Gatehouse start(
      JdbcStorage storage, Duration lease, java.util.function.Consumer<TaskContext> beforeHanging) {
    Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(storage)
            .scheduler(SchedulerOptions.builder().lease(lease).build())
            .listener(
                new GatehouseListener() {
                  @Override
                  public void nodeFenced() {
                    ledger.add("fenced");
                  }
                })
            .handler("work", context -> work(context, beforeHanging))
            .build();
    gatehouse.start();
    return gatehouse;
  }

  private TaskResult work(
      TaskContext context, java.util.function.Consumer<TaskContext> beforeHanging) {
    boolean hangs = context.content().equals(HANG);
    if (hangs) {
      beforeHanging.accept(context);
    }
    ledger.begun(
        new Ledger.Begun(
            "child",
            context.id().value(),
            context.fence(),
            System.currentTimeMillis(),
            context.dueAt().toEpochMilli()));
    while (hangs && !ledger.has(GO)) {
      LockSupport.parkNanos(20_000_000);
      Thread.interrupted();
    }
    if (hangs) {
      ledger.add("late " + context.id());
    }
    return TaskResult.done("\"child\"");
  }
}
