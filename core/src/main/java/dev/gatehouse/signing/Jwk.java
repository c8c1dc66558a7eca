package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import java.math.BigInteger;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Members of JSON Web Keys, RFC 7517 and 7518. Bytes have one spelling: Base64url without padding
 * and without loose bits. No message repeats a member's value.
 */
final class Jwk {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private Jwk() {}

  static String text(JsonNode jwk, String name) {
    @Nullable JsonNode value = jwk.get(name);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("JWK must have a text " + name + ", had none");
    }
    return value.textValue();
  }

  static byte[] bytes(JsonNode jwk, String name) {
    String text = text(jwk, name);
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (ENCODER.encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw notBase64(name);
    }
    throw notBase64(name);
  }

  private static IllegalArgumentException notBase64(String name) {
    return new IllegalArgumentException(
        name + " of the JWK must be Base64url without padding, was not");
  }

  static byte[] bytes(JsonNode jwk, String name, int length) {
    byte[] bytes = bytes(jwk, name);
    Check.range(bytes.length, length, length, "length of " + name + " of the JWK");
    return bytes;
  }

  /** A number from 1 on, in as few bytes as it takes. */
  static BigInteger number(JsonNode jwk, String name) {
    byte[] bytes = bytes(jwk, name);
    Check.that(
        bytes.length > 0 && bytes[0] != 0,
        name + " of the JWK must be a number from 1 on without leading zeros");
    Check.range(bytes.length, 1, RsaNumbers.MAX_BITS / Byte.SIZE, "length of " + name);
    return new BigInteger(1, bytes);
  }

  static void put(ObjectNode jwk, String name, byte[] bytes) {
    jwk.put(name, ENCODER.encodeToString(bytes));
  }
}
