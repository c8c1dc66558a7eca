package dev.gatehouse.benchmarks;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;

/**
 * Someone who is measured. Immutable.
 *
 * @param name as in the report: {@code gatehouse}, a peer, or a limit
 * @param work measures once, from a clean start
 */
public record Subject(String name, Work work) {
  /** Checks that nothing is missing. */
  public Subject {
    requireNonNull(name, "name");
    requireNonNull(work, "work");
  }

  /** One measurement, which cleans up behind itself. */
  @FunctionalInterface
  public interface Work {
    /**
     * Measures once.
     *
     * @throws IllegalStateException if what was measured did not do its work
     */
    Measurement measure() throws SQLException, InterruptedException;
  }
}
