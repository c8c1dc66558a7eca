package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Measurement;
import dev.gatehouse.benchmarks.Metric;
import dev.gatehouse.benchmarks.database.Counters;
import dev.gatehouse.benchmarks.database.Database;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a task costs the database, where the database counts. Immutable.
 *
 * @param statements run for a task
 * @param commits made for a task
 * @param wal bytes written to the log for a task
 */
record PerTask(Metric statements, Metric commits, Metric wal) {
  static PerTask of(String caseName) {
    return new PerTask(
        new Metric(caseName + " statements per task", "statements"),
        new Metric(caseName + " commits per task", "commits"),
        new Metric(caseName + " wal bytes per task", "bytes"));
  }

  /** Those that come first, then these. */
  List<Metric> metrics(Metric... first) {
    List<Metric> metrics = new ArrayList<>(List.of(first));
    metrics.addAll(List.of(statements, commits, wal));
    return metrics;
  }

  /**
   * Adds what was done for so many tasks.
   *
   * @param database all of whose connections are closed: only then are its commits all counted
   * @param before what was counted when the work began
   * @param after what was counted when the work was done
   */
  Measurement add(
      Measurement measurement,
      int tasks,
      Database database,
      Optional<Counters> before,
      Optional<Counters> after)
      throws SQLException, InterruptedException {
    if (before.isEmpty() || after.isEmpty()) {
      return measurement;
    }
    database.awaitClosed();
    Counters done = after.get().since(before.get());
    long commitsDone = database.counters().orElseThrow().since(before.get()).commits();
    return measurement
        .with(statements, done.statements() / (double) tasks)
        .with(commits, commitsDone / (double) tasks)
        .with(wal, done.walBytes() / (double) tasks);
  }
}
