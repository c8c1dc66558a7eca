package dev.gatehouse.benchmarks;

import static java.util.Objects.requireNonNull;

/**
 * What one number of a measurement says. Immutable.
 *
 * @param name the case in the report, the same for all subjects
 * @param unit what it counts, such as {@code tasks/s}
 */
public record Metric(String name, String unit) {
  /** Checks that nothing is missing. */
  public Metric {
    requireNonNull(name, "name");
    requireNonNull(unit, "unit");
  }
}
