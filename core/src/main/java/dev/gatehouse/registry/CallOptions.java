package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Transport;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How services are called. Timeouts and the breaker's delay go by the clock for elapsed time of the
 * options that these are part of ({@link RegistryOptions#nanoTime}); the pauses between attempts,
 * and the delay of a hedge, are waited for. Immutable.
 *
 * @param transport sends the requests; null if none can be sent
 * @param attemptTimeout how long one attempt may take, 1 ms to 1 h
 * @param timeout how long a call may take with all its attempts, 1 ms to 1 h
 * @param attempts the most attempts of a call, 1..10; more than one only of calls that may be
 *     repeated
 * @param backoff the wait before the second attempt, 0 to 1 min; doubled before each further one
 * @param retryBudget the most repetitions, hedges among them, in per cent of the server's calls,
 *     0..100; ten may be saved up
 * @param breaker after so many failures among the last hundred attempts to call a service its calls
 *     fail at once, 1..100. What fails before a request is sent does not count
 * @param breakerDelay for how long they do, before one attempt is made, by which that ends or
 *     begins anew, 1 ms to 1 h
 * @param concurrent the most calls of a service under way at a time, 1..100,000
 */
public record CallOptions(
    @Nullable Transport transport,
    Duration attemptTimeout,
    Duration timeout,
    int attempts,
    Duration backoff,
    int retryBudget,
    int breaker,
    Duration breakerDelay,
    int concurrent) {

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  /**
   * Ten seconds an attempt, thirty a call, three attempts from 50 ms apart, a retry budget of 20
   * per cent, a breaker of 50 failures for 30 s, 256 calls at a time; no transport.
   */
  public static final CallOptions DEFAULT =
      new CallOptions(
          null,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          3,
          Duration.ofMillis(50),
          20,
          50,
          Duration.ofSeconds(30),
          256);

  /** Checks the ranges. */
  public CallOptions {
    Check.range(attemptTimeout, SHORTEST, LONGEST, "attemptTimeout");
    Check.range(timeout, SHORTEST, LONGEST, "timeout");
    Check.range(attempts, 1, 10, "attempts");
    Check.range(backoff, Duration.ZERO, Duration.ofMinutes(1), "backoff");
    Check.range(retryBudget, 0, 100, "retryBudget");
    Check.range(breaker, 1, 100, "breaker");
    Check.range(breakerDelay, SHORTEST, LONGEST, "breakerDelay");
    Check.range(concurrent, 1, 100_000, "concurrent");
  }

  /** These options with that transport. */
  public CallOptions transport(Transport value) {
    return new CallOptions(
        requireNonNull(value, "transport"),
        attemptTimeout,
        timeout,
        attempts,
        backoff,
        retryBudget,
        breaker,
        breakerDelay,
        concurrent);
  }

  /** These options with other timeouts, of an attempt and of a call. */
  public CallOptions timeouts(Duration ofAttempt, Duration ofCall) {
    return new CallOptions(
        transport,
        ofAttempt,
        ofCall,
        attempts,
        backoff,
        retryBudget,
        breaker,
        breakerDelay,
        concurrent);
  }

  /** These options with other retries. */
  public CallOptions retries(int mostAttempts, Duration firstBackoff, int budgetPercent) {
    return new CallOptions(
        transport,
        attemptTimeout,
        timeout,
        mostAttempts,
        firstBackoff,
        budgetPercent,
        breaker,
        breakerDelay,
        concurrent);
  }

  /** These options with another breaker. */
  public CallOptions breaker(int failures, Duration delay) {
    return new CallOptions(
        transport,
        attemptTimeout,
        timeout,
        attempts,
        backoff,
        retryBudget,
        failures,
        delay,
        concurrent);
  }

  /** These options with so many calls of a service at a time. */
  public CallOptions concurrent(int most) {
    return new CallOptions(
        transport,
        attemptTimeout,
        timeout,
        attempts,
        backoff,
        retryBudget,
        breaker,
        breakerDelay,
        most);
  }
}
