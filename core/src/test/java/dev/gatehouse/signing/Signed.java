package dev.gatehouse.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.time.Instant;
import java.util.List;

/** Requests that were signed, altered in transit, and judged as a verifier does. */
final class Signed {
  static final Instant NOW = Instant.ofEpochSecond(1_700_000_100);
  static final String PARTY = "Kp7vQ2mXc9RtZ4aB";
  static final String NONCE = "aB3dE5fG7hI9jK1L";

  private Signed() {}

  /** The request signed now. */
  static Request by(Scheme scheme, SignatureKey key, Request request) {
    return scheme.sign(request, signing(PARTY, key, NOW, NONCE)).addTo(request);
  }

  /** By one key, whoever's. */
  static Signing signing(String party, SignatureKey key, Instant now, String nonce) {
    return new Signing(party, List.of(ready(1, key)), now, nonce);
  }

  static KeySet.ReadyKey ready(long id, SignatureKey key) {
    Key told =
        new Key(
            id,
            7,
            key.algorithm(),
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            Instant.EPOCH,
            Key.FOREVER);
    return new KeySet.ReadyKey(told, key, true);
  }

  /** Whether the request is well-formed, timely, proven by the key, and covered. */
  static boolean proves(Scheme scheme, SignatureKey key, Request request) {
    return proves(scheme, key, request, NOW);
  }

  static boolean proves(Scheme scheme, SignatureKey key, Request request, Instant now) {
    Claim claim;
    try {
      claim = scheme.read(request);
    } catch (AuthenticationException e) {
      assertThat(e.reason()).isEqualTo(Reason.MALFORMED);
      return false;
    }
    assertThat(claim.proofs()).hasSizeBetween(1, 8);
    assertThat(claim.nonce().length()).isLessThanOrEqualTo(NonceStore.MAX_NONCE);
    return scheme.isTimely(claim, now)
        && claim.proofs().stream().anyMatch(proof -> proof.isBy(key))
        && scheme.covers(claim, request);
  }

  static void assertMalformed(Scheme scheme, Request request) {
    assertThatThrownBy(() -> scheme.read(request))
        .isInstanceOfSatisfying(
            AuthenticationException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MALFORMED));
  }

  static Request with(Request request, String name, String value) {
    return without(request, name).header(name, value);
  }

  static Request without(Request request, String name) {
    List<Headers.Field> rest =
        request.headers().fields().stream()
            .filter(field -> !field.name().equalsIgnoreCase(name))
            .toList();
    return Request.of(request.method(), request.uri())
        .body(request.body())
        .headers(Headers.of(rest));
  }

  static Request at(Request request, String uri) {
    return Request.of(request.method(), URI.create(uri))
        .body(request.body())
        .headers(request.headers());
  }

  static Request by(Request request, String method) {
    return Request.of(method, request.uri()).body(request.body()).headers(request.headers());
  }

  static String header(Request request, String name) {
    return request.headers().first(name).orElseThrow();
  }

  /** The text with that character changed into another of the same kind. */
  static String altered(String text, int at) {
    char c = text.charAt(at);
    char other = c == 'A' ? 'B' : c == '1' ? '2' : Character.isDigit(c) ? '1' : 'A';
    return text.substring(0, at) + other + text.substring(at + 1);
  }
}
