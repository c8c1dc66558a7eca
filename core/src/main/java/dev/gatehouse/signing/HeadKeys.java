package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.HeadKey;
import dev.gatehouse.audit.HeadSigner;
import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * Keys of Ed25519 and SM2 as they serve an audit log, to sign heads of its tree and to verify them.
 * A signature of SM2 is over SM3, in the 64 bytes of its two numbers, under the default user id;
 * its kind in a {@link HeadKey} is {@value #SM2}, and its key there is the SPKI. Safe for use by
 * multiple threads.
 */
public final class HeadKeys {
  /** The kind of signatures by SM2 in signed notes. */
  public static final String SM2 = "gatehouse/sm2-sm3";

  private static final int ED25519_PREFIX = 12; // of the SPKI, before the key

  /** Type 255 of signed notes, and the kind. */
  private static final byte[] TYPE = ("\u00ff" + SM2).getBytes(StandardCharsets.ISO_8859_1);

  private HeadKeys() {}

  /**
   * Signs with a pair.
   *
   * @throws IllegalArgumentException if it is not of ED25519 or SM2_SM3, or only a public half
   */
  public static HeadSigner signer(KeyMaterial pair) {
    requireCurve(pair);
    if (!pair.canSign()) {
      throw new IllegalArgumentException("pair must be able to sign, was a public half");
    }
    return pair.signatureKey()::sign;
  }

  /**
   * Verifies what the pair of that public half has signed.
   *
   * @param name who signs, as in {@link HeadKey#ed25519}
   * @throws IllegalArgumentException if it is not of ED25519 or SM2_SM3
   */
  public static HeadKey key(String name, KeyMaterial key) {
    requireCurve(key);
    byte[] spki = Pem.of(key.publicPart().toPem()).der();
    return key.algorithm() == Key.Algorithm.ED25519
        ? HeadKey.ed25519(name, Arrays.copyOfRange(spki, ED25519_PREFIX, spki.length))
        : HeadKey.other(name, SM2, spki, key.publicPart().signatureKey()::verify);
  }

  private static void requireCurve(KeyMaterial key) {
    Key.Algorithm algorithm = requireNonNull(key, "key").algorithm();
    Check.that(
        algorithm == Key.Algorithm.ED25519 || algorithm == Key.Algorithm.SM2_SM3,
        "key must be of ED25519 or SM2_SM3, was of " + algorithm);
  }

  /** Whether {@link #parse} reads it. */
  static boolean isText(String text) {
    try {
      parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Reads the text of a {@link HeadKey}, of Ed25519 or of SM2.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static HeadKey parse(String text) {
    String[] parts = requireNonNull(text, "text").strip().split("\\+", 3);
    if (parts.length < 3) {
      return HeadKey.parse(text);
    }
    byte[] typed = Base64.getDecoder().decode(parts[2]);
    if (!Arrays.equals(typed, 0, Math.min(typed.length, TYPE.length), TYPE, 0, TYPE.length)) {
      return HeadKey.parse(text);
    }
    byte[] spki = Arrays.copyOfRange(typed, TYPE.length, typed.length);
    HeadKey key =
        key(
            parts[0],
            KeyMaterial.of(
                Key.Algorithm.SM2_SM3,
                KeyForms.ofPublic(
                    Key.Algorithm.SM2_SM3,
                    Der.read(spki, SubjectPublicKeyInfo::getInstance, "SPKI"))));
    Check.that(key.toString().equals(text.strip()), "hash of the key must fit it, was another");
    return key;
  }
}
