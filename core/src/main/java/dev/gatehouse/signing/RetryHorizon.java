package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells how far ahead retries for an application reach, by its retry policy and by what is pending:
 * until when a message that was signed with a key which signs now may still be tried again. The key
 * ring asks it before it takes such a key out of use. Must be safe for use by multiple threads.
 */
@FunctionalInterface
public interface RetryHorizon {
  /** Where nothing is retried. */
  RetryHorizon NONE = (transaction, applicationId, now) -> Duration.ZERO;

  /**
   * How long from now the last retry may take to end, at the longest; zero if there is none.
   *
   * @param transaction within which to look, of the storage that the keys are in
   * @throws dev.gatehouse.error.StorageException if that cannot be found out
   */
  Duration reach(Transaction transaction, long applicationId, Instant now);

  /** All waits of a policy, at their longest. */
  static Duration of(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    Duration total = Duration.ZERO;
    for (int retry = 1; retry <= policy.retries(); retry++) {
      total = total.plus(policy.delayBefore(retry).orElse(Duration.ZERO));
    }
    return total;
  }
}
