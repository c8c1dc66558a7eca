package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When a failed task is tried again. The linear rule is Serendipity-job's: the wait before retry
 * <i>n</i> = 1, 2, ... is {@code min(3600 s, step * n)} after the attempt ended, and {@code
 * retries} retries follow the first attempt. Immutable.
 *
 * @param step 0..3600 whole seconds
 * @param retries 0..10
 */
public record RetryPolicy(Duration step, int retries) {
  /** Five retries, 5, 10, 15, 20 and 25 seconds after the attempt before. */
  public static final RetryPolicy DEFAULT = linear(Duration.ofSeconds(5), 5);

  /** One attempt, no retry. */
  public static final RetryPolicy NONE = linear(Duration.ZERO, 0);

  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Pattern SPEC = Pattern.compile("linear:([0-9]{1,4}):([0-9]{1,2})");

  /** Checks step and retries. */
  public RetryPolicy {
    requireNonNull(step, "step");
    Check.range(step, Duration.ZERO, Duration.ofHours(1), "step");
    Check.that(step.toNanosPart() == 0, "step must be whole seconds, was " + step);
    Check.range(retries, 0, 10, "retries");
  }

  /** Waits of step, 2 * step, 3 * step and so on, none above an hour. */
  public static RetryPolicy linear(Duration step, int retries) {
    return new RetryPolicy(step, retries);
  }

  /**
   * The wait before a retry, counted from the end of the attempt that failed.
   *
   * @param retry 1 for the first retry
   * @return empty if no such retry is due any more
   */
  public Optional<Duration> delayBefore(int retry) {
    Check.range(retry, 1, Integer.MAX_VALUE, "retry");
    if (retry > retries) {
      return Optional.empty();
    }
    Duration delay = step.multipliedBy(retry);
    return Optional.of(delay.compareTo(LONGEST) > 0 ? LONGEST : delay);
  }

  /** The text in which stores keep a policy: {@code linear:STEP_SECONDS:RETRIES}. */
  public String spec() {
    return "linear:" + step.toSeconds() + ":" + retries;
  }

  /** The policy behind a {@link #spec()}. */
  public static RetryPolicy parse(String spec) {
    Matcher matcher = SPEC.matcher(requireNonNull(spec, "spec"));
    Check.that(
        matcher.matches(), "retry policy must match " + SPEC + ", was '" + Check.shown(spec) + "'");
    return linear(
        Duration.ofSeconds(Long.parseLong(matcher.group(1))), Integer.parseInt(matcher.group(2)));
  }
}
