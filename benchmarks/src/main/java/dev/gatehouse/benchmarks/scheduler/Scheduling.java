package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How fast one thread schedules tasks that are due in an hour, while none runs, after half as many
 * that warm it up.
 *
 * @param name the case
 * @param databases gives each measurement its own
 * @param tasks how many
 * @param batched whether {@link Side#BATCH} of them go together, or each by itself
 */
record Scheduling(String name, Databases databases, int tasks, boolean batched) {
  private static final int PAYLOAD = 100;

  private Metric rate() {
    return new Metric(name, "tasks/s");
  }

  List<Metric> metrics() {
    return PerTask.of(name).metrics(rate());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    try (Database database = databases.create()) {
      Side.Setting setting = new Side.Setting(database, 1, PAYLOAD, index -> {});
      Instant due = Instant.now().truncatedTo(ChronoUnit.MILLIS).plus(Duration.ofHours(1));
      Optional<Counters> before;
      Optional<Counters> after;
      long nanos;
      int warmUp = tasks / 2;
      try (Side side = opener.open(setting)) {
        schedule(side, Side.Tasks.at(due, 0, warmUp));
      }
      database.settle();
      before = database.counters();
      try (Side side = opener.open(setting)) {
        long begin = System.nanoTime();
        schedule(side, Side.Tasks.at(due, warmUp, warmUp + tasks));
        nanos = System.nanoTime() - begin;
        after = database.counters();
      }
      double seconds = nanos / (double) TimeUnit.SECONDS.toNanos(1);
      Measurement measurement = new Measurement().with(rate(), tasks / seconds);
      return PerTask.of(name).add(measurement, tasks, database, before, after);
    }
  }

  private void schedule(Side side, Side.Tasks wanted) throws SQLException {
    if (batched) {
      side.schedule(wanted);
    } else {
      side.scheduleSingly(wanted);
    }
  }
}
