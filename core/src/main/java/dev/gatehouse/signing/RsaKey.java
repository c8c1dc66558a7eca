package dev.gatehouse.signing;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * A pair of RSA keys ready to sign and verify. With PKCS#1 v1.5 a signature is good if it decrypts
 * to the one encoding that RFC 8017, 8.2.2, gives for the message: nothing in it is parsed, so that
 * no laxity in parsing can be made use of, and the encoding without NULL is refused too.
 */
final class RsaKey implements SignatureKey {
  private static final byte[] SHA256_INFO =
      HexFormat.of().parseHex("3031300d060960864801650304020105000420");
  private static final byte[] MD5_INFO =
      HexFormat.of().parseHex("3020300c06082a864886f70d020505000410");

  static final Set<Key.Algorithm> ALGORITHMS =
      EnumSet.of(
          Key.Algorithm.RSA_PKCS1_SHA256,
          Key.Algorithm.RSA_PSS_SHA256,
          Key.Algorithm.RSA_PSS_SHA512);

  private final Key.Algorithm algorithm;
  private final BigInteger modulus;
  private final BigInteger exponent;
  private final int length;
  private final JcaSignatures jca;

  /**
   * A key.
   *
   * @param saltLength in bytes, with PSS
   */
  RsaKey(Key.Algorithm algorithm, RsaNumbers numbers, int saltLength) {
    this.algorithm = algorithm;
    modulus = numbers.modulus();
    exponent = numbers.exponent();
    length = (modulus.bitLength() + Byte.SIZE - 1) / Byte.SIZE;
    jca = JcaSignatures.of(jcas(algorithm, saltLength), numbers);
  }

  /** The JDK's name and parameters of an algorithm of RSA. */
  private static JcaSignatures.Algorithm jcas(Key.Algorithm algorithm, int saltLength) {
    return switch (algorithm) {
      case RSA_PKCS1_SHA256 -> new JcaSignatures.Algorithm("SHA256withRSA", null);
      case RSA_PSS_SHA256 -> pss(MGF1ParameterSpec.SHA256, saltLength);
      case RSA_PSS_SHA512 -> pss(MGF1ParameterSpec.SHA512, saltLength);
      default ->
          throw new IllegalArgumentException("algorithm must be one of RSA, was " + algorithm);
    };
  }

  /** The salt of an algorithm, in bytes, unless a key says otherwise: as long as its digest. */
  static int saltLength(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case RSA_PSS_SHA256 -> 32;
      case RSA_PSS_SHA512 -> 64;
      default -> 0;
    };
  }

  private static JcaSignatures.Algorithm pss(MGF1ParameterSpec mask, int salt) {
    return new JcaSignatures.Algorithm(
        "RSASSA-PSS",
        new PSSParameterSpec(
            mask.getDigestAlgorithm(), "MGF1", mask, salt, PSSParameterSpec.TRAILER_FIELD_BC));
  }

  @Override
  public Key.Algorithm algorithm() {
    return algorithm;
  }

  @Override
  public byte[] sign(byte[] message) {
    return jca.sign(message);
  }

  @Override
  public boolean verify(byte[] message, byte[] signature) {
    if (algorithm != Key.Algorithm.RSA_PKCS1_SHA256) {
      return hasForm(signature) && jca.verify(message, signature);
    }
    return hasForm(signature) && opens(signature, SHA256_INFO, SignedBytes.sha256(message));
  }

  @Override
  public boolean verifyWithMd5(byte[] message, byte[] signature) {
    return algorithm == Key.Algorithm.RSA_PKCS1_SHA256
        && hasForm(signature)
        && opens(signature, MD5_INFO, SignedBytes.digest("MD5", message));
  }

  /** Whether it is a number below the modulus, as long as that. */
  @Override
  public boolean hasForm(byte[] signature) {
    return signature.length == length && new BigInteger(1, signature).compareTo(modulus) < 0;
  }

  /** Whether the signature decrypts to the encoding of that digest. */
  private boolean opens(byte[] signature, byte[] information, byte[] digest) {
    BigInteger opened = new BigInteger(1, signature).modPow(exponent, modulus);
    return MessageDigest.isEqual(encoded(information, digest), Unsigned.bytes(opened, length));
  }

  /** EMSA-PKCS1-v1_5, RFC 8017, 9.2. */
  private byte[] encoded(byte[] information, byte[] digest) {
    byte[] encoded = new byte[length];
    int start = length - information.length - digest.length;
    Arrays.fill(encoded, 2, start - 1, (byte) 0xff);
    encoded[1] = 1;
    ByteBuffer.wrap(encoded).position(start).put(information).put(digest);
    return encoded;
  }

  @Override
  public String toString() {
    return "RsaKey[...]";
  }
}
