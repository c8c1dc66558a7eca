package dev.gatehouse.signing;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.jspecify.annotations.Nullable;

/**
 * A pair of SM2 keys ready to sign and verify what stands after the digest of user id, curve and
 * public key (GB/T 32918.2). That digest costs a multiplication on the curve, so signers that have
 * made it are kept.
 */
final class Sm2Key implements SignatureKey {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final @Nullable Pool<SM2Signer> signing;
  private final Pool<SM2Signer> verifying;

  Sm2Key(EcNumbers numbers, String userId) {
    byte[] id = userId.getBytes(StandardCharsets.UTF_8);
    BigInteger scalar = numbers.scalar();
    ECPublicKeyParameters publicKey =
        new ECPublicKeyParameters(numbers.point(), Curve.SM2.domain());
    verifying = new Pool<>(() -> verifier(publicKey, id));
    if (scalar == null) {
      signing = null;
    } else {
      ECPrivateKeyParameters privateKey = new ECPrivateKeyParameters(scalar, Curve.SM2.domain());
      signing = new Pool<>(() -> signer(privateKey, id));
    }
  }

  private static SM2Signer signer(ECPrivateKeyParameters key, byte[] id) {
    SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
    signer.init(true, new ParametersWithID(new ParametersWithRandom(key, RANDOM), id));
    return signer;
  }

  private static SM2Signer verifier(ECPublicKeyParameters key, byte[] id) {
    SM2Signer verifier = new SM2Signer(PlainDSAEncoding.INSTANCE);
    verifier.init(false, new ParametersWithID(key, id));
    return verifier;
  }

  @Override
  public Key.Algorithm algorithm() {
    return Key.Algorithm.SM2_SM3;
  }

  @Override
  public byte[] sign(byte[] message) {
    if (signing == null) {
      throw new UnsupportedOperationException("only the public half of the key is known");
    }
    SM2Signer signer = signing.take();
    signer.update(message, 0, message.length);
    try {
      byte[] signature = signer.generateSignature();
      signing.give(signer);
      return signature;
    } catch (CryptoException e) {
      throw new IllegalStateException("SM2 could not sign", e);
    }
  }

  @Override
  public boolean verify(byte[] message, byte[] signature) {
    if (!EcSignatures.isRaw(signature, Curve.SM2.order())) {
      return false;
    }
    SM2Signer verifier = verifying.take();
    verifier.update(message, 0, message.length);
    boolean verified = verifier.verifySignature(signature);
    verifying.give(verifier);
    return verified;
  }

  @Override
  public String toString() {
    return "Sm2Key[...]";
  }
}
