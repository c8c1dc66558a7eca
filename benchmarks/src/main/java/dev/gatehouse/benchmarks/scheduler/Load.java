package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.Plan;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Tasks that a measurement has run. Immutable.
 *
 * @param tasks how many are to run
 * @param payload bytes that each carries
 * @param nodes how many nodes share the work
 * @param later how many more lie beside them and are due in a day or later
 * @param warmUp how many run first, on a database of their own, and are not counted
 */
record Load(int tasks, int payload, int nodes, int later, int warmUp) {
  private static final int PAYLOAD = 100;
  private static final Duration LATER = Duration.ofDays(1);

  /** So many tasks of 100 bytes for one node, after a tenth of them to warm up if there is time. */
  static Load of(Plan plan, int quickly, int thoroughly) {
    return new Load(plan.pick(quickly, thoroughly), PAYLOAD, 1, 0, plan.pick(0, thoroughly / 10));
  }

  Load tasks(int value) {
    return new Load(value, payload, nodes, later, warmUp);
  }

  Load payload(int bytes) {
    return new Load(tasks, bytes, nodes, later, warmUp);
  }

  Load nodes(int value) {
    return new Load(tasks, payload, value, later, warmUp);
  }

  Load later(int value) {
    return new Load(tasks, payload, nodes, value, warmUp);
  }

  Load warmUp(int value) {
    return new Load(tasks, payload, nodes, later, value);
  }

  /** Schedules the tasks of later days, a millisecond apart. */
  void scheduleLater(Side side) throws SQLException {
    Instant begin = Instant.now().truncatedTo(ChronoUnit.MILLIS).plus(LATER);
    side.schedule(new Side.Tasks(tasks, tasks + later, index -> begin.plusMillis(index)));
  }
}
