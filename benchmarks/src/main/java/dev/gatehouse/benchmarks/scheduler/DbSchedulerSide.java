package dev.gatehouse.benchmarks.scheduler;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.SchedulableInstance;
import com.github.kagkarlsson.scheduler.task.SchedulableTaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * db-scheduler, set up for throughput as its documentation advises and measurements on this kind of
 * machine confirmed; its tables are those of its documentation.
 */
final class DbSchedulerSide implements Side {
  static final String NAME = "db-scheduler tuned";

  private static final List<String> TABLES_POSTGRESQL =
      List.of(
          "CREATE TABLE IF NOT EXISTS scheduled_tasks(task_name text NOT NULL,"
              + " task_instance text NOT NULL, task_data bytea,"
              + " execution_time timestamp with time zone, picked boolean NOT NULL,"
              + " picked_by text, last_success timestamp with time zone,"
              + " last_failure timestamp with time zone, consecutive_failures int,"
              + " last_heartbeat timestamp with time zone, version bigint NOT NULL,"
              + " priority smallint, state text, PRIMARY KEY (task_name, task_instance))",
          "CREATE INDEX IF NOT EXISTS execution_time_idx ON scheduled_tasks(execution_time)",
          "CREATE INDEX IF NOT EXISTS last_heartbeat_idx ON scheduled_tasks(last_heartbeat)",
          "CREATE INDEX IF NOT EXISTS priority_execution_time_idx"
              + " ON scheduled_tasks(priority DESC, execution_time ASC)");

  private static final List<String> TABLES_H2 =
      TABLES_POSTGRESQL.stream()
          .map(sql -> sql.replace(" text", " varchar(100)").replace("bytea", "varbinary(10000)"))
          .toList();

  private static final List<String> TABLES_MARIADB =
      TABLES_POSTGRESQL.stream()
          .map(
              sql ->
                  sql.replace(" text", " varchar(100)")
                      .replace("bytea", "blob")
                      .replace("timestamp with time zone", "timestamp(6) NULL"))
          .toList();

  private static final String DUE =
      "SELECT EXISTS(SELECT 1 FROM scheduled_tasks WHERE execution_time <= ?)";

  /** Connections beside those of the workers: polling, heartbeats and the measurement's own. */
  private static final int SPARE_CONNECTIONS = 4;

  private final Setting setting;
  private final OneTimeTask<String> task;
  private final List<HikariDataSource> pools = new ArrayList<>();
  private final List<Scheduler> nodes = new ArrayList<>();

  private DbSchedulerSide(Setting setting) {
    this.setting = setting;
    task =
        com.github.kagkarlsson.scheduler.task.helper.Tasks.oneTime("bench", String.class)
            .execute(
                (instance, context) -> setting.ran().accept(Payload.index(instance.getData())));
  }

  static Side open(Setting setting) throws SQLException {
    DbSchedulerSide side = new DbSchedulerSide(setting);
    Tuning tuning = Tuning.of(setting.database().product());
    for (int i = 0; i < setting.nodes(); i++) {
      side.pools.add(setting.database().pool(tuning.threads() + SPARE_CONNECTIONS));
      if (i == 0) {
        side.createTables();
      }
      side.nodes.add(side.scheduler(i, tuning));
    }
    return side;
  }

  private void createTables() throws SQLException {
    try (Connection connection = pools.get(0).getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : tables(setting.database().product())) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> tables(String product) {
    return switch (product) {
      case "h2" -> TABLES_H2;
      case "mariadb" -> TABLES_MARIADB;
      default -> TABLES_POSTGRESQL;
    };
  }

  private Scheduler scheduler(int node, Tuning tuning) {
    SchedulerBuilder builder =
        Scheduler.create(pools.get(node), task)
            .schedulerName(new SchedulerName.Fixed("node-" + node))
            .serializer(new TextSerializer())
            .threads(tuning.threads())
            .pollingInterval(Duration.ofMillis(100))
            .enableImmediateExecution()
            .shutdownMaxWait(Duration.ofSeconds(5));
    return (tuning.lock()
            ? builder.pollUsingLockAndFetch(tuning.lower(), tuning.upper())
            : builder.pollUsingFetch(tuning.lower(), tuning.upper()))
        .build();
  }

  @Override
  public void schedule(Tasks tasks) {
    for (int from = tasks.from(); from < tasks.until(); from += BATCH) {
      List<SchedulableInstance<?>> batch = new ArrayList<>(BATCH);
      for (int i = from; i < Math.min(from + BATCH, tasks.until()); i++) {
        batch.add(instance(tasks, i));
      }
      nodes.get(0).scheduleBatch(batch);
    }
  }

  @Override
  public void scheduleSingly(Tasks tasks) {
    for (int i = tasks.from(); i < tasks.until(); i++) {
      nodes.get(0).schedule(instance(tasks, i));
    }
  }

  private SchedulableInstance<String> instance(Tasks tasks, int index) {
    String payload = Payload.of(index, setting.payload());
    return new SchedulableTaskInstance<>(
        task.instance(Integer.toString(index), payload), tasks.due().apply(index));
  }

  @Override
  public void start() {
    nodes.forEach(Scheduler::start);
  }

  @Override
  public boolean isDrained(Instant due) throws SQLException {
    try (Connection connection = pools.get(0).getConnection();
        PreparedStatement query = connection.prepareStatement(DUE)) {
      query.setTimestamp(1, Timestamp.from(due));
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return !results.getBoolean(1);
      }
    }
  }

  @Override
  public String table() {
    return "scheduled_tasks";
  }

  @Override
  public void close() {
    nodes.forEach(Scheduler::stop);
    pools.forEach(HikariDataSource::close);
  }

  /**
   * The fastest of what was tried.
   *
   * @param lock whether it locks as it fetches
   * @param lower it fetches more when fewer than so many times its threads are queued
   * @param upper it fetches so many times its threads
   */
  private record Tuning(boolean lock, double lower, double upper, int threads) {
    static Tuning of(String product) {
      return product.equals("h2") ? new Tuning(false, 4, 20, 8) : new Tuning(true, 20, 100, 16);
    }
  }

  /** The payload as it is; the default would write Java objects. */
  private static final class TextSerializer implements Serializer {
    @Override
    public byte[] serialize(Object data) {
      return data.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public <T> T deserialize(Class<T> type, byte[] serialized) {
      return type.cast(new String(serialized, StandardCharsets.UTF_8));
    }
  }
}
