package dev.gatehouse.scheduler;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.signing.KeyRing;
import dev.gatehouse.signing.RetryHorizon;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How far ahead the retries of an application's tasks reach: of those that have begun, and of those
 * that are due so soon that a node which has not heard of a new key may begin them. What is due
 * later begins with the new key, and does not count. The callback of a task is signed anew at each
 * attempt, so that this is generous where nothing in between keeps the signed message; of paused
 * and parked tasks nobody knows when they go on.
 */
final class PendingRetries implements RetryHorizon {
  private static final int PAGE = 1_000;

  private final TaskStore tasks;

  PendingRetries(TaskStore tasks) {
    this.tasks = tasks;
  }

  @Override
  public Duration reach(Transaction transaction, long applicationId, Instant now) {
    TaskStore joined = tasks.joining(transaction);
    long dueUntil = now.plus(KeyRing.SKEW).toEpochMilli();
    Duration longest = Duration.ZERO;
    List<RetriesAhead> page = joined.retriesAhead(applicationId, dueUntil, "", 0, PAGE);
    while (true) {
      for (RetriesAhead ahead : page) {
        Duration reach = reach(ahead, now.toEpochMilli());
        longest = reach.compareTo(longest) > 0 ? reach : longest;
      }
      if (page.size() < PAGE) {
        return longest;
      }
      RetriesAhead last = page.get(page.size() - 1);
      page = joined.retriesAhead(applicationId, dueUntil, last.retry(), last.failed(), PAGE);
    }
  }

  /** The wait until they are due, and from then on every attempt that is left with its wait. */
  private static Duration reach(RetriesAhead ahead, long nowMillis) {
    Duration timeout = Duration.ofMillis(ahead.timeoutMillis());
    Duration reach = Duration.ofMillis(Math.max(0, ahead.dueMillis() - nowMillis)).plus(timeout);
    RetryPolicy policy = policy(ahead);
    for (int retry = Math.max(1, ahead.failed() + 1); retry <= policy.retries(); retry++) {
      reach = reach.plus(policy.delayBefore(retry).orElse(Duration.ZERO)).plus(timeout);
    }
    return reach;
  }

  private static RetryPolicy policy(RetriesAhead ahead) {
    try {
      return RetryPolicy.parse(ahead.retry());
    } catch (IllegalArgumentException e) {
      throw new StorageException("a pending task has a retry policy of no known form", e);
    }
  }
}
