package dev.gatehouse.signing;

import java.util.List;
import java.util.Set;

/**
 * Bytes and what is claimed to be their signatures, of which any one is enough, by keys of one
 * algorithm or another.
 */
final class Proof {
  private final byte[] message;
  private final List<byte[]> signatures;
  private final Set<Key.Algorithm> algorithms;
  private final int minSecret;
  private final boolean withMd5;

  /**
   * Takes the arrays over: they must not change any more.
   *
   * @param signatures 1..8
   * @param algorithms by which the signatures may be judged, at least one; which of them it is, the
   *     key alone says
   */
  Proof(byte[] message, List<byte[]> signatures, Set<Key.Algorithm> algorithms) {
    this(message, signatures, algorithms, 0, false);
  }

  /** With one signature. */
  Proof(byte[] message, byte[] signature, Set<Key.Algorithm> algorithms) {
    this(message, List.of(signature), algorithms, 0, false);
  }

  private Proof(
      byte[] message,
      List<byte[]> signatures,
      Set<Key.Algorithm> algorithms,
      int minSecret,
      boolean withMd5) {
    this.message = message;
    this.signatures = List.copyOf(signatures);
    this.algorithms = algorithms;
    this.minSecret = minSecret;
    this.withMd5 = withMd5;
  }

  /**
   * A proof by keys of RSA, PKCS#1 v1.5, with MD5 in place of SHA-256. Takes both arrays over: they
   * must not change any more.
   */
  static Proof withMd5(byte[] message, byte[] signature) {
    return new Proof(message, List.of(signature), Set.of(Key.Algorithm.RSA_PKCS1_SHA256), 0, true);
  }

  /**
   * A proof by shared secrets of a length that a scheme demands: others prove nothing. Takes the
   * arrays over: they must not change any more.
   *
   * @param minSecret in bytes
   */
  static Proof bySecretsOf(
      int minSecret, byte[] message, List<byte[]> signatures, Key.Algorithm algorithm) {
    return new Proof(message, signatures, Set.of(algorithm), minSecret, false);
  }

  /** By which algorithms the signatures may be. */
  Set<Key.Algorithm> algorithms() {
    return algorithms;
  }

  /** Whether that key has work with a signature, and does not see at once that it is none. */
  boolean isWorkFor(SignatureKey key) {
    return isFor(key) && signatures.stream().anyMatch(key::hasForm);
  }

  private boolean isFor(SignatureKey key) {
    return algorithms.contains(key.algorithm()) && !key.isShorterThan(minSecret);
  }

  /** Whether that key made one of the signatures. */
  boolean isBy(SignatureKey key) {
    if (!isFor(key)) {
      return false;
    }
    return withMd5
        ? key.verifyWithMd5(message, signatures.get(0))
        : key.verifyAny(message, signatures);
  }

  /** Takes as long as {@link #isBy} with a key of the algorithm. */
  void judgeInVain(Key.Algorithm algorithm) {
    SignatureKey nobody = Nobody.key(algorithm, signatures.get(0).length);
    if (withMd5) {
      nobody.verifyWithMd5(message, signatures.get(0));
    } else {
      nobody.verifyAny(message, signatures);
    }
  }
}
