package dev.gatehouse.signing;

import dev.gatehouse.check.Check;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * A secret ready to sign and verify with HMAC: that of the JDK, or with SM3, which the JDK does not
 * have, BouncyCastle's. Finding a provider and setting the key up is done once for each MAC, which
 * only one thread at a time may use; some are kept.
 */
final class HmacKey implements SignatureKey {
  /** A MAC that is set up with the key, and after each use again. */
  private interface Keyed {
    byte[] of(byte[] message);
  }

  private final Key.Algorithm algorithm;
  private final int length;
  private final Pool<Keyed> macs;

  /**
   * A key of that secret.
   *
   * @param algorithm one of those with a shared secret
   * @param secret one byte or more
   */
  HmacKey(Key.Algorithm algorithm, byte[] secret) {
    Check.that(secret.length > 0, "secret must have at least 1 byte, had none");
    this.algorithm = algorithm;
    length = secret.length;
    macs = new Pool<>(maker(algorithm, secret));
  }

  private static Supplier<Keyed> maker(Key.Algorithm algorithm, byte[] secret) {
    return switch (algorithm) {
      case HMAC_SHA256 -> jdks("HmacSHA256", secret);
      case HMAC_SHA1 -> jdks("HmacSHA1", secret);
      case HMAC_SM3 -> {
        KeyParameter key = new KeyParameter(secret);
        yield () -> sm3(key);
      }
      default ->
          throw new IllegalArgumentException(
              "algorithm must be one with a shared secret, was " + algorithm);
    };
  }

  private static Supplier<Keyed> jdks(String name, byte[] secret) {
    SecretKeySpec key = new SecretKeySpec(secret, name);
    return () -> keyed(name, key);
  }

  private static Keyed sm3(KeyParameter key) {
    HMac mac = new HMac(new SM3Digest());
    mac.init(key);
    return message -> {
      byte[] signature = new byte[mac.getMacSize()];
      mac.update(message, 0, message.length);
      mac.doFinal(signature, 0);
      return signature;
    };
  }

  private static Keyed keyed(String name, SecretKeySpec key) {
    try {
      Mac mac = Mac.getInstance(name);
      mac.init(key);
      return mac::doFinal;
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
    Keyed mac = macs.take();
    byte[] signature = mac.of(message);
    macs.give(mac);
    return signature;
  }

  /** Compares in a time that does not depend on where the two differ. */
  @Override
  public boolean verify(byte[] message, byte[] signature) {
    return MessageDigest.isEqual(sign(message), signature);
  }

  /** Without an iterator, as nothing is to be allocated but the MAC. */
  @Override
  public boolean verifyAny(byte[] message, List<byte[]> signatures) {
    byte[] own = sign(message);
    boolean any = false;
    for (int i = 0; i < signatures.size(); i++) {
      any |= MessageDigest.isEqual(own, signatures.get(i));
    }
    return any;
  }

  @Override
  public boolean isShorterThan(int bytes) {
    return length < bytes;
  }

  @Override
  public String toString() {
    return "HmacKey[...]";
  }
}
