package dev.gatehouse.signing;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A way to turn a request into the bytes that are signed, and to carry the signature in its
 * headers. The schemes are a closed set; a host chooses one. Immutable.
 */
public abstract sealed class Scheme
    permits FateClientScheme,
        FateSiteScheme,
        GithubScheme,
        MessageSignatureScheme,
        SerendipityScheme,
        StandardWebhooksScheme,
        StripeScheme,
        WechatPayScheme {
  Scheme() {}

  /**
   * What the headers claim, well-formed but not proven.
   *
   * @throws dev.gatehouse.error.AuthenticationException with reason {@code MALFORMED}
   */
  abstract Claim read(Request request);

  /** Whether the claimed time is acceptable now. */
  abstract boolean isTimely(Claim claim, Instant now);

  /** Whether what was signed stands for this request's content. */
  abstract boolean covers(Claim claim, Request request);

  /** Until when the nonce of a request accepted now must be remembered; empty if not at all. */
  abstract Optional<Instant> remembersUntil(Instant now);

  /** The headers for a request. */
  abstract SignedHeaders sign(Request request, Signing signing);

  /** What keys must be for, to serve this scheme. */
  Key.Purpose purpose() {
    return Key.Purpose.REQUEST;
  }

  /** By what keys may sign to serve this scheme. */
  Set<Key.Algorithm> algorithms() {
    return Set.of(Key.Algorithm.HMAC_SHA256);
  }

  /** Whether a claim says who signed; if not, a verifier serves one application only. */
  boolean namesParty() {
    return true;
  }

  /** Whom the claim's party names. */
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplicationByKey(claim.party());
  }
}
