package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * What a node asks of a database that holds no task.
 *
 * @param name the case
 * @param databases gives each measurement its own
 * @param settling how long the node is left alone first
 * @param watched how long it is watched then
 */
record Idleness(String name, Databases databases, Duration settling, Duration watched) {
  private Metric rate() {
    return new Metric(name, "statements/s");
  }

  List<Metric> metrics() {
    return List.of(rate());
  }

  Measurement measure(Side.Opener opener) throws SQLException, InterruptedException {
    try (Database database = databases.create();
        Side side = opener.open(new Side.Setting(database, 1, 100, index -> {}))) {
      side.start();
      Thread.sleep(settling.toMillis());
      Counters before = database.counters().orElseThrow();
      Thread.sleep(watched.toMillis());
      Counters done = database.counters().orElseThrow().since(before);
      return new Measurement().with(rate(), 1_000.0 * done.statements() / watched.toMillis());
    }
  }
}
