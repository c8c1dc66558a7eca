package dev.gatehouse.signing;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A pair of RSA keys ready to sign and verify. With PKCS#1 v1.5 a signature is good if it decrypts
 * to the one encoding that RFC 8017, 8.2.2, gives for the message: nothing in it is parsed, so that
 * no laxity in parsing can be made use of, and the encoding without NULL is refused too.
 */
final class RsaKey implements SignatureKey {
  private static final byte[] SHA256_INFO =
      HexFormat.of().parseHex("3031300d060960864801650304020105000420");
  private static final int SALT = 32;
  private static final JcaSignatures.Algorithm PKCS1 =
      new JcaSignatures.Algorithm("SHA256withRSA", null);
  private static final JcaSignatures.Algorithm PSS =
      new JcaSignatures.Algorithm(
          "RSASSA-PSS",
          new PSSParameterSpec(
              "SHA-256",
              "MGF1",
              MGF1ParameterSpec.SHA256,
              SALT,
              PSSParameterSpec.TRAILER_FIELD_BC));

  private final Key.Algorithm algorithm;
  private final BigInteger modulus;
  private final BigInteger exponent;
  private final int length;
  private final JcaSignatures jca;

  RsaKey(Key.Algorithm algorithm, RsaNumbers numbers) {
    this.algorithm = algorithm;
    modulus = numbers.modulus();
    exponent = numbers.exponent();
    length = (modulus.bitLength() + Byte.SIZE - 1) / Byte.SIZE;
    jca = JcaSignatures.of(algorithm == Key.Algorithm.RSA_PSS_SHA256 ? PSS : PKCS1, numbers);
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
    if (signature.length != length) {
      return false;
    }
    BigInteger number = new BigInteger(1, signature);
    if (number.compareTo(modulus) >= 0) {
      return false;
    }
    return algorithm == Key.Algorithm.RSA_PSS_SHA256
        ? jca.verify(message, signature)
        : MessageDigest.isEqual(
            encoded(message), Unsigned.bytes(number.modPow(exponent, modulus), length));
  }

  /** EMSA-PKCS1-v1_5, RFC 8017, 9.2. */
  private byte[] encoded(byte[] message) {
    byte[] digest = Sha256.of(message);
    byte[] encoded = new byte[length];
    int information = length - SHA256_INFO.length - digest.length;
    Arrays.fill(encoded, 2, information - 1, (byte) 0xff);
    encoded[1] = 1;
    ByteBuffer.wrap(encoded).position(information).put(SHA256_INFO).put(digest);
    return encoded;
  }

  @Override
  public String toString() {
    return "RsaKey[...]";
  }
}
