package dev.gatehouse;

import dev.gatehouse.registry.Registry;
import dev.gatehouse.scheduler.TaskEngine;
import dev.gatehouse.signing.RetryHorizon;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * What is pending, or may soon be by the application's own policy, whichever is longer. Safe for
 * use by multiple threads.
 *
 * @param registry is asked for when it is needed: it is made after the keys
 */
record PolicyHorizon(Storage storage, Supplier<Registry> registry) implements RetryHorizon {
  @Override
  public Duration reach(Transaction transaction, long applicationId, Instant now) {
    Duration pending =
        TaskEngine.pendingRetries(storage.tasks()).reach(transaction, applicationId, now);
    return registry
        .get()
        .joining(transaction)
        .findApplication(applicationId)
        .map(application -> RetryHorizon.of(application.retryPolicy()))
        .filter(policys -> policys.compareTo(pending) > 0)
        .orElse(pending);
  }
}
