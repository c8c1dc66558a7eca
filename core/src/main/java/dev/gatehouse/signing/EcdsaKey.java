package dev.gatehouse.signing;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.jspecify.annotations.Nullable;

/**
 * A pair of keys on P-256 ready to sign and verify. BouncyCastle's implementation is faster than
 * the JDK's, which on 17 also refuses good signatures whose point lies beyond the order. That both
 * numbers of a signature lie within their range is checked here as well: there have been
 * implementations that did not (CVE-2022-21449).
 */
final class EcdsaKey implements SignatureKey {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int HALF = EcSignatures.LENGTH / 2;

  private final @Nullable ParametersWithRandom privateKey;
  private final ECPublicKeyParameters publicKey;

  EcdsaKey(EcNumbers numbers) {
    BigInteger scalar = numbers.scalar();
    privateKey =
        scalar == null
            ? null
            : new ParametersWithRandom(
                new ECPrivateKeyParameters(scalar, Curve.P256.domain()), RANDOM);
    publicKey = new ECPublicKeyParameters(numbers.point(), Curve.P256.domain());
  }

  @Override
  public Key.Algorithm algorithm() {
    return Key.Algorithm.ECDSA_P256_SHA256;
  }

  @Override
  public byte[] sign(byte[] message) {
    if (privateKey == null) {
      throw new UnsupportedOperationException("only the public half of the key is known");
    }
    ECDSASigner signer = new ECDSASigner();
    signer.init(true, privateKey);
    BigInteger[] numbers = signer.generateSignature(SignedBytes.sha256(message));
    return ByteBuffer.allocate(EcSignatures.LENGTH)
        .put(Unsigned.bytes(numbers[0], HALF))
        .put(Unsigned.bytes(numbers[1], HALF))
        .array();
  }

  @Override
  public boolean verify(byte[] message, byte[] signature) {
    if (!EcSignatures.isRaw(signature, Curve.P256.order())) {
      return false;
    }
    ECDSASigner verifier = new ECDSASigner();
    verifier.init(false, publicKey);
    return verifier.verifySignature(
        SignedBytes.sha256(message),
        new BigInteger(1, Arrays.copyOf(signature, HALF)),
        new BigInteger(1, Arrays.copyOfRange(signature, HALF, EcSignatures.LENGTH)));
  }

  @Override
  public String toString() {
    return "EcdsaKey[...]";
  }
}
