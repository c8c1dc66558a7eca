package dev.gatehouse.benchmarks;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one measurement found: numbers for some of its case's metrics. Not safe: confine to one
 * thread.
 */
public final class Measurement {
  private final Map<Metric, List<Double>> values = new LinkedHashMap<>();
  private @Nullable Histogram histogram;

  /** A measurement that has found nothing yet. */
  public Measurement() {}

  /** Adds a number; a metric may have several, of parts of the time. */
  public Measurement with(Metric metric, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "value must be a finite number, was " + value + " for " + metric.name());
    }
    values.computeIfAbsent(requireNonNull(metric, "metric"), key -> new ArrayList<>()).add(value);
    return this;
  }

  /** Adds how the values of single events are spread. */
  public Measurement with(Histogram spread) {
    histogram = requireNonNull(spread, "spread");
    return this;
  }

  /** The numbers of each metric, in the order in which they came. */
  public Map<Metric, List<Double>> values() {
    return Collections.unmodifiableMap(values);
  }

  @Nullable Histogram histogram() {
    return histogram;
  }
}
