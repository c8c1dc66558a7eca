package dev.gatehouse.benchmarks.scheduler;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import dev.gatehouse.storage.jdbc.JdbcTransaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Gatehouse through its public API, each node with a pool of its own. */
final class GatehouseSide implements Side {
  static final String NAME = "gatehouse";

  private static final String HANDLER = "bench";
  private static final int CONNECTIONS = 8;

  /** Lane by lane, as the index goes, so that a backlog that is due later is not read. */
  private static final String DUE_POSTGRESQL =
      "SELECT EXISTS(SELECT 1 FROM generate_series(0, 47) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT 1 FROM gh_task t"
          + " WHERE t.lane = l.lane AND t.due_ms <= ? ORDER BY t.due_ms, t.id LIMIT 1) AS due)";

  /** No subquery: H2 keeps its result while others' deletions are not committed, and after. */
  private static final String DUE =
      "SELECT COUNT(*) > 0 FROM gh_task WHERE lane BETWEEN 0 AND 47 AND due_ms <= ?";

  private final Setting setting;
  private final boolean ordered;
  private final List<HikariDataSource> pools = new ArrayList<>();
  private final List<Gatehouse> nodes = new ArrayList<>();

  private GatehouseSide(Setting setting, SchedulerOptions options, boolean ordered) {
    this.setting = setting;
    this.ordered = ordered;
    for (int i = 0; i < setting.nodes(); i++) {
      HikariDataSource pool = setting.database().pool(CONNECTIONS);
      pools.add(pool);
      nodes.add(
          Gatehouse.builder()
              .storage(JdbcStorage.of(pool))
              .handler(HANDLER, this::handle)
              .scheduler(options)
              .build());
    }
  }

  /** Keeps nothing of tasks that ended, as the peer does. */
  static Side withoutHistory(Setting setting) {
    return new GatehouseSide(setting, history(Duration.ZERO), false);
  }

  /** The same with tasks of one key, which run one after the other. */
  static Side inOrder(Setting setting) {
    return new GatehouseSide(setting, history(Duration.ZERO), true);
  }

  /** Keeps tasks that ended, and their attempts, as long as by default. */
  static Side withHistory(Setting setting) {
    return new GatehouseSide(setting, SchedulerOptions.DEFAULT, false);
  }

  private static SchedulerOptions history(Duration retention) {
    return SchedulerOptions.builder().retention(retention).build();
  }

  private TaskResult handle(TaskContext context) {
    setting.ran().accept(Payload.index(context.content()));
    return TaskResult.done();
  }

  @Override
  public void schedule(Tasks tasks) {
    for (int from = tasks.from(); from < tasks.until(); from += BATCH) {
      List<Task> batch = new ArrayList<>(BATCH);
      for (int i = from; i < Math.min(from + BATCH, tasks.until()); i++) {
        batch.add(task(tasks, i));
      }
      nodes.get(0).scheduler().scheduleAll(batch);
    }
  }

  @Override
  public void scheduleSingly(Tasks tasks) throws SQLException {
    try (Connection connection = pools.get(0).getConnection()) {
      connection.setAutoCommit(false);
      for (int i = tasks.from(); i < tasks.until(); i++) {
        nodes.get(0).joining(JdbcTransaction.of(connection)).scheduler().schedule(task(tasks, i));
        connection.commit();
      }
    }
  }

  private Task task(Tasks tasks, int index) {
    Task task =
        Task.unnumbered()
            .handler(HANDLER)
            .at(tasks.due().apply(index))
            .content(Payload.of(index, setting.payload()));
    return ordered ? task.inOrder("bench") : task;
  }

  @Override
  public void start() {
    nodes.forEach(Gatehouse::start);
  }

  @Override
  public boolean isDrained(Instant due) throws SQLException {
    String sql = setting.database().product().equals("postgresql") ? DUE_POSTGRESQL : DUE;
    try (Connection connection = pools.get(0).getConnection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, due.toEpochMilli());
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return !results.getBoolean(1);
      }
    }
  }

  @Override
  public String table() {
    return "gh_task";
  }

  @Override
  public void close() {
    nodes.forEach(Gatehouse::close);
    pools.forEach(HikariDataSource::close);
  }
}
