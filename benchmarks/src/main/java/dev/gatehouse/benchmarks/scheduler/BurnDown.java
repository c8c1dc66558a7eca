package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.Plan;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import dev.gatehouse.benchmarks.database.Databases;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How fast tasks that are all due are run: from the start of the nodes until the last task has run
 * and the database holds none that is due. Every task is proven to have run once.
 *
 * @param name the case
 * @param databases gives each measurement its own
 * @param plan how long a side may stand still
 * @param load what is to be run
 */
record BurnDown(String name, Databases databases, Plan plan, Load load) {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  BurnDown with(Load value) {
    return new BurnDown(name, databases, plan, value);
  }

  private Metric rate() {
    return new Metric(name, "tasks/s");
  }

  List<Metric> metrics() {
    return PerTask.of(name).metrics(rate());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    if (load.warmUp() > 0) {
      burn(opener, load.tasks(load.warmUp()).later(0));
    }
    return burn(opener, load);
  }

  private Measurement burn(Side.Opener opener, Load now) throws SQLException, InterruptedException {
    try (Database database = databases.create()) {
      Ledger ledger = new Ledger(now.tasks());
      Side.Setting setting = new Side.Setting(database, now.nodes(), now.payload(), ledger::ran);
      Instant due = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      try (Side filler = opener.open(setting.on(1))) {
        now.scheduleLater(filler);
        filler.schedule(Side.Tasks.until(due, now.tasks()));
      }
      database.settle();
      Optional<Counters> before = database.counters();
      Optional<Counters> after;
      long nanos;
      try (Side side = opener.open(setting)) {
        long begin = System.nanoTime();
        side.start();
        ledger.await(plan.patience());
        awaitDrained(side, due);
        nanos = System.nanoTime() - begin;
        after = database.counters();
      }
      ledger.check();
      double seconds = nanos / (double) TimeUnit.SECONDS.toNanos(1);
      Measurement measurement = new Measurement().with(rate(), now.tasks() / seconds);
      return PerTask.of(name).add(measurement, now.tasks(), database, before, after);
    }
  }

  private void awaitDrained(Side side, Instant due) throws SQLException {
    long begin = System.nanoTime();
    while (!side.isDrained(due)) {
      if (System.nanoTime() - begin > plan.patience().toNanos()) {
        throw new IllegalStateException(
            "all tasks ran, but after " + plan.patience() + " some are still in " + side.table());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
