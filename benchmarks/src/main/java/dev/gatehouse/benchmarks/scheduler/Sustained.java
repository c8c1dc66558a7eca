package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whether a node keeps up while tasks are scheduled at an even rate, all due at once, and whether
 * its table stays small. Each number is that of one window of the time.
 *
 * @param name the case
 * @param databases gives each measurement its own
 * @param plan how long a side may stand still
 * @param perSecond how many tasks are scheduled in a second at most, by a thread of its own
 * @param windows how many windows of 10 s
 */
record Sustained(String name, Databases databases, Plan plan, int perSecond, int windows) {
  private static final int WINDOW_SECONDS = 10;
  private static final double MEBIBYTE = 1 << 20;

  private Metric rate() {
    return new Metric(name, "tasks/s");
  }

  private Metric backlog() {
    return new Metric(name + " backlog", "tasks");
  }

  private Metric size() {
    return new Metric(name + " table", "MiB");
  }

  List<Metric> metrics() {
    return List.of(rate(), backlog(), size());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    int tasks = perSecond * WINDOW_SECONDS * windows;
    Measurement measurement = new Measurement();
    try (Database database = databases.create()) {
      Ledger ledger = new Ledger(tasks);
      Side.Setting setting = new Side.Setting(database, 1, 100, ledger::ran);
      try (Side side = opener.open(setting);
          Side filler = opener.open(setting)) {
        side.start();
        Pacer pacer = new Pacer(filler, perSecond, tasks);
        pacer.start();
        int before = 0;
        long begin = System.nanoTime();
        for (int window = 0; window < windows; window++) {
          TimeUnit.SECONDS.sleep(WINDOW_SECONDS);
          int ran = ledger.count();
          long now = System.nanoTime();
          double seconds = (now - begin) / (double) TimeUnit.SECONDS.toNanos(1);
          measurement
              .with(rate(), (ran - before) / seconds)
              .with(backlog(), pacer.scheduled - ran)
              .with(size(), database.size(side.table()).orElse(0L) / MEBIBYTE);
          before = ran;
          begin = now;
        }
        ledger.endAt(pacer.end(plan.patience()));
        ledger.await(plan.patience());
      }
      ledger.check();
    }
    return measurement;
  }

  /**
   * Schedules batches when they are due, and at once those that it is behind with, until it is told
   * to end: a machine that is too slow for the rate gets what it can take.
   */
  private static final class Pacer extends Thread {
    private final Side side;
    private final int perSecond;
    private final int tasks;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int scheduled;
    private volatile boolean ending;

    Pacer(Side side, int perSecond, int tasks) {
      super("pacer");
      this.side = side;
      this.perSecond = perSecond;
      this.tasks = tasks;
      setDaemon(true);
    }

    @Override
    public void run() {
      long begin = System.nanoTime();
      try {
        for (int from = 0; from < tasks && !ending; from += Side.BATCH) {
          long wanted = begin + TimeUnit.SECONDS.toNanos(1) * from / perSecond;
          LockSupport.parkNanos(wanted - System.nanoTime());
          int until = Math.min(from + Side.BATCH, tasks);
          side.schedule(Side.Tasks.at(Instant.now().truncatedTo(ChronoUnit.MILLIS), from, until));
          scheduled = until;
        }
      } catch (SQLException | RuntimeException e) {
        failure.set(e);
      }
    }

    /** How many it has scheduled. */
    int end(Duration patience) throws InterruptedException {
      ending = true;
      join(patience.toMillis());
      if (failure.get() != null || isAlive()) {
        throw new IllegalStateException(
            "after " + scheduled + " tasks none could be scheduled", failure.get());
      }
      return scheduled;
    }
  }
}
