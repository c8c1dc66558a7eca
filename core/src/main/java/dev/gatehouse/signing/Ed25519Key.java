package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * A pair of Ed25519 keys ready to sign and verify. BouncyCastle's implementation is many times
 * faster than the JDK's, and refuses a number S that is not below the order.
 */
final class Ed25519Key implements SignatureKey {
  private final byte @Nullable [] seed;
  private final byte[] publicKey;
  private final Ed25519.PublicPoint point;

  Ed25519Key(Ed25519Numbers numbers) {
    seed = numbers.seed();
    publicKey = numbers.publicKey();
    point = requireNonNull(Ed25519.validatePublicKeyFullExport(publicKey, 0), "point");
  }

  @Override
  public Key.Algorithm algorithm() {
    return Key.Algorithm.ED25519;
  }

  @Override
  public byte[] sign(byte[] message) {
    if (seed == null) {
      throw new UnsupportedOperationException("only the public half of the key is known");
    }
    byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
    Ed25519.sign(seed, 0, publicKey, 0, message, 0, message.length, signature, 0);
    return signature;
  }

  @Override
  public boolean verify(byte[] message, byte[] signature) {
    return signature.length == Ed25519.SIGNATURE_SIZE
        && Ed25519.verify(signature, 0, point, message, 0, message.length);
  }

  @Override
  public String toString() {
    return "Ed25519Key[...]";
  }
}
