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

/**
 * Standard Webhooks 1.0: headers {@code webhook-id}, {@code webhook-timestamp} and {@code
 * webhook-signature}, where id, timestamp and the exact bytes of the body are signed, with full
 * stops between them. A signature is {@code v1,} and HMAC-SHA256, or {@code v1a,} and Ed25519, as
 * the key is; the header may list up to eight, of which any one is enough, and those of other
 * versions are passed over.
 *
 * <p>An id has 1..256 visible ASCII characters other than the full stop; a timestamp may be off by
 * 5 minutes either way. A message is remembered by its id and timestamp together, since a later
 * attempt has the same id and a new timestamp: that a message was delivered before, the receiver
 * must tell by its id.
 *
 * <p>When signing, the request keeps its {@code webhook-id} if it has one; else its {@code
 * Idempotency-Key} becomes the id, so that all attempts have the same, or what begins with {@code
 * msg_} and is drawn anew. There is one signature, by the key that signs: while keys are rotated,
 * the receiver must know both.
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
  private static final int HMAC_LENGTH = 32;
  private static final int ED25519_LENGTH = 64;

  private StandardWebhooksScheme(TimeWindow window) {
    super(window);
  }

  /** With a tolerance of 5 minutes. */
  public static StandardWebhooksScheme create() {
    return new StandardWebhooksScheme(TimeWindow.DEFAULT);
  }

  /**
   * With a tolerance of one's own.
   *
   * @param tolerance how far a timestamp may be off either way: whole seconds, 1 s to 1 hour
   */
  public static StandardWebhooksScheme create(Duration tolerance) {
    return new StandardWebhooksScheme(new TimeWindow(tolerance));
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

  private static List<Proof> proofs(String signatures, byte[] message) {
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
    if (!symmetric.isEmpty()) {
      proofs.add(new Proof(message, symmetric, Set.of(Key.Algorithm.HMAC_SHA256)));
    }
    if (!asymmetric.isEmpty()) {
      proofs.add(new Proof(message, asymmetric, Set.of(Key.Algorithm.ED25519)));
    }
    if (proofs.isEmpty()) {
      throw HeaderReader.malformed(SIGNATURE + " holds none of version v1 or v1a");
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
    byte[] signature = signing.key().sign(message(id, timestamp, request.body()));
    String version = signing.key().algorithm() == Key.Algorithm.ED25519 ? "v1a," : "v1,";
    Headers own = given.first(ID).isPresent() ? Headers.NONE : Headers.of(ID, id);
    return new SignedHeaders(
        own.and(TIMESTAMP, timestamp)
            .and(SIGNATURE, version + Base64.getEncoder().encodeToString(signature)));
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
    return Set.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.ED25519);
  }

  @Override
  public String toString() {
    return "StandardWebhooksScheme";
  }
}
