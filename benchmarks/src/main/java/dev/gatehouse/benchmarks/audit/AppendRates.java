package dev.gatehouse.benchmarks.audit;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.AuditEntry;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRules;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.audit.RowKey;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.Writers;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * Writers that commit each batch of records, while a sequencer runs beside them. The raw side
 * inserts the same rows into the same table, with its indexes, by a JDBC batch, and has neither
 * sequencer nor anything pending.
 */
final class AppendRates {
  private static final String INSERT =
      "INSERT INTO gh_audit(id, time_us, operation_type, result_type, source_node, namespace,"
          + " severity, user_name, request_id, canonical, openings, leaf_hash,"
          + " row_mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private final Metric metric;
  private final Plan plan;
  private final int writers;
  private final int batch;

  /** Rates of so many writers, each with batches of that size. */
  AppendRates(Plan plan, String name, int writers, int batch) {
    this.plan = plan;
    this.writers = writers;
    this.batch = batch;
    metric = new Metric(name, "1/s");
  }

  List<Metric> metrics() {
    return List.of(metric);
  }

  Measurement gatehouse(Database database, UnaryOperator<JdbcStorage> options)
      throws SQLException, InterruptedException {
    try (Database own = database;
        HikariDataSource pool = own.pool(writers + 2)) {
      JdbcStorage storage = options.apply(JdbcStorage.of(pool));
      try (AuditTree tree = tree(storage)) {
        AtomicLong ids = new AtomicLong();
        AuditLog log =
            AuditLog.create(storage.audit(), ids::incrementAndGet, InstantSource.system(), tree);
        tree.start();
        return measure(
            from -> {
              List<AuditRecord> records = records(from);
              if (records.size() == 1) {
                log.write(records.get(0));
              } else {
                log.writeAll(records);
              }
            });
      }
    }
  }

  private static AuditTree tree(JdbcStorage storage) {
    return AuditTree.create(
        new AuditTree.Parts(
            storage.audit(),
            storage,
            InstantSource.system(),
            System::nanoTime,
            GatehouseListener.NONE,
            AuditOptions.builder().rowKey(RowKey.of(new byte[RowKey.MIN_SECRET])).build()));
  }

  Measurement raw(Database database) throws SQLException, InterruptedException {
    try (Database own = database;
        HikariDataSource pool = own.pool(writers + 2)) {
      JdbcStorage.of(pool).check();
      AtomicLong ids = new AtomicLong();
      return measure(
          from -> {
            try (Connection connection = pool.getConnection()) {
              connection.setAutoCommit(false);
              insert(connection, records(from), ids);
              connection.commit();
              connection.setAutoCommit(true);
            }
          });
    }
  }

  private static void insert(Connection connection, List<AuditRecord> records, AtomicLong ids)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      for (AuditRecord draft : records) {
        AuditEntry entry =
            AuditEntry.erasable(
                LogName.AUDIT,
                draft.toBuilder()
                    .id(ids.incrementAndGet())
                    .time(InstantSource.system().instant())
                    .build(),
                AuditRules.DEFAULT.erasable());
        AuditRecord record = entry.record();
        statement.setLong(1, record.id());
        statement.setLong(2, entry.position().timeMicros());
        statement.setInt(3, record.operationType());
        statement.setInt(4, record.resultType());
        statement.setString(5, record.sourceNode());
        statement.setString(6, record.namespace());
        statement.setString(7, record.severity());
        statement.setString(8, record.user().orElse(null));
        statement.setString(9, record.requestId().orElse(null));
        statement.setBytes(10, entry.canonical());
        statement.setBytes(11, entry.openings());
        statement.setBytes(12, entry.leafHash());
        statement.setBytes(13, entry.leafHash());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private List<AuditRecord> records(int from) {
    List<AuditRecord> records = new ArrayList<>(batch);
    for (int i = 0; i < batch; i++) {
      records.add(Records.record(from + i));
    }
    return records;
  }

  /** By a writer of the batch that begins with a number. */
  private Measurement measure(Writers.Work writer) throws InterruptedException {
    int commits = batch > 1 ? plan.pick(20, 300) : plan.pick(1_500, 20_000);
    Writers.run(writers, commits / 3, number -> writer.apply(number * batch));
    long begin = System.nanoTime();
    Writers.run(writers, commits, number -> writer.apply((commits + number) * batch));
    return new Measurement()
        .with(metric, TreeRates.rate(commits * batch, begin, System.nanoTime()));
  }
}
