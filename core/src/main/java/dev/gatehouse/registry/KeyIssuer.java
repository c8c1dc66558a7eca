package dev.gatehouse.registry;

import dev.gatehouse.transaction.Transaction;

/**
 * Gives a new application its first key, and ends the keys of one that is removed, inside the
 * transaction that does the one or the other. Must be safe for use by multiple threads.
 */
@FunctionalInterface
public interface KeyIssuer {
  /**
   * Makes a key, stores it for the application, and returns the secret, which cannot be read again.
   *
   * @param applicationId the id of the application
   * @param appKey the public name of the key
   */
  Secret issue(Transaction transaction, long applicationId, String appKey);

  /**
   * Destroys every key of an application that is being removed. Does nothing by default; then keys
   * outlive their application, and whoever verifies with a key must refuse one whose application
   * the registry does not find. Ids of applications are never given twice.
   */
  default void revoke(Transaction transaction, long applicationId) {}

  /**
   * Whether that is a secret by which the application's requests are proven now, compared in
   * constant time. False by default: then no application can {@linkplain Registry#attachedBy
   * attach}.
   */
  default boolean isSecretOf(Transaction transaction, long applicationId, Secret secret) {
    return false;
  }
}
