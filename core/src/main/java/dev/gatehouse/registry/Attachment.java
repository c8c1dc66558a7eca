package dev.gatehouse.registry;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.transaction.Transaction;

/** By which an application proves what it registers. Its text shows no secret. */
record Attachment(String appKey, Secret secret) {
  /**
   * The id of the application. Whether it is unknown, not enabled or has another secret, the answer
   * is the same.
   *
   * @throws AuthenticationException if it is not proven
   */
  long requireProven(Transaction transaction, RegistryStore rows, KeyIssuer keys) {
    Application application =
        rows.findApplicationByKey(appKey)
            .filter(one -> one.status() == Application.Status.ENABLED)
            .orElse(null);
    if (application == null || !keys.isSecretOf(transaction, application.id(), secret)) {
      throw new AuthenticationException(
          AuthenticationException.Reason.SIGNATURE, "the application's key or secret is not valid");
    }
    return application.id();
  }

  /** Throws if the server is not that application's. */
  static void requireOwner(Server server, long applicationId) {
    if (server.owner().orElse(0) != applicationId) {
      throw new DeniedException("server '" + server.name() + "' is not the application's");
    }
  }
}
