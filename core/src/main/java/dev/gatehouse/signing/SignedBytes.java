package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/** What schemes sign, and what a signed message is remembered by. */
final class SignedBytes {
  private SignedBytes() {}

  /** ASCII, the content's bytes, and ASCII again. */
  static byte[] of(String head, byte[] content, String tail) {
    byte[] bytes = new byte[head.length() + content.length + tail.length()];
    put(head, bytes, 0);
    System.arraycopy(content, 0, bytes, head.length(), content.length);
    put(tail, bytes, head.length() + content.length);
    return bytes;
  }

  private static void put(String ascii, byte[] bytes, int at) {
    byte[] encoded = ascii.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(encoded, 0, bytes, at, encoded.length);
  }

  /** A text of visible ASCII that was signed, as a nonce; its hash if it is too long for one. */
  static String nonce(String signed) {
    return signed.length() <= NonceStore.MAX_NONCE
        ? signed
        : hash(signed.getBytes(StandardCharsets.US_ASCII));
  }

  /** SHA-256 in Base64 fit for URLs: 43 characters. */
  static String hash(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(bytes));
  }

  static byte[] sha256(byte[] bytes) {
    return digest("SHA-256", bytes);
  }

  /** The digest by an algorithm that every JDK has: SHA-256, SHA-512 or MD5. */
  static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no " + algorithm, e);
    }
  }

  /**
   * Refuses to sign what has such a header already: with two of them no receiver would take it.
   *
   * @throws IllegalArgumentException naming the header
   */
  static void unsigned(Headers headers, String... names) {
    for (String name : names) {
      requireNone(headers.all(name), name);
    }
  }

  static void requireNone(List<String> values, String name) {
    Check.that(
        values.isEmpty(), () -> "a request to be signed must not have a header " + name + " yet");
  }
}
