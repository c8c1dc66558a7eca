package dev.gatehouse.benchmarks.audit;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.Filter;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import dev.gatehouse.storage.jdbc.JdbcStorage;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Pages out of a large log. The raw side asks the same table for the same records by SQL that says
 * it all, and reads what it gets into arrays. The log is written once, and goes with the server.
 */
final class FindTimes implements AutoCloseable {
  private static final Instant BEGIN = Instant.parse("2030-01-01T00:00:00Z");
  private static final int BATCH = 1_000;
  private static final int PAGE = 100;
  private static final int WINDOW = 10_000;
  private static final String COLUMNS =
      "SELECT id, time_us, operation_type, result_type, source_node, namespace, severity,"
          + " user_name, request_id, service, canonical, openings FROM gh_audit";
  private static final String NEWEST = " ORDER BY time_us DESC, id DESC LIMIT " + PAGE;
  private static final String BY_USER =
      COLUMNS + " WHERE user_name = ? AND time_us >= ? AND time_us <= ?" + NEWEST;

  private final Metric user;
  private final Metric word;
  private final Metric rare;
  private final String byWord;
  private final String byRareWord;
  private final int records;
  private final Plan plan;
  private final Databases databases;
  private @Nullable HikariDataSource pool;
  private @Nullable AuditLog log;

  private FindTimes(String product, String word, int records, Plan plan, Databases databases) {
    user = new Metric("find " + product + " by user p50", "us");
    this.word = new Metric("find " + product + " word in window p50", "us");
    rare = new Metric("find " + product + " rare word anywhere p50", "us");
    byWord = COLUMNS + " WHERE time_us >= ? AND time_us <= ? AND " + word + NEWEST;
    byRareWord = COLUMNS + " WHERE " + word + NEWEST;
    this.records = records;
    this.plan = plan;
    this.databases = databases;
  }

  static FindTimes postgres(Plan plan, Databases databases) {
    return new FindTimes(
        "postgresql",
        "position(? IN canonical || openings) > 0",
        plan.pick(200_000, 5_000_000),
        plan,
        databases);
  }

  /** Of fewer records: the server takes a quarter of the rate. */
  static FindTimes mariaDb(Plan plan, Databases databases) {
    return new FindTimes(
        "mariadb",
        "LOCATE(?, CONCAT(canonical, openings)) > 0",
        plan.pick(200_000, 1_000_000),
        plan,
        databases);
  }

  List<Metric> metrics() {
    return List.of(user, word, rare);
  }

  /** Looks at records one by one for a word: a page of 10,000 of them would say little. */
  Measurement gatehouse() throws SQLException, InterruptedException {
    load();
    return common(log(JdbcStorage.of(requireNonNull(pool)).withoutHints()));
  }

  Measurement terms() throws SQLException, InterruptedException {
    AuditLog asked = load();
    Filter withWord = Filter.where("content").match(Records.RARE);
    AuditQuery query = query(0, records).filter(withWord);
    return common(asked)
        .with(
            rare,
            times(
                plan.pick(100, 500),
                Math.min(PAGE, records / Records.RARITY),
                () -> page(asked.find(query))));
  }

  private Measurement common(AuditLog asked) throws SQLException {
    Random random = new Random(1);
    return new Measurement()
        .with(
            user,
            times(
                () -> {
                  Filter byUser = Filter.where("user").equal(Records.user(random.nextInt()));
                  return page(asked.find(query(0, records).filter(byUser)));
                }))
        .with(
            word,
            times(
                () -> {
                  int from = random.nextInt(records - WINDOW);
                  Filter withWord = Filter.where("content").match(Records.UNCOMMON);
                  return page(asked.find(query(from, from + WINDOW).filter(withWord)));
                }));
  }

  private static AuditLog log(JdbcStorage storage) {
    return AuditLog.create(
        storage.audit(), new AtomicLong()::incrementAndGet, InstantSource.system());
  }

  private static int page(AuditPage page) {
    return page.records().size();
  }

  private static AuditQuery query(int from, int to) {
    return AuditQuery.between(time(from), time(to)).maxSize(PAGE);
  }

  private static Instant time(int record) {
    return BEGIN.plusMillis(record);
  }

  Measurement raw() throws SQLException, InterruptedException {
    load();
    HikariDataSource asked = requireNonNull(pool);
    Random random = new Random(1);
    byte[] rarely = Records.RARE.getBytes(StandardCharsets.UTF_8);
    byte[] sought = Records.UNCOMMON.getBytes(StandardCharsets.UTF_8);
    return new Measurement()
        .with(
            user,
            times(
                () ->
                    rows(
                        asked,
                        BY_USER,
                        Records.user(random.nextInt()),
                        micros(0),
                        micros(records))))
        .with(
            word,
            times(
                () -> {
                  int from = random.nextInt(records - WINDOW);
                  return rows(asked, byWord, micros(from), micros(from + WINDOW), sought);
                }))
        .with(
            rare,
            times(
                3,
                Math.min(PAGE, records / Records.RARITY),
                () -> rows(asked, byRareWord, rarely)));
  }

  private static long micros(int record) {
    return TimeUnit.MILLISECONDS.toMicros(time(record).toEpochMilli());
  }

  private static int rows(HikariDataSource from, String sql, Object... values) throws SQLException {
    try (Connection connection = from.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      List<@Nullable Object[]> rows = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        int columns = row.getMetaData().getColumnCount();
        while (row.next()) {
          @Nullable Object[] cells = new @Nullable Object[columns];
          for (int i = 0; i < columns; i++) {
            cells[i] = row.getObject(i + 1);
          }
          rows.add(cells);
        }
      }
      return rows.size();
    }
  }

  /** Finds, and says how many records it has found. */
  private interface Question {
    int ask() throws SQLException;
  }

  private double times(Question question) throws SQLException {
    return times(plan.pick(100, 500), PAGE, question);
  }

  /** Asks three times as often before it counts. */
  private static double times(int asked, int expected, Question question) throws SQLException {
    long[] nanos = new long[asked];
    for (int i = -3 * asked; i < asked; i++) {
      long begin = System.nanoTime();
      int found = question.ask();
      long taken = System.nanoTime() - begin;
      TreeRates.require(found == expected, "a page had " + found + " records");
      if (i >= 0) {
        nanos[i] = taken;
      }
    }
    Arrays.sort(nanos);
    return nanos[asked / 2] / (double) TimeUnit.MICROSECONDS.toNanos(1);
  }

  private AuditLog load() throws SQLException, InterruptedException {
    if (log != null) {
      return log;
    }
    Database own = databases.create();
    HikariDataSource connections = own.pool(2);
    pool = connections;
    JdbcStorage storage = JdbcStorage.of(connections).withoutHints();
    AuditLog written = log(own.product().equals("postgresql") ? storage.withAuditTerms() : storage);
    List<AuditRecord> batch = new ArrayList<>(BATCH);
    for (int i = 0; i < records; i++) {
      batch.add(Records.record(i).toBuilder().time(time(i)).build());
      if (batch.size() == BATCH) {
        written.writeAll(batch);
        batch.clear();
      }
    }
    own.settle();
    log = written;
    return written;
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
    }
    log = null;
  }
}
