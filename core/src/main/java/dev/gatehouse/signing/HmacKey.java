package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret ready to sign and verify with HMAC. Finding a provider and setting the key up is done
 * once for each {@link Mac}, which only one thread at a time may use; some are kept.
 */
final class HmacKey implements SignatureKey {
  private final Key.Algorithm algorithm;
  private final Pool<Mac> macs;

  /**
   * A key of that secret.
   *
   * @param algorithm one of those with a shared secret
   * @param secret one byte or more
   */
  HmacKey(Key.Algorithm algorithm, byte[] secret) {
    Check.that(secret.length > 0, "secret must have at least 1 byte, had none");
    this.algorithm = algorithm;
    String name = name(algorithm);
    SecretKeySpec key = new SecretKeySpec(secret, name);
    macs = new Pool<>(() -> keyed(name, key));
  }

  private static String name(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA256 -> "HmacSHA256";
      case HMAC_SHA1 -> "HmacSHA1";
      default ->
          throw new IllegalArgumentException(
              "algorithm must be one with a shared secret, was " + algorithm);
    };
  }

  private static Mac keyed(String name, SecretKeySpec key) {
    try {
      Mac mac = Mac.getInstance(name);
      mac.init(key);
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("this JDK has no " + name, e);
    }
  }

  @Override
  public Key.Algorithm algorithm() {
    return algorithm;
  }

  @Override
  public byte[] sign(byte[] message) {
    Mac mac = macs.take();
    byte[] signature = mac.doFinal(message);
    macs.give(mac);
    return signature;
  }

  /** Compares in a time that does not depend on where the two differ. */
  @Override
  public boolean verify(byte[] message, byte[] signature) {
    return MessageDigest.isEqual(sign(message), signature);
  }

  @Override
  public boolean verifyAny(byte[] message, List<byte[]> signatures) {
    byte[] own = sign(message);
    boolean any = false;
    for (byte[] signature : signatures) {
      any |= MessageDigest.isEqual(own, signature);
    }
    return any;
  }

  @Override
  public String toString() {
    return "HmacKey[...]";
  }
}
