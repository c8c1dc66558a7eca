package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;

/**
 * What is ahead of those open tasks of an application that have the same policy and have failed
 * equally often. Times are epoch milliseconds. Immutable.
 *
 * @param retry their {@link dev.gatehouse.registry.RetryPolicy#spec()}
 * @param failed how many of their attempts have failed, without crashes
 * @param dueMillis the latest of their due times
 * @param timeoutMillis the longest of their timeouts
 */
public record RetriesAhead(String retry, int failed, long dueMillis, int timeoutMillis) {
  /** Checks that nothing is missing. */
  public RetriesAhead {
    requireNonNull(retry, "retry");
    Check.range(timeoutMillis, 1, 3_600_000, "timeoutMillis");
  }
}
