package dev.gatehouse.benchmarks.scheduler;

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

  /**
   * What is to be run. Immutable.
   *
   * @param tasks how many tasks are due
   * @param payload bytes that each carries
   * @param nodes how many nodes share the work
   * @param later how many tasks lie beside them that are due in a day
   */
  record Load(int tasks, int payload, int nodes, int later) {
    static Load of(int tasks) {
      return new Load(tasks, 100, 1, 0);
    }

    Load tasks(int value) {
      return new Load(value, payload, nodes, later);
    }

    Load payload(int bytes) {
      return new Load(tasks, bytes, nodes, later);
    }

    Load nodes(int value) {
      return new Load(tasks, payload, value, later);
    }

    Load later(int value) {
      return new Load(tasks, payload, nodes, value);
    }
  }

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
    try (Database database = databases.create()) {
      Ledger ledger = new Ledger(load.tasks());
      Side.Setting setting = new Side.Setting(database, load.nodes(), load.payload(), ledger::ran);
      Instant due = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      try (Side filler = opener.open(setting)) {
        filler.schedule(Side.Tasks.at(due, 0, load.tasks()));
        filler.schedule(
            Side.Tasks.at(due.plus(Duration.ofDays(1)), load.tasks(), load.tasks() + load.later()));
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
      Measurement measurement =
          new Measurement()
              .with(rate(), load.tasks() / (nanos / (double) TimeUnit.SECONDS.toNanos(1)));
      return PerTask.of(name).add(measurement, load.tasks(), database, before, after);
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
