package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Waits that grow by a factor: {@code min(max, first * factor^(n-1))} before retry <i>n</i> = 1, 2,
 * and so on, cut to milliseconds. Immutable.
 *
 * @param first 1 ms to 1 h, whole milliseconds
 * @param factor 1.0..10.0, in whole tenths
 * @param max first to 24 h, whole milliseconds
 * @param retries 0..50
 * @param jitterPercent 0..100
 */
public record ExponentialRetry(
    Duration first, double factor, Duration max, int retries, int jitterPercent)
    implements RetryPolicy {

  /** Checks that each figure is within its range. */
  public ExponentialRetry {
    Check.range(first, Duration.ofMillis(1), Duration.ofHours(1), "first");
    requireMillis(first, "first");
    Check.that(factor >= 1 && factor <= 10, "factor must be in 1.0..10.0, was " + factor);
    Check.that(
        Math.rint(factor * 10) / 10 == factor, "factor must be in whole tenths, was " + factor);
    Check.range(requireNonNull(max, "max"), first, Duration.ofHours(24), "max");
    requireMillis(max, "max");
    Check.range(retries, 0, 50, "retries");
    Check.range(jitterPercent, 0, 100, "jitterPercent");
  }

  private static void requireMillis(Duration value, String name) {
    Check.that(
        value.toNanosPart() % TimeUnit.MILLISECONDS.toNanos(1) == 0,
        name + " must be whole milliseconds, was " + value);
  }

  /**
   * This policy with that factor. The stock one is 2.
   *
   * @param value 1.0..10.0, in whole tenths
   */
  public ExponentialRetry factor(double value) {
    return new ExponentialRetry(first, value, max, retries, jitterPercent);
  }

  @Override
  public ExponentialRetry jitter(int percent) {
    return new ExponentialRetry(first, factor, max, retries, percent);
  }

  @Override
  public Optional<Duration> delayBefore(int retry) {
    Check.range(retry, 1, Integer.MAX_VALUE, "retry");
    if (retry > retries) {
      return Optional.empty();
    }
    long millis = (long) (first.toMillis() * Math.pow(factor, retry - 1.0));
    return Optional.of(Duration.ofMillis(Math.min(max.toMillis(), millis)));
  }

  @Override
  public Optional<Duration> delayBefore(int retry, long seed) {
    return delayBefore(retry).map(delay -> Jitter.shorten(delay, jitterPercent, seed, retry));
  }

  @Override
  public String spec() {
    String decimal = Double.toString(factor);
    String shortest = decimal.endsWith(".0") ? decimal.substring(0, decimal.length() - 2) : decimal;
    return String.join(
        ":",
        "exp",
        Long.toString(first.toMillis()),
        shortest,
        Long.toString(max.toMillis()),
        Integer.toString(retries),
        Integer.toString(jitterPercent));
  }
}
