package dev.gatehouse.benchmarks.scheduler;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The limit: what PostgreSQL gives a loop that claims and deletes, over a table of the same columns
 * as {@code gh_task} and with the engine's statements, but without an engine. Two threads claim,
 * each in lanes of its own, and one deletes what they have handed over. It knows no leases of
 * nodes, no clock, no retry and no failure: it is a measure, not a scheduler.
 */
final class RawLoop implements Side {
  static final String NAME = "raw jdbc";

  private static final int LANES = 16;
  private static final int CLAIMERS = 2;
  private static final int CLAIM = 1_000;
  private static final int WINDOW = 10;
  private static final long IDLE_MILLIS = 5;

  private static final String TABLE =
      "CREATE TABLE IF NOT EXISTS raw_task("
          + "id bigint PRIMARY KEY, lane smallint NOT NULL, due_ms bigint NOT NULL,"
          + " state smallint NOT NULL, attempt int NOT NULL, crashes int NOT NULL,"
          + " fence bigint NOT NULL, owner int, cancel smallint NOT NULL,"
          + " application_id bigint NOT NULL, kind varchar(64) NOT NULL, task_no varchar(64),"
          + " name varchar(64) NOT NULL, payload bytea NOT NULL, timeout_ms int NOT NULL,"
          + " retry varchar(32) NOT NULL, created_ms bigint NOT NULL, runtime_ms bigint NOT NULL)"
          + " WITH (fillfactor = 50, vacuum_truncate = false)";

  private static final String INDEX =
      "CREATE INDEX IF NOT EXISTS raw_task_due ON raw_task(lane, due_ms, id)";

  private static final String INSERT =
      "INSERT INTO raw_task SELECT x.id, x.lane, x.due, 0, 0, 0, 0, NULL, 0, 0, 'bench', NULL, '',"
          + " x.payload, 60000, 'linear:5000:5', x.due, x.due"
          + " FROM unnest(?::bigint[], ?::int[], ?::bigint[], ?::bytea[])"
          + " AS x(id, lane, due, payload)";

  /**
   * Goes on behind the last (due, id) of each lane, so that what is claimed is not read again, and
   * updates by place, not by key.
   */
  private static final String CLAIM_DUE =
      "WITH c AS MATERIALIZED (SELECT x.place FROM"
          + " unnest(?::int[], ?::bigint[], ?::bigint[]) AS l(lane, due, id)"
          + " CROSS JOIN LATERAL (SELECT t.ctid AS place FROM raw_task t"
          + " WHERE t.lane = l.lane AND (t.due_ms, t.id) > (l.due, l.id) AND t.due_ms <= ?"
          + " AND t.state = 0 ORDER BY t.due_ms, t.id LIMIT ? FOR UPDATE SKIP LOCKED) x)"
          + " UPDATE raw_task t SET state = 1, owner = 1, fence = t.fence + 1,"
          + " attempt = t.attempt + 1 FROM c WHERE t.ctid = c.place AND t.state = 0"
          + " RETURNING t.lane, t.due_ms, t.id, t.fence, t.attempt, t.crashes, t.application_id,"
          + " t.kind, t.task_no, t.name, t.payload, t.timeout_ms, t.retry, t.created_ms,"
          + " t.runtime_ms";

  /**
   * Each task is looked up by its id, whatever the planner thinks: statistics taken while no task
   * had an owner tell it to begin with the owner and to read the whole table for every batch.
   */
  private static final String DELETE =
      "DELETE FROM raw_task WHERE ctid = ANY(ARRAY(SELECT x.place"
          + " FROM unnest(?::bigint[], ?::bigint[]) AS l(id, fence)"
          + " CROSS JOIN LATERAL (SELECT t.ctid AS place FROM raw_task t WHERE t.id = l.id"
          + " AND t.fence = l.fence AND t.owner = 1 OFFSET 0) x))";

  private static final String DUE =
      "SELECT EXISTS(SELECT 1 FROM generate_series(0, 15) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT 1 FROM raw_task t"
          + " WHERE t.lane = l.lane AND t.due_ms <= ? ORDER BY t.due_ms, t.id LIMIT 1) AS due)";

  /** Plans made while the table was empty would read all of it. */
  private static final List<String> PLANS =
      List.of("seqscan", "hashjoin", "mergejoin", "bitmapscan");

  private final HikariDataSource pool;
  private final int payload;
  private final IntConsumer ran;
  private final BlockingQueue<Claimed> ended = new ArrayBlockingQueue<>(WINDOW);
  private final List<Thread> threads = new ArrayList<>();
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  private RawLoop(Setting setting) {
    pool = setting.database().pool(CLAIMERS + 2);
    payload = setting.payload();
    ran = setting.ran();
  }

  static Side open(Setting setting) throws SQLException {
    RawLoop loop = new RawLoop(setting);
    try (Connection connection = loop.pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(TABLE);
      statement.execute(INDEX);
    }
    return loop;
  }

