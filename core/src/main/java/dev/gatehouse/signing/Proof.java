package dev.gatehouse.signing;

import java.util.Comparator;
import java.util.Set;

/** Bytes and what is claimed to be their signature, by keys of one algorithm or another. */
final class Proof {
  private final byte[] message;
  private final byte[] signature;
  private final Set<Key.Algorithm> algorithms;
  private final boolean withMd5;

  /**
   * Takes both arrays over: they must not change any more.
   *
   * @param algorithms by which the signature may be judged, at least one; which of them it is, the
   *     key alone says
   */
  Proof(byte[] message, byte[] signature, Set<Key.Algorithm> algorithms) {
    this(message, signature, algorithms, false);
  }

  private Proof(byte[] message, byte[] signature, Set<Key.Algorithm> algorithms, boolean withMd5) {
    this.message = message;
    this.signature = signature;
    this.algorithms = algorithms;
    this.withMd5 = withMd5;
  }

  /**
   * A proof by keys of RSA, PKCS#1 v1.5, with MD5 in place of SHA-256. Takes both arrays over: they
   * must not change any more.
   */
  static Proof withMd5(byte[] message, byte[] signature) {
    return new Proof(message, signature, Set.of(Key.Algorithm.RSA_PKCS1_SHA256), true);
  }

  /** Whether keys of the algorithm may judge the signature. */
  boolean mayBeBy(Key.Algorithm algorithm) {
    return algorithms.contains(algorithm);
  }

  /** Whether that key made the signature. */
  boolean isBy(SignatureKey key) {
    if (!algorithms.contains(key.algorithm())) {
      return false;
    }
    return withMd5 ? key.verifyWithMd5(message, signature) : key.verify(message, signature);
  }

  /** Takes as long as {@link #isBy} with a key of one of the algorithms, and is never true. */
  boolean isByNobody() {
    Key.Algorithm claimed = algorithms.stream().min(Comparator.naturalOrder()).orElseThrow();
    return Nobody.key(claimed, signature.length).verify(message, signature);
  }
}
