package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.Optional;

/**
 * Waits that grow by a step: {@code min(3600 s, step * n)} before retry <i>n</i> = 1, 2, and so on.
 * Immutable.
 *
 * @param step 0..3600 whole seconds
 * @param retries 0..10
 * @param jitterPercent 0..100
 */
public record LinearRetry(Duration step, int retries, int jitterPercent) implements RetryPolicy {
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Checks that each figure is within its range. */
  public LinearRetry {
    requireNonNull(step, "step");
    Check.range(step, Duration.ZERO, LONGEST, "step");
    Check.that(step.toNanosPart() == 0, "step must be whole seconds, was " + step);
    Check.range(retries, 0, 10, "retries");
    Check.range(jitterPercent, 0, 100, "jitterPercent");
  }

  @Override
  public LinearRetry jitter(int percent) {
    return new LinearRetry(step, retries, percent);
  }

  @Override
  public Optional<Duration> delayBefore(int retry) {
    Check.range(retry, 1, Integer.MAX_VALUE, "retry");
    if (retry > retries) {
      return Optional.empty();
    }
    Duration delay = step.multipliedBy(retry);
    return Optional.of(delay.compareTo(LONGEST) > 0 ? LONGEST : delay);
  }

  @Override
  public Optional<Duration> delayBefore(int retry, long seed) {
    return delayBefore(retry).map(delay -> Jitter.shorten(delay, jitterPercent, seed, retry));
  }

  @Override
  public String spec() {
    String spec = "linear:" + step.toSeconds() + ":" + retries;
    return jitterPercent == 0 ? spec : spec + ":" + jitterPercent;
  }
}
