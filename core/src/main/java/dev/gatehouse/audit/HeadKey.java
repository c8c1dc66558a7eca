package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The public key under which heads of a tree are signed, with the name of whoever signs: a verifier
 * key of C2SP's signed notes (https://c2sp.org/signed-note). Its text is {@code name+hash+base64},
 * where base64 is of the type of the signature and the key, and hash the key id: the first 4 bytes
 * of SHA-256 of the name, a line feed and the same bytes, in hexadecimal. Safe for use by multiple
 * threads.
 */
public final class HeadKey {
  /** Longest name. */
  public static final int MAX_NAME = 200;

  private static final Pattern NAME = Pattern.compile("[!-*,-~]{1," + MAX_NAME + "}");
  private static final Pattern TEXT =
      Pattern.compile("([!-*,-~]{1," + MAX_NAME + "})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]{4,1000})");
  private static final byte[] ED25519 = {1};
  private static final int ED25519_BYTES = 32;
  private static final byte[] ED25519_SPKI = HexFormat.of().parseHex("302a300506032b6570032100");
  private static final int ID_BYTES = 4;

  private final String name;
  private final byte[] type;
  private final byte[] publicKey;
  private final Judge judge;

  /** Tells whether the key made a signature. */
  @FunctionalInterface
  public interface Judge {
    /** Whether the signature is the key's over that text; false for whatever is none. */
    boolean isGenuine(byte[] text, byte[] signature);
  }

  private HeadKey(String name, byte[] type, byte[] publicKey, Judge judge) {
    this.name = Check.matches(name, NAME, "name of the key");
    this.type = type;
    this.publicKey = publicKey;
    this.judge = judge;
  }

  /**
   * A key of Ed25519, type 1 of signed notes.
   *
   * @param name 1..200 printable characters of ASCII, no blank, no plus sign
   * @param publicKey 32 bytes
   */
  public static HeadKey ed25519(String name, byte[] publicKey) {
    Check.range(
        requireNonNull(publicKey, "publicKey").length,
        ED25519_BYTES,
        ED25519_BYTES,
        "bytes of the key");
    PublicKey key = decoded(publicKey);
    return new HeadKey(
        name, ED25519, publicKey.clone(), (text, signature) -> verify(key, text, signature));
  }

  /**
   * A key of another kind: type 255 of signed notes with an identifier.
   *
   * @param name as in {@link #ed25519}
   * @param identifier of the kind of signature, 1..40 printable characters of ASCII, no blank
   * @param publicKey 1..500 bytes
   * @param judge judges signatures; must be safe for use by multiple threads
   */
  public static HeadKey other(String name, String identifier, byte[] publicKey, Judge judge) {
    Check.matches(identifier, Pattern.compile("[!-~]{1,40}"), "identifier");
    Check.range(requireNonNull(publicKey, "publicKey").length, 1, 500, "bytes of the key");
    ByteArrayOutputStream type = new ByteArrayOutputStream();
    type.write(0xff);
    type.writeBytes(identifier.getBytes(StandardCharsets.US_ASCII));
    return new HeadKey(name, type.toByteArray(), publicKey.clone(), requireNonNull(judge, "judge"));
  }

  /**
   * Reads the text of a key of Ed25519.
   *
   * @throws IllegalArgumentException if it is none, or its hash does not fit
   */
  public static HeadKey parse(String text) {
    Matcher parts = TEXT.matcher(requireNonNull(text, "text").strip());
    Check.that(parts.matches(), "key must be name+hash+base64, was '" + Check.shown(text) + "'");
    byte[] bytes = Base64.getDecoder().decode(parts.group(3));
    Check.that(
        bytes.length == 1 + ED25519_BYTES && bytes[0] == ED25519[0],
        "key must be of Ed25519, type 1, was not");
    HeadKey key = ed25519(parts.group(1), Arrays.copyOfRange(bytes, 1, bytes.length));
    Check.that(
        key.toString().equals(text.strip()), "hash of the key must fit it, was " + parts.group(2));
    return key;
  }

  private static PublicKey decoded(byte[] publicKey) {
    byte[] spki = Arrays.copyOf(ED25519_SPKI, ED25519_SPKI.length + ED25519_BYTES);
    System.arraycopy(publicKey, 0, spki, ED25519_SPKI.length, ED25519_BYTES);
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("key must be a public key of Ed25519, was not", e);
    }
  }

  private static boolean verify(PublicKey key, byte[] text, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(text);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Who signs. */
  public String name() {
    return name;
  }

  /** The 4 bytes by which a signature names its key. */
  byte[] id() {
    ByteArrayOutputStream hashed = new ByteArrayOutputStream();
    hashed.writeBytes((name + "\n").getBytes(StandardCharsets.US_ASCII));
    hashed.writeBytes(type);
    hashed.writeBytes(publicKey);
    return Arrays.copyOf(MerkleHash.sha256().digest(hashed.toByteArray()), ID_BYTES);
  }

  /** Whether the signature is this key's over that text. */
  boolean isGenuine(byte[] text, byte[] signature) {
    return judge.isGenuine(text, signature);
  }

  /** The text of the key, which is public. */
  @Override
  public String toString() {
    byte[] typed = Arrays.copyOf(type, type.length + publicKey.length);
    System.arraycopy(publicKey, 0, typed, type.length, publicKey.length);
    return name
        + "+"
        + HexFormat.of().formatHex(id())
        + "+"
        + Base64.getEncoder().encodeToString(typed);
  }
}
