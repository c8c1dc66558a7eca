package dev.gatehouse.signing;

import java.util.List;

/**
 * A key ready to sign and verify by the one algorithm that is its own. Signatures on curves are the
 * two numbers, each of the curve's length, one after the other. Safe for use by multiple threads;
 * its text shows nothing of the key.
 */
interface SignatureKey {
  /** By which it signs. */
  Key.Algorithm algorithm();

  /**
   * The signature of those bytes.
   *
   * @throws UnsupportedOperationException if only the public half is known
   */
  byte[] sign(byte[] message);

  /** Whether this key made the signature; false for whatever is no signature at all. */
  boolean verify(byte[] message, byte[] signature);

  /** Whether this key made one of the signatures; tries each. */
  default boolean verifyAny(byte[] message, List<byte[]> signatures) {
    boolean any = false;
    for (byte[] signature : signatures) {
      any |= verify(message, signature);
    }
    return any;
  }

  /** Whether the signature can only be judged by reckoning; what is not is refused faster. */
  default boolean hasForm(byte[] signature) {
    return true;
  }

  /** Whether this is a shared secret of fewer bytes than that. */
  default boolean isShorterThan(int bytes) {
    return false;
  }

  /**
   * As {@link #verify}, with MD5 in place of the algorithm's own digest; false unless the algorithm
   * is RSA, PKCS#1 v1.5. No key signs so.
   */
  default boolean verifyWithMd5(byte[] message, byte[] signature) {
    return false;
  }
}