  @Override
  public void schedule(Tasks tasks) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (int from = tasks.from(); from < tasks.until(); from += BATCH) {
        insert(insert, tasks, from, Math.min(from + BATCH, tasks.until()));
      }
    }
  }

  @Override
  public void scheduleSingly(Tasks tasks) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      connection.setAutoCommit(false);
      for (int i = tasks.from(); i < tasks.until(); i++) {
        insert(insert, tasks, i, i + 1);
        connection.commit();
      }
    }
  }

  private void insert(PreparedStatement insert, Tasks tasks, int from, int until)
      throws SQLException {
    long[] ids = IntStream.range(from, until).mapToLong(i -> i).toArray();
    int[] lanes = IntStream.range(from, until).map(i -> i % LANES).toArray();
    long[] dues =
        IntStream.range(from, until).mapToLong(i -> tasks.due().apply(i).toEpochMilli()).toArray();
    byte[][] payloads =
        IntStream.range(from, until)
            .mapToObj(i -> Payload.of(i, payload).getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    Connection connection = insert.getConnection();
    insert.setObject(1, ids);
    insert.setObject(2, lanes);
    insert.setObject(3, dues);
    insert.setArray(4, connection.createArrayOf("bytea", payloads));
    insert.executeUpdate();
  }

  @Override
  public void start() {
    for (int i = 0; i < CLAIMERS; i++) {
      int claimer = i;
      begin("raw-claimer-" + i, connection -> claim(connection, claimer));
    }
    begin("raw-flusher", this::flush);
  }

  /** What a thread does with a connection of its own. */
  @FunctionalInterface
  private interface Job {
    void run(Connection connection) throws SQLException, InterruptedException;
  }

  private void begin(String name, Job job) {
    Thread thread =
        new Thread(
            () -> {
              try (Connection connection = pool.getConnection()) {
                prepare(connection);
                job.run(connection);
              } catch (SQLException | RuntimeException e) {
                failure = e;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String plan : PLANS) {
        statement.execute("SET enable_" + plan + " = off");
      }
    }
  }

  private void claim(Connection connection, int claimer) throws SQLException, InterruptedException {
    Cursor cursor = new Cursor(claimer);
    try (PreparedStatement claim = connection.prepareStatement(CLAIM_DUE)) {
      while (!closed) {
        Claimed claimed = new Claimed(new ArrayList<>(), new ArrayList<>());
        cursor.bind(claim, System.currentTimeMillis());
        try (ResultSet results = claim.executeQuery()) {
          while (results.next()) {
            cursor.passed(results.getInt(1), results.getLong(2), results.getLong(3));
            claimed.ids().add(results.getLong(3));
            claimed.fences().add(results.getLong(4));
            ran.accept(Payload.index(new String(results.getBytes(11), StandardCharsets.UTF_8)));
          }
        }
        if (claimed.ids().isEmpty()) {
          Thread.sleep(IDLE_MILLIS);
        } else {
          ended.put(claimed);
        }
      }
    }
  }

  private void flush(Connection connection) throws SQLException, InterruptedException {
    try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
      while (!closed) {
        Claimed claimed = ended.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (claimed != null) {
          delete.setObject(1, claimed.ids().stream().mapToLong(Long::longValue).toArray());
          delete.setObject(2, claimed.fences().stream().mapToLong(Long::longValue).toArray());
          delete.executeUpdate();
        }
      }
    }
  }

  @Override
  public boolean isDrained(Instant due) throws SQLException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException("the loop ended early", cause);
    }
    try (Connection connection = pool.getConnection();
        PreparedStatement query = connection.prepareStatement(DUE)) {
      query.setLong(1, due.toEpochMilli());
      try (ResultSet results = query.executeQuery()) {
        results.next();
        return !results.getBoolean(1);
      }
    }
  }

  @Override
  public String table() {
    return "raw_task";
  }

  @Override
  public void close() {
    closed = true;
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    pool.close();
  }

  /**
   * Tasks that have run and are to be deleted.
   *
   * @param ids of the tasks
   * @param fences under which they were claimed
   */
  private record Claimed(List<Long> ids, List<Long> fences) {}

  /** Where a claimer stands in each of its lanes. Not safe: confine to one thread. */
  private static final class Cursor {
    private final int[] lanes;
    private final long[] dues = new long[LANES / CLAIMERS];
    private final long[] ids = new long[LANES / CLAIMERS];

    Cursor(int claimer) {
      lanes = IntStream.range(0, LANES).filter(lane -> lane % CLAIMERS == claimer).toArray();
    }

    void bind(PreparedStatement claim, long now) throws SQLException {
      claim.setObject(1, lanes);
      claim.setObject(2, dues);
      claim.setObject(3, ids);
      claim.setLong(4, now);
      claim.setInt(5, CLAIM / lanes.length);
    }

    void passed(int lane, long due, long id) {
      int place = lane / CLAIMERS;
      if (due > dues[place] || (due == dues[place] && id > ids[place])) {
        dues[place] = due;
        ids[place] = id;
      }
    }
  }
}
