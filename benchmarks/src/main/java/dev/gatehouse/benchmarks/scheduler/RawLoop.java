package dev.gatehouse.benchmarks.scheduler;

import com.zaxxer.hikari.HikariDataSource;
import dev.gatehouse.benchmarks.scheduler.RawSql.Claimed;
import dev.gatehouse.benchmarks.scheduler.RawSql.Cursor;
import dev.gatehouse.benchmarks.scheduler.RawSql.NewTask;
import java.sql.Connection;
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
 * The limit: what a database gives a loop that claims and deletes, over a table of the same columns
 * as {@code gh_task} and with the engine's statements, but without an engine. Two threads claim,
 * each in lanes of its own, and one deletes what they have handed over. It knows no leases of
 * nodes, no clock, no retry and no failure: it is a measure, not a scheduler.
 */
final class RawLoop implements Side {
  static final String NAME = "raw jdbc";

  private static final int CLAIMERS = 2;
  private static final int CLAIM = 1_000;
  private static final int WINDOW = 10;
  private static final long IDLE_MILLIS = 5;

  private final HikariDataSource pool;
  private final RawSql sql;
  private final int payload;
  private final IntConsumer ran;
  private final boolean ordered;
  private final BlockingQueue<List<Claimed>> ended = new ArrayBlockingQueue<>(WINDOW);
  private final List<Thread> threads = new ArrayList<>();
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  private RawLoop(Setting setting, boolean ordered) {
    this.ordered = ordered;
    sql = RawSql.of(setting.database().product());
    pool = setting.database().pool(CLAIMERS + 2);
    payload = setting.payload();
    ran = setting.ran();
  }

  static Side open(Setting setting) throws SQLException {
    return open(new RawLoop(setting, false));
  }

  /**
   * One thread that claims a task, runs it and deletes it, each committed, before it claims the
   * next.
   */
  static Side inOrder(Setting setting) throws SQLException {
    return open(new RawLoop(setting, true));
  }

  private static Side open(RawLoop loop) throws SQLException {
    try (Connection connection = loop.pool.getConnection();
        Statement statement = connection.createStatement()) {
      for (String table : loop.sql.tables()) {
        statement.execute(table);
      }
    }
    return loop;
  }

  @Override
  public void schedule(Tasks tasks) throws SQLException {
    insert(tasks, BATCH);
  }

  @Override
  public void scheduleSingly(Tasks tasks) throws SQLException {
    insert(tasks, 1);
  }

  private void insert(Tasks tasks, int batch) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      for (int from = tasks.from(); from < tasks.until(); from += batch) {
        int until = Math.min(from + batch, tasks.until());
        sql.insert(connection, IntStream.range(from, until).mapToObj(i -> task(tasks, i)).toList());
        connection.commit();
      }
    }
  }

  private NewTask task(Tasks tasks, int index) {
    return new NewTask(
        index,
        ordered ? 0 : index % sql.lanes(),
        tasks.due().apply(index).toEpochMilli(),
        Payload.of(index, payload));
  }

  @Override
  public void start() {
    if (ordered) {
      begin("raw-in-order", this::runInOrder);
      return;
    }
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
                sql.prepare(connection);
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

  private void claim(Connection connection, int claimer) throws SQLException, InterruptedException {
    Cursor cursor = new Cursor(claimer, CLAIMERS, sql.lanes());
    while (!closed) {
      List<Claimed> claimed = sql.claim(connection, cursor, System.currentTimeMillis(), CLAIM);
      for (Claimed task : claimed) {
        cursor.passed(task);
        ran.accept(Payload.index(task.payload()));
      }
      if (claimed.isEmpty()) {
        // MariaDB locks, and so skips, a row that the scan of a neighbouring lane ends at.
        cursor = new Cursor(claimer, CLAIMERS, sql.lanes());
        Thread.sleep(IDLE_MILLIS);
      } else {
        ended.put(claimed);
      }
    }
  }

  private void runInOrder(Connection connection) throws SQLException, InterruptedException {
    Cursor cursor = new Cursor(0, sql.lanes(), sql.lanes());
    while (!closed) {
      List<Claimed> claimed = sql.claim(connection, cursor, System.currentTimeMillis(), 1);
      for (Claimed task : claimed) {
        cursor.passed(task);
        ran.accept(Payload.index(task.payload()));
        sql.delete(connection, List.of(task));
      }
      if (claimed.isEmpty()) {
        Thread.sleep(IDLE_MILLIS);
      }
    }
  }

  private void flush(Connection connection) throws SQLException, InterruptedException {
    while (!closed) {
      List<Claimed> claimed = ended.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      if (claimed != null) {
        sql.delete(connection, claimed);
      }
    }
  }

  @Override
  public boolean isDrained(Instant due) throws SQLException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException("the loop ended early", cause);
    }
    try (Connection connection = pool.getConnection()) {
      return sql.isDrained(connection, due);
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
}
