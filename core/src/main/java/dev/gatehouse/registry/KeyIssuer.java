package dev.gatehouse.registry;

import dev.gatehouse.transaction.Transaction;

/** Gives a new application its first key, inside the transaction that registers it. */
@FunctionalInterface
public interface KeyIssuer {
  /**
   * Makes a key, stores it for the application, and returns the secret, which cannot be read again.
   *
   * @param applicationId the id of the application
   * @param appKey the public name of the key
   */
  Secret issue(Transaction transaction, long applicationId, String appKey);
}
