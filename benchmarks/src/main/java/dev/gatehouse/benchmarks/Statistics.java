package dev.gatehouse.benchmarks;

import java.util.Collection;

/**
 * Median and spread of some numbers. Immutable.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param min the least
 * @param max the greatest
 * @param count how many there are, 1 or more
 */
record Statistics(double median, double min, double max, int count) {
  static Statistics of(Collection<Double> numbers) {
    double[] sorted = numbers.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int count = sorted.length;
    if (count == 0) {
      throw new IllegalArgumentException("numbers must hold 1 or more, held none");
    }
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return new Statistics(median, sorted[0], sorted[count - 1], count);
  }
}
