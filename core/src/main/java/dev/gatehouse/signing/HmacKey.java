package dev.gatehouse.signing;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret ready to sign and verify with HMAC-SHA256. Finding a provider and setting the key up is
 * done once; each use takes a clone of the keyed {@link Mac}, which is not safe to share.
 */
final class HmacKey implements SignatureKey {
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec secret;
  private final Mac keyed;

  HmacKey(byte[] secret) {
    this.secret = new SecretKeySpec(secret, ALGORITHM);
    keyed = keyed();
  }

  @Override
  public Key.Algorithm algorithm() {
    return Key.Algorithm.HMAC_SHA256;
  }

  @Override
  public byte[] sign(byte[] message) {
    Mac mac;
    try {
      mac = (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      mac = keyed();
    }
    return mac.doFinal(message);
  }

  /** Compares in a time that does not depend on where the two differ. */
  @Override
  public boolean verify(byte[] message, byte[] signature) {
    return MessageDigest.isEqual(sign(message), signature);
  }

  private Mac keyed() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
    }
  }

  @Override
  public String toString() {
    return "HmacKey[...]";
  }
}
