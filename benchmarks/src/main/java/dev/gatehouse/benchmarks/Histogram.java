package dev.gatehouse.benchmarks;

import java.util.Arrays;

/**
 * How the values of many events are spread, in microseconds, and their percentiles. Immutable.
 *
 * <p>Bounds of its classes grow by a factor of 10 in eight steps, from 10 µs to 100 s; what lies
 * beyond is counted in the outermost.
 */
public final class Histogram {
  static final int STEPS = 8;
  static final int CLASSES = 7 * STEPS;
  private static final double FIRST_MICROS = 10;

  private final long[] sorted;

  private Histogram(long[] sorted) {
    this.sorted = sorted;
  }

  /** A histogram of the values, 1 or more. */
  public static Histogram ofMicros(long[] micros) {
    if (micros.length == 0) {
      throw new IllegalArgumentException("micros must hold 1 or more, held none");
    }
    long[] sorted = micros.clone();
    Arrays.sort(sorted);
    return new Histogram(sorted);
  }

  /** Both together. */
  Histogram plus(Histogram other) {
    long[] both = Arrays.copyOf(sorted, sorted.length + other.sorted.length);
    System.arraycopy(other.sorted, 0, both, sorted.length, other.sorted.length);
    return ofMicros(both);
  }

  /**
   * The smallest of the values, in milliseconds, that at least such a share does not exceed.
   *
   * @param share above 0, at most 1
   */
  public double percentileMillis(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share must be above 0, at most 1, was " + share);
    }
    return sorted[(int) Math.ceil(share * sorted.length) - 1] / 1_000.0;
  }

  /** How many values lie below zero. */
  public long negative() {
    return Arrays.stream(sorted).takeWhile(value -> value < 0).count();
  }

  /** How many values lie in each class. */
  long[] counts() {
    long[] counts = new long[CLASSES];
    for (long value : sorted) {
      double steps = Math.floor(Math.log10(Math.max(value, 1) / FIRST_MICROS) * STEPS);
      counts[(int) Math.max(0, Math.min(CLASSES - 1, steps))]++;
    }
    return counts;
  }

  /** The upper bound of a class in microseconds. */
  static double upperMicros(int index) {
    return FIRST_MICROS * Math.pow(10, (index + 1.0) / STEPS);
  }
}
