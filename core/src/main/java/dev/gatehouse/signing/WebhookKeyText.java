package dev.gatehouse.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * The texts in which Standard Webhooks hands keys over, a prefix that tells what it is and Base64:
 * {@code whsec_} and a shared secret of 24..64 bytes for HMAC_SHA256, {@code whpk_} and a public
 * key of ED25519, {@code whsk_} and both halves of such a pair, the private one first. No message
 * holds any of the text. Safe for use by multiple threads.
 */
public final class WebhookKeyText {
  private static final String SECRET = "whsec_";
  private static final String SECRET_KEY = "whsk_";
  private static final String PUBLIC_KEY = "whpk_";
  private static final int MIN_SECRET = 24;
  private static final int MAX_SECRET = 64;
  private static final int HALF = Ed25519Numbers.LENGTH;

  private WebhookKeyText() {}

  /**
   * The key that a text stands for.
   *
   * @throws IllegalArgumentException if it is none of the three, or its halves do not belong
   *     together
   */
  public static KeyMaterial parse(String text) {
    requireNonNull(text, "text");
    if (text.startsWith(SECRET)) {
      byte[] secret = bytes(text, SECRET, MIN_SECRET, MAX_SECRET);
      return KeyMaterial.secret(Key.Algorithm.HMAC_SHA256, secret);
    }
    if (text.startsWith(PUBLIC_KEY)) {
      return publicKey(bytes(text, PUBLIC_KEY, HALF, HALF));
    }
    Check.that(
        text.startsWith(SECRET_KEY), "the text of a key must begin with whsec_, whpk_ or whsk_");
    byte[] both = bytes(text, SECRET_KEY, 2 * HALF, 2 * HALF);
    KeyMaterial pair =
        KeyMaterial.of(Key.Algorithm.ED25519, Ed25519Numbers.ofSeed(Arrays.copyOf(both, HALF)));
    Check.that(
        pair.isSameAs(publicKey(Arrays.copyOfRange(both, HALF, 2 * HALF))),
        "the halves of a key after whsk_ must belong together, did not");
    return pair;
  }

  /** Whether that is how the text of a key with two halves begins, or of its public half. */
  static boolean isPair(String text) {
    return text.startsWith(PUBLIC_KEY) || text.startsWith(SECRET_KEY);
  }

  private static KeyMaterial publicKey(byte[] bytes) {
    return KeyMaterial.of(Key.Algorithm.ED25519, Ed25519Numbers.ofPublic(bytes));
  }

  private static byte[] bytes(String text, String prefix, int min, int max) {
    String encoded = text.substring(prefix.length());
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      // The decoder's message holds a character of the secret.
      bytes = new byte[0];
    }
    Check.that(
        Base64.getEncoder().encodeToString(bytes).equals(encoded),
        "the text of a key must be Base64 after " + prefix);
    Check.range(bytes.length, min, max, "number of bytes after " + prefix);
    return bytes;
  }

  /**
   * The text of a key, which is to be kept secret unless it is a public one.
   *
   * @throws IllegalArgumentException if it is neither of ED25519 nor a secret of 24..64 bytes for
   *     HMAC_SHA256
   */
  public static String of(KeyMaterial key) {
    if (key.algorithm() == Key.Algorithm.HMAC_SHA256) {
      byte[] secret = key.reveal();
      Check.range(secret.length, MIN_SECRET, MAX_SECRET, "number of bytes of a webhook's secret");
      return text(SECRET, secret);
    }
    Check.that(
        key.algorithm() == Key.Algorithm.ED25519,
        "algorithm of a webhook's key must be HMAC_SHA256 or ED25519, was " + key.algorithm());
    JsonNode jwk = Json.parse(key.toJwk().getBytes(UTF_8), "JWK");
    byte[] publicKey = decoded(jwk, "x");
    return key.canSign()
        ? text(
            SECRET_KEY, ByteBuffer.allocate(2 * HALF).put(decoded(jwk, "d")).put(publicKey).array())
        : text(PUBLIC_KEY, publicKey);
  }

  private static byte[] decoded(JsonNode jwk, String member) {
    return Base64.getUrlDecoder().decode(jwk.get(member).asText());
  }

  private static String text(String prefix, byte[] bytes) {
    return prefix + Base64.getEncoder().encodeToString(bytes);
  }
}
