package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Histogram;
import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
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
  /** Between the start of scheduling and the first due time, if tasks are scheduled at once. */
  private static final Duration READY = Duration.ofMillis(1_500);

  /** So many tasks are scheduled in a second, as is thought at first. */
  private static final int FILLED_PER_SECOND = 15_000;

  private static final int TRIES = 4;

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

  /** Measures with more and more time for the scheduling, until the nodes stand by in time. */
  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    Duration lead = READY.plusMillis(1_000L * load.tasks() / FILLED_PER_SECOND);
    for (int i = 0; i < TRIES; i++) {
      Optional<Measurement> found = measure(opener, lead);
      if (found.isPresent()) {
        return found.get();
      }
      lead = lead.multipliedBy(2);
    }
    throw new IllegalStateException(
        "the nodes must stand by when the first task is due; scheduling took too long");
  }

  private Optional<Measurement> measure(Side.Opener opener, Duration lead)
      throws SQLException, InterruptedException {
    try (Database database = databases.create()) {
      Side.Setting idle = new Side.Setting(database, 1, load.payload(), index -> {});
      Instant first;
      try (Side filler = opener.open(idle)) {
        load.scheduleLater(filler);
        first = Instant.now().truncatedTo(ChronoUnit.MILLIS).plus(lead);
        filler.schedule(new Side.Tasks(0, load.tasks(), index -> due(first, index)));
      }
      database.settle();
      return run(opener, database, first);
    }
  }

  private Optional<Measurement> run(Side.Opener opener, Database database, Instant first)
      throws SQLException, InterruptedException {
    Ledger ledger = new Ledger(load.tasks());
    long[] micros = new long[load.tasks()];
    Side.Setting setting =
        new Side.Setting(
            database,
            load.nodes(),
            load.payload(),
            index -> {
              if (index < micros.length) {
                micros[index] = ChronoUnit.MICROS.between(due(first, index), Instant.now());
              }
              ledger.ran(index);
            });
    Optional<Counters> before = database.counters();
    Optional<Counters> after;
    try (Side side = opener.open(setting)) {
      side.start();
      Duration left = Duration.between(Instant.now(), first);
      if (left.isNegative()) {
        return Optional.empty();
      }
      ledger.await(plan.patience().plus(left));
      after = database.counters();
    }
    ledger.check();
    return Optional.of(found(Histogram.ofMicros(micros), database, before, after));
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
