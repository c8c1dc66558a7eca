package dev.gatehouse.benchmarks.scheduler;

import dev.gatehouse.benchmarks.database.Database;
import java.sql.SQLException;
import java.time.Instant;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * A scheduler that is measured, on one database. Several sides may follow one another on a
 * database; the first makes the tables.
 */
interface Side extends AutoCloseable {
  /** Tasks scheduled in one go. */
  int BATCH = 1_000;

  /** Schedules the tasks of some indexes on this thread, {@link #BATCH} at a time. */
  void schedule(Tasks tasks) throws SQLException;

  /** Schedules each task by itself, in a transaction of the caller's where the side can. */
  void scheduleSingly(Tasks tasks) throws SQLException;

  /** Begins to run tasks, on every node. */
  void start();

  /** Whether the database holds no task, run or not, that was due by then. */
  boolean isDrained(Instant due) throws SQLException;

  /** The table that tasks are in. */
  String table();

  /** Runs no more tasks and closes every connection. */
  @Override
  void close();

  /** Makes a side. */
  @FunctionalInterface
  interface Opener {
    Side open(Setting setting) throws SQLException;
  }

  /**
   * What a side is made for. Immutable.
   *
   * @param database where tasks are kept
   * @param nodes how many instances run tasks
   * @param payload bytes that a task carries
   * @param ran is told the index of each task as it runs
   */
  record Setting(Database database, int nodes, int payload, IntConsumer ran) {
    /** The same with so many nodes. */
    Setting on(int value) {
      return new Setting(database, value, payload, ran);
    }
  }

  /**
   * Tasks to schedule. Immutable.
   *
   * @param from the first index
   * @param until the index after the last
   * @param due when the task of an index is due, in whole milliseconds
   */
  record Tasks(int from, int until, IntFunction<Instant> due) {
    /** Tasks that are all due at that time. */
    static Tasks at(Instant due, int from, int until) {
      return new Tasks(from, until, index -> due);
    }

    /** So many tasks, the last due at that time, and the others a millisecond apart before it. */
    static Tasks until(Instant due, int count) {
      return new Tasks(0, count, index -> due.minusMillis(count - 1L - index));
    }
  }
}
