package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Histogram;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * How late tasks begin that become due evenly, a few every millisecond, and were scheduled before:
 * the handler compares the wall clock, in microseconds, with the due time. Server and client share
 * the clock. Every task is proven to have run once.
 *
 * @param where what stands behind the name of each metric, such as {@code 2k/s postgresql}
 * @param databases gives each measurement its own
 * @param plan how long a side may stand still
 * @param perSecond how many tasks become due in a second
 * @param load what is to be run
 */
record Lateness(String where, Databases databases, Plan plan, int perSecond, Load load) {
  /** Between scheduling and the first due time, so that the nodes stand by when it comes. */
  private static final Duration READY = Duration.ofMillis(1_500);

  /** At least so many tasks are scheduled in a second. */
  private static final int FILLED_PER_SECOND = 15_000;

  String name() {
    return "lateness " + where;
  }

  private Metric quantile(String quantile) {
    return new Metric("lateness " + quantile + " " + where, "ms");
  }

  private Metric early() {
    return new Metric("early starts " + where, "tasks");
  }

  List<Metric> metrics() {
    return PerTask.of(name()).metrics(quantile("p50"), quantile("p99"), early());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    try (Database database = databases.create()) {
      int tasks = load.tasks();
      Ledger ledger = new Ledger(tasks);
      long[] micros = new long[tasks];
      Duration lead = READY.plusMillis(1_000L * (tasks + load.later()) / FILLED_PER_SECOND);
      Instant first = Instant.now().truncatedTo(ChronoUnit.MILLIS).plus(lead);
      Side.Setting setting =
          new Side.Setting(
              database,
              load.nodes(),
              load.payload(),
              index -> {
                if (index < tasks) {
                  micros[index] = ChronoUnit.MICROS.between(due(first, index), Instant.now());
                }
                ledger.ran(index);
              });
      try (Side filler = opener.open(setting.on(1))) {
        load.schedule(filler, new Side.Tasks(0, tasks, index -> due(first, index)));
      }
      database.settle();
      Optional<Counters> before = database.counters();
      Optional<Counters> after;
      try (Side side = opener.open(setting)) {
        side.start();
        if (Instant.now().isAfter(first)) {
          throw new IllegalStateException(
              "the nodes must stand by when the first task is due; scheduling took more than "
                  + lead);
        }
        ledger.await(plan.patience().plus(lead));
        after = database.counters();
      }
      ledger.check();
      return found(Histogram.ofMicros(micros), database, before, after);
    }
  }

  private Instant due(Instant first, int index) {
    return first.plusMillis(1_000L * index / perSecond);
  }

  private Measurement found(
      Histogram histogram, Database database, Optional<Counters> before, Optional<Counters> after)
      throws SQLException, InterruptedException {
    Measurement measurement =
        new Measurement()
            .with(quantile("p50"), histogram.percentileMillis(0.5))
            .with(quantile("p99"), histogram.percentileMillis(0.99))
            .with(early(), (double) histogram.negative())
            .with(histogram);
    return PerTask.of(name()).add(measurement, load.tasks(), database, before, after);
  }
}
