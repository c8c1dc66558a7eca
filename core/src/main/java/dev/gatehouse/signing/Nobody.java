package dev.gatehouse.signing;

import java.math.BigInteger;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;

/**
 * Keys that nobody has, for judging the signatures of those who have none: it costs what judging by
 * a real key costs. Each is made when it is first needed.
 */
final class Nobody {
  private static final Map<Kind, SignatureKey> KEYS = new ConcurrentHashMap<>();

  private Nobody() {}

  /**
   * Of what a key is.
   *
   * @param bits of an RSA modulus; 0 with other algorithms
   */
  private record Kind(Key.Algorithm algorithm, int bits) {}

  /**
   * A key of the algorithm.
   *
   * @param length of the signature to be judged, which with RSA tells the length of the key
   */
  static SignatureKey key(Key.Algorithm algorithm, int length) {
    return KEYS.computeIfAbsent(
        new Kind(algorithm, isRsa(algorithm) ? bits(length) : 0), Nobody::newKey);
  }

  private static boolean isRsa(Key.Algorithm algorithm) {
    return RsaKey.ALGORITHMS.contains(algorithm);
  }

  private static int bits(int length) {
    int bits = Math.min(length, RsaNumbers.MAX_BITS) * Byte.SIZE;
    return bits < RsaNumbers.MIN_BITS || bits > RsaNumbers.MAX_BITS ? RsaNumbers.MIN_BITS : bits;
  }

  private static SignatureKey newKey(Kind kind) {
    KeyMaterial material =
        kind.bits() == 0
            ? KeyMaterial.generate(kind.algorithm())
            : KeyMaterial.of(kind.algorithm(), greatestRsa(kind.bits()));
    return material.signatureKey();
  }

  /**
   * The greatest modulus of that length, so that no signature is refused at once which a real key
   * would have to reckon with. Of no use for signing, and as long to reckon with as any.
   */
  private static RsaNumbers greatestRsa(int bits) {
    BigInteger modulus = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
    return RsaNumbers.ofPublic(new RSAPublicKey(modulus, BigInteger.valueOf(65_537)));
  }
}
