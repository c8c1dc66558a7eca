package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.transport.Request;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A way to turn a request into the bytes that are signed, and to carry the signature in its
 * headers. The schemes are a closed set; a host chooses one. Immutable.
 */
public abstract sealed class Scheme
    permits FateClientScheme,
        FateSiteScheme,
        MessageSignatureScheme,
        SerendipityScheme,
        WebhookScheme,
        WechatPayScheme {
  private final @Nullable TimeWindow window;

  /** A scheme that does not tell the time, or judges it by a rule of its own. */
  Scheme() {
    window = null;
  }

  /** A scheme whose signatures hold within the window, and whose nonces are remembered so long. */
  Scheme(TimeWindow window) {
    this.window = window;
  }

  /**
   * What the headers claim, well-formed but not proven.
   *
   * @throws dev.gatehouse.error.AuthenticationException with reason {@code MALFORMED}
   */
  abstract Claim read(Request request);

  /** Whether the claimed time is acceptable now. */
  boolean isTimely(Claim claim, Instant now) {
    return (window == null || window.holds(requireNonNull(claim.signedAt()), now))
        && (claim.expiresAt() == null
            || now.getEpochSecond() <= claim.expiresAt().getEpochSecond());
  }

  /** Whether what was signed stands for this request's content, unless that itself was signed. */
  boolean covers(Claim claim, Request request) {
    return true;
  }

  /** Until when the nonce of a request accepted now must be remembered; empty if not at all. */
  Optional<Instant> remembersUntil(Claim claim, Instant now) {
    return Optional.ofNullable(window).map(held -> held.remembersUntil(now));
  }

  /** To what precision a request tells when it was signed. */
  ChronoUnit precision() {
    return ChronoUnit.SECONDS;
  }

  /** The headers for a request. */
  abstract SignedHeaders sign(Request request, Signing signing);

  /** What keys must be for, to sign by this scheme. */
  Key.Purpose signingPurpose() {
    return Key.Purpose.REQUEST;
  }

  /** What keys must be for, to verify by this scheme. */
  Key.Purpose verifyingPurpose() {
    return signingPurpose();
  }

  /** One of the algorithms that a scheme offers. */
  static Set<Key.Algorithm> one(Key.Algorithm algorithm, Set<Key.Algorithm> offered) {
    requireNonNull(algorithm, "algorithm");
    Check.that(
        offered.contains(algorithm),
        "algorithm must be one of " + EnumSet.copyOf(offered) + ", was " + algorithm);
    return Set.of(algorithm);
  }

  /** By what keys may sign to serve this scheme. */
  Set<Key.Algorithm> algorithms() {
    return Set.of(Key.Algorithm.HMAC_SHA256);
  }

  /** Whether a claim says who signed; if not, a verifier serves one application only. */
  boolean namesParty() {
    return true;
  }

  /** This scheme for a verifier of one application alone, whatever its requests call it. */
  Scheme forOnly(Application application) {
    return this;
  }

  /** Whom the claim's party names. */
  Optional<Application> application(Claim claim, Registry registry) {
    return registry.findApplicationByKey(claim.party());
  }
}
