package dev.gatehouse.registry;

import java.time.Duration;
import java.util.Optional;

/**
 * When a failed task is tried again. {@link #linear} is Serendipity-job's rule, {@link
 * #exponential} the one for receivers that may be down for long. Every wait counts from the end of
 * the attempt that failed, and one attempt precedes the retries.
 *
 * <p>Jitter spreads the retries of tasks that failed together: with a jitter of <i>p</i> percent a
 * wait is drawn evenly from {@code (100 - p)..100} percent of its rule, so it never exceeds the
 * rule. 100 is what is known as full jitter, 50 as equal jitter. What is drawn is a function of a
 * seed and the retry's number alone, so that it can be foretold. Immutable.
 */
public sealed interface RetryPolicy permits LinearRetry, ExponentialRetry {
  /** Five retries, 5, 10, 15, 20 and 25 seconds after the attempt before. */
  RetryPolicy DEFAULT = linear(Duration.ofSeconds(5), 5);

  /** One attempt, no retry. */
  RetryPolicy NONE = linear(Duration.ZERO, 0);

  /**
   * Waits of step, 2 * step, 3 * step and so on, none above an hour, without jitter.
   *
   * @param step 0..3600 whole seconds
   * @param retries 0..10
   */
  static LinearRetry linear(Duration step, int retries) {
    return new LinearRetry(step, retries, 0);
  }

  /**
   * Waits of first, 2 * first, 4 * first and so on, none above max, with a jitter of 50 percent.
   *
   * @param first 1 ms to 1 h, whole milliseconds
   * @param max first to 24 h, whole milliseconds
   * @param retries 0..50
   */
  static ExponentialRetry exponential(Duration first, Duration max, int retries) {
    return new ExponentialRetry(first, 2, max, retries, 50);
  }

  /** How many retries follow the first attempt. */
  int retries();

  /** By how much a wait may be shortened at the most, 0..100 percent. */
  int jitterPercent();

  /**
   * This policy with that jitter.
   *
   * @param percent 0..100; 0 for none
   */
  RetryPolicy jitter(int percent);

  /**
   * The longest wait before a retry: that without jitter.
   *
   * @param retry 1 for the first retry
   * @return empty if no such retry is due any more
   */
  Optional<Duration> delayBefore(int retry);

  /**
   * The wait before a retry, shortened by the jitter that the seed and the retry's number stand
   * for. The scheduler's seed is the task's id.
   *
   * @param retry 1 for the first retry
   * @return whole milliseconds; empty if no such retry is due any more
   */
  Optional<Duration> delayBefore(int retry, long seed);

  /**
   * The text in which stores keep a policy, at most 32 characters: {@code
   * linear:STEP_SECONDS:RETRIES} with {@code :JITTER_PERCENT} if there is any, or {@code
   * exp:FIRST_MILLIS:FACTOR:MAX_MILLIS:RETRIES:JITTER_PERCENT}.
   */
  String spec();

  /**
   * The policy behind a {@link #spec()}.
   *
   * @throws IllegalArgumentException if the text is not one, or a figure in it out of range
   */
  static RetryPolicy parse(String spec) {
    return RetrySpec.parse(spec);
  }
}
