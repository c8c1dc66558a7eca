package dev.gatehouse.signing;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Request;

/**
 * Verifies that requests come from whom they claim, unaltered and fresh. Safe for use by multiple
 * threads.
 */
public interface Verifier {
  /**
   * Returns only if the request is proven; its nonce is then used up.
   *
   * @param request with the exact bytes of the body as received
   * @throws dev.gatehouse.error.AuthenticationException if it is not proven, with the reason
   * @throws dev.gatehouse.error.StorageException if that could not be found out
   */
  void verify(Request request);

  /**
   * As {@link #verify}, and returns whose request it is. The application is enabled.
   *
   * @throws dev.gatehouse.error.AuthenticationException if it is not proven, with the reason
   * @throws dev.gatehouse.error.StorageException if that could not be found out
   */
  Application authenticate(Request request);
}
