package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

  /** Most keys that one key can replace. */
  public static final int MAX_REPLACED = 8;

  static final int MARK_LENGTH = 4;

  private final SecretKey key;
  private final byte[] mark;

  private final List<MasterKey> replaced;

  private final boolean readsClear;

  private MasterKey(SecretKey key, byte[] mark, List<MasterKey> replaced, boolean readsClear) {
    this.key = key;
    this.mark = mark;
    this.replaced = List.copyOf(replaced);
    this.readsClear = readsClear;
  }

  /** The key of those 32 bytes, which should come from a cryptographic random source. */
  public static MasterKey of(byte[] bytes) {
    requireNonNull(bytes, "master key");
    Check.range(bytes.length, LENGTH, LENGTH, "length of master key");
    return new MasterKey(new SecretKeySpec(bytes, "AES"), mark(bytes), List.of(), false);
  }

  private static byte[] mark(byte[] bytes) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
      byte[] whole = mac.doFinal("gatehouse master key mark".getBytes(StandardCharsets.US_ASCII));
      return Arrays.copyOf(whole, MARK_LENGTH);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HmacSHA256", e);
    }
  }

  /**
   * This key, which encrypts from now on, in place of those given, which from now on only decrypt
   * what they encrypted. Give it to every node, then let {@link KeyRing#reseal} encrypt everything
   * anew; after that the old ones can be forgotten.
   *
   * @param replaced 1..8 keys; what they themselves replaced does not count
   */
  public MasterKey replacing(MasterKey... replaced) {
    Check.range(replaced.length, 1, MAX_REPLACED, "number of replaced master keys");
    return new MasterKey(key, mark, List.of(replaced), readsClear);
  }

  /**
   * This key for as long as there are keys that were stored in clear before there was a master key:
   * they stay readable until {@link KeyRing#reseal} has encrypted them. Meanwhile whoever can write
   * to the table can add a key of his own in clear; without this, such a key is not used.
   */
  public MasterKey readingClear() {
    return new MasterKey(key, mark, replaced, true);
  }

  boolean readsClear() {
    return readsClear;
  }

  SecretKey key() {
    return key;
  }

  /** Tells this key from another without telling anything of it. */
  byte[] mark() {
    return mark.clone();
  }

  /** The key that has the mark: this one, or one that it replaces. */
  Optional<MasterKey> reader(byte[] wanted) {
    return Stream.concat(Stream.of(this), replaced.stream())
        .filter(reader -> Arrays.equals(reader.mark, wanted))
        .findFirst();
  }

  @Override
  public String toString() {
    return "MasterKey[...]";
  }
}
