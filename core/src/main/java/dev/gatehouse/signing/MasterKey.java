package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key under which all secrets are encrypted at rest, by AES-256 in Galois/Counter Mode. It
 * comes from outside the storage, and stays there: whoever has only the storage can read no secret.
 * Two are equal only as objects, and the text of one shows nothing. Immutable.
 */
public final class MasterKey {
  /** Length in bytes. */
  public static final int LENGTH = 32;

  static final int MARK_LENGTH = 4;

  private final SecretKey key;
  private final byte[] mark;

  private MasterKey(byte[] bytes) {
    key = new SecretKeySpec(bytes, "AES");
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
      byte[] whole = mac.doFinal("gatehouse master key mark".getBytes(StandardCharsets.US_ASCII));
      mark = Arrays.copyOf(whole, MARK_LENGTH);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HmacSHA256", e);
    }
  }

  /** The key of those 32 bytes, which should come from a cryptographic random source. */
  public static MasterKey of(byte[] bytes) {
    requireNonNull(bytes, "master key");
    Check.range(bytes.length, LENGTH, LENGTH, "length of master key");
    return new MasterKey(bytes);
  }

  SecretKey key() {
    return key;
  }

  /** Tells this key from another without telling anything of it. */
  byte[] mark() {
    return mark.clone();
  }

  @Override
  public String toString() {
    return "MasterKey[...]";
  }
}
