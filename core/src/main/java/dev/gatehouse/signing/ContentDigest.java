package dev.gatehouse.signing;

import dev.gatehouse.signing.StructuredField.Item;
import dev.gatehouse.signing.StructuredField.Member;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The field {@code Content-Digest}, RFC 9530: digests of a body's exact bytes. Of the algorithms
 * that a field names, {@code sha-256} and {@code sha-512} count; one of them must be there, and
 * what is there must be right. The others are broken or unknown and passed over.
 */
final class ContentDigest {
  static final String FIELD = "Content-Digest";

  private static final String PREFERRED = "sha-256";
  private static final Map<String, String> ALGORITHMS =
      Map.of(PREFERRED, "SHA-256", "sha-512", "SHA-512");

  private final Map<String, byte[]> digests;

  private ContentDigest(Map<String, byte[]> digests) {
    this.digests = digests;
  }

  /**
   * Reads a field.
   *
   * @throws dev.gatehouse.error.AuthenticationException with reason {@code MALFORMED} if it is none
   */
  static ContentDigest parse(String field) {
    Map<String, byte[]> digests = new LinkedHashMap<>();
    for (Map.Entry<String, Member> member :
        StructuredFieldParser.dictionary(field, FIELD).entrySet()) {
      if (!(member.getValue() instanceof Item item && item.value() instanceof byte[] digest)) {
        throw HeaderReader.malformed("field " + FIELD + " holds what is no digest");
      }
      if (ALGORITHMS.containsKey(member.getKey())) {
        digests.put(member.getKey(), digest);
      }
    }
    if (digests.isEmpty()) {
      throw HeaderReader.malformed("field " + FIELD + " holds neither sha-256 nor sha-512");
    }
    return new ContentDigest(digests);
  }

  /** Whether all digests that count are those of the body. */
  boolean matches(byte[] body) {
    return digests.entrySet().stream()
        .allMatch(
            digest ->
                MessageDigest.isEqual(
                    digest.getValue(),
                    SignedBytes.digest(ALGORITHMS.getOrDefault(digest.getKey(), ""), body)));
  }

  /** The field for a body. */
  static String of(byte[] body) {
    byte[] digest = SignedBytes.sha256(body);
    return PREFERRED + "=" + StructuredField.text(new Item(digest, Map.of()));
  }
}
