package dev.gatehouse.benchmarks.database;

/**
 * What a database server has done. Immutable.
 *
 * @param statements run in the database, without those that begin and end transactions
 * @param commits of the database; exact after {@link Database#awaitClosed}
 * @param walBytes written to the log by the whole server
 */
public record Counters(long statements, long commits, long walBytes) {
  /** What was done since. */
  public Counters since(Counters before) {
    return new Counters(
        statements - before.statements, commits - before.commits, walBytes - before.walBytes);
  }
}
