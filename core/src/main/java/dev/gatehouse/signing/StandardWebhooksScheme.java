package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Standard Webhooks 1.0: headers {@code webhook-id}, {@code webhook-timestamp} and {@code
 * webhook-signature}, where id, timestamp and the exact bytes of the body are signed, with full
 * stops between them. A signature is {@code v1,} and HMAC-SHA256, or {@code v1a,} and Ed25519, as
 * the key is, a secret of at least 24 bytes; the header may list up to eight, of which any one is
 * enough, and those of other versions are passed over.
 *
 * <p>An id has 1..256 visible ASCII characters other than the full stop; a timestamp may be off by
 * 5 minutes either way. A message is remembered by its id and timestamp together, since a later
 * attempt has the same id and a new timestamp: that a message was delivered before, the receiver
 * must tell by its id.
 *
 * <p>When signing, the request keeps its {@code webhook-id} if it has one; else its {@code
 * Idempotency-Key} becomes the id, so that all attempts have the same, or what begins with {@code
 * msg_} and is drawn anew. There is one signature by the key that signs, and one by each that did
 * before and is left to verify: while keys are rotated, the receiver may know either.
 *
 * <p>The headers do not tell who signed: see {@link Verifier#from}. A key must not serve another
 * style of webhooks besides, or what is signed for the one could be taken for the other. Immutable.
 *
 * @see <a
 *     href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">The
 *     specification</a>
 */
public final class StandardWebhooksScheme extends WebhookScheme {
  private static final String ID = "webhook-id";
  private static final String TIMESTAMP = "webhook-timestamp";
  private static final String SIGNATURE = "webhook-signature";
  private static final int MAX_ID = 256;
  private static final int MAX_SIGNATURES = 8;

  /** The specification's shortest secret. */
  private static final int MIN_SECRET = 24;

  private static final int HMAC_LENGTH = 32;
  private static final int ED25519_LENGTH = 64;

  private static final Set<Key.Algorithm> ALGORITHMS =
      Set.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.ED25519);

  private final TimeWindow window;
  private final Set<Key.Algorithm> algorithms;

  private StandardWebhooksScheme(TimeWindow window, Set<Key.Algorithm> algorithms) {
    super(window);
    this.window = window;
    this.algorithms = algorithms;
  }

  /** With a tolerance of 5 minutes. */
  public static StandardWebhooksScheme create() {
    return new StandardWebhooksScheme(TimeWindow.DEFAULT, ALGORITHMS);
  }

  /**
   * With a tolerance of one's own.
   *
   * @param tolerance how far a timestamp may be off either way: whole seconds, 1 s to 1 hour
   */
  public static StandardWebhooksScheme create(Duration tolerance) {
    return new StandardWebhooksScheme(new TimeWindow(tolerance), ALGORITHMS);
  }

  /**
   * This scheme in one version, by which it signs and verifies: {@code v1} with {@link
   * Key.Algorithm#HMAC_SHA256}, {@code v1a} with {@link Key.Algorithm#ED25519}.
   */
  public StandardWebhooksScheme only(Key.Algorithm algorithm) {
    return new StandardWebhooksScheme(window, one(algorithm, ALGORITHMS));
  }

  @Override
  Claim read(Request request) {
    Headers headers = request.headers();
    String id = HeaderReader.single(headers, ID);
    if (!isId(id)) {
      throw HeaderReader.malformed("header " + ID + " is not 1..256 visible characters but '.'");
    }
    String timestamp = HeaderReader.single(headers, TIMESTAMP);
    Instant signedAt = HeaderReader.seconds(timestamp, TIMESTAMP);
    byte[] message = message(id, timestamp, request.body());
    List<Proof> proofs = proofs(HeaderReader.single(headers, SIGNATURE), message);
    return new Claim("", signedAt, SignedBytes.nonce(id + "." + timestamp), "", proofs);
  }

  private static boolean isId(String id) {
    return HeaderReader.isVisible(id, MAX_ID) && id.indexOf('.') < 0;
  }

  private List<Proof> proofs(String signatures, byte[] message) {
    String[] entries = signatures.split(" ", MAX_SIGNATURES + 1);
    if (entries.length > MAX_SIGNATURES) {
      throw HeaderReader.malformed(SIGNATURE + " lists more than " + MAX_SIGNATURES);
    }
    List<byte[]> symmetric = new ArrayList<>(1);
    List<byte[]> asymmetric = new ArrayList<>(1);
    for (String entry : entries) {
      int comma = entry.indexOf(',');
      if (comma < 1) {
        throw HeaderReader.malformed(SIGNATURE + " holds what is no version and signature");
      }
      String value = entry.substring(comma + 1);
      switch (entry.substring(0, comma)) {
        case "v1" -> symmetric.add(signature(value, HMAC_LENGTH));
        case "v1a" -> asymmetric.add(signature(value, ED25519_LENGTH));
        default -> {}
      }
    }
    List<Proof> proofs = new ArrayList<>(2);
    if (!symmetric.isEmpty() && algorithms.contains(Key.Algorithm.HMAC_SHA256)) {
      proofs.add(Proof.bySecretsOf(MIN_SECRET, message, symmetric, Key.Algorithm.HMAC_SHA256));
    }
    if (!asymmetric.isEmpty() && algorithms.contains(Key.Algorithm.ED25519)) {
      proofs.add(new Proof(message, asymmetric, Set.of(Key.Algorithm.ED25519)));
    }
    if (proofs.isEmpty()) {
      throw HeaderReader.malformed(SIGNATURE + " holds none of a version that is taken");
    }
    return proofs;
  }

  private static byte[] signature(String value, int length) {
    byte[] signature = HeaderReader.base64(value, SIGNATURE);
    if (signature.length != length) {
      throw HeaderReader.malformed(SIGNATURE + " holds one that is not of " + length + " bytes");
    }
    return signature;
  }

  private static byte[] message(String id, String timestamp, byte[] body) {
    return SignedBytes.of(id + "." + timestamp + ".", body, "");
  }

  @Override
  SignedHeaders sign(Request request, Signing signing) {
    Headers given = request.headers();
    SignedBytes.unsigned(given, TIMESTAMP, SIGNATURE);
    String id = id(given, signing);
    String timestamp = Long.toString(signing.now().getEpochSecond());
    byte[] message = message(id, timestamp, request.body());
    String signatures =
        signing.keys().stream()
            .map(ready -> signature(ready.signature(), message))
            .collect(Collectors.joining(" "));
    Headers own = given.first(ID).isPresent() ? Headers.NONE : Headers.of(ID, id);
    return new SignedHeaders(own.and(TIMESTAMP, timestamp).and(SIGNATURE, signatures));
  }

  private static String signature(SignatureKey key, byte[] message) {
    Check.that(
        !key.isShorterThan(MIN_SECRET),
        "secret must have at least " + MIN_SECRET + " bytes to sign webhooks by this scheme");
    String version = key.algorithm() == Key.Algorithm.ED25519 ? "v1a," : "v1,";
    return version + Base64.getEncoder().encodeToString(key.sign(message));
  }

  private static String id(Headers given, Signing signing) {
    List<String> own = given.all(ID);
    if (!own.isEmpty()) {
      Check.that(
          own.size() == 1 && isId(own.get(0)),
          "header " + ID + " must occur once, with 1..256 visible characters but '.'");
      return own.get(0);
    }
    return given
        .first("Idempotency-Key")
        .map(key -> isId(key) ? key : made(key))
        .orElse("msg_" + signing.nonce());
  }

  /** The same id for the same key. */
  private static String made(String idempotencyKey) {
    return "msg_" + SignedBytes.hash(idempotencyKey.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  Set<Key.Algorithm> algorithms() {
    return algorithms;
  }

  @Override
  public String toString() {
    return "StandardWebhooksScheme";
  }
}
