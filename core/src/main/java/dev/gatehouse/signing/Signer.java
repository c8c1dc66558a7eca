package dev.gatehouse.signing;

import dev.gatehouse.transport.Request;

/** Signs requests with one party's key. Safe for use by multiple threads. */
@FunctionalInterface
public interface Signer {
  /**
   * Signs the request as it stands. Each call takes the present time and a fresh nonce, so each
   * result serves one sending.
   *
   * @throws dev.gatehouse.error.NotFoundException if the party has no key that signs
   */
  SignedHeaders sign(Request request);
}
