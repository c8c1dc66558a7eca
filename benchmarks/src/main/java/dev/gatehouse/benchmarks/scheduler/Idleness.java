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

/**
 * What a node asks of a database that holds no task. It has run one before, to show that it is at
 * work.
 *
 * @param name the case
 * @param databases gives each measurement its own
 * @param plan how long the node is watched
 */
record Idleness(String name, Databases databases, Plan plan) {
  private Metric rate() {
    return new Metric(name, "statements/s");
  }

  List<Metric> metrics() {
    return List.of(rate());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    Ledger ledger = new Ledger(1);
    try (Database database = databases.create();
        Side side = opener.open(new Side.Setting(database, 1, 100, ledger::ran))) {
      side.schedule(Side.Tasks.until(Instant.now().truncatedTo(ChronoUnit.MILLIS), 1));
      side.start();
      ledger.await(plan.patience());
      Thread.sleep(plan.pick(500, 5_000));
      Counters before = database.counters().orElseThrow();
      int millis = plan.pick(2_000, 30_000);
      Thread.sleep(millis);
      Counters done = database.counters().orElseThrow().since(before);
      ledger.check();
      return new Measurement().with(rate(), 1_000.0 * done.statements() / millis);
    }
  }
}
