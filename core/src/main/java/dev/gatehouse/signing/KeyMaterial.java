package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * What a key is made of: a shared secret, a pair of keys, or the public half of a pair alone; and
 * the one algorithm that it is for, which whoever brings it says and no text of a key does. Two are
 * equal only as objects, and the text of one shows nothing that is secret.
 *
 * <p>What is no sound key is refused with an {@link IllegalArgumentException} that repeats nothing
 * of it: RSA below 2048 or above 4096 bits or with 1 as its public exponent; a point that is not on
 * its curve, or on Ed25519 not of the full order; halves that do not belong together; an empty
 * secret, a short one but for {@link #fateSecret}, and a public key in place of one. PEM, DER and
 * JSON are read strictly. Immutable.
 */
public final class KeyMaterial {
  /** Shortest secret, in bytes. */
  public static final int MIN_SECRET = 16;

  /** Longest secret, in bytes. */
  public static final int MAX_SECRET = 512;

  /** The user id of SM2 keys that are given no other: what GB/T 35276 says. */
  public static final String DEFAULT_USER_ID = "1234567812345678";

  /** Longest user id, in bytes of UTF-8. */
  public static final int MAX_USER_ID = 128;

  private final Key.Algorithm algorithm;
  private final byte[] secret;
  private final @Nullable KeyNumbers numbers;
  private final String userId;
  private final int saltLength;

  private KeyMaterial(
      Key.Algorithm algorithm,
      byte[] secret,
      @Nullable KeyNumbers numbers,
      String userId,
      int saltLength) {
    this.algorithm = algorithm;
    this.secret = secret;
    this.numbers = numbers;
    this.userId = userId;
    this.saltLength = saltLength;
  }

  static KeyMaterial of(Key.Algorithm algorithm, KeyNumbers numbers) {
    return new KeyMaterial(
        algorithm, new byte[0], numbers, DEFAULT_USER_ID, RsaKey.saltLength(algorithm));
  }

  private static KeyMaterial ofSecret(Key.Algorithm algorithm, byte[] secret) {
    Check.that(!KeyForms.looksPublic(secret), "secret must not be a public key, was one");
    return ofStoredSecret(algorithm, secret);
  }

  /** What was let in once stays: an earlier version may have known fewer forms of public keys. */
  private static KeyMaterial ofStoredSecret(Key.Algorithm algorithm, byte[] secret) {
    return new KeyMaterial(algorithm, secret.clone(), null, DEFAULT_USER_ID, 0);
  }

  /**
   * A shared secret.
   *
   * @param algorithm HMAC_SHA256, HMAC_SHA1 or HMAC_SM3
   * @param secret 16..512 bytes, which should come from a cryptographic random source; not a public
   *     key in whatever form, since everybody knows that
   */
  public static KeyMaterial secret(Key.Algorithm algorithm, byte[] secret) {
    requireNonNull(algorithm, "algorithm");
    requireNonNull(secret, "secret");
    requireSecret(algorithm, secret);
    return ofSecret(algorithm, secret);
  }

  private static byte[] requireSecret(Key.Algorithm algorithm, byte[] secret) {
    Check.that(
        KeyForms.isShared(algorithm),
        () ->
            "algorithm of a shared secret must be HMAC_SHA256, HMAC_SHA1 or HMAC_SM3, was "
                + algorithm);
    Check.range(secret.length, MIN_SECRET, MAX_SECRET, "length of secret");
    return secret;
  }

  /**
   * The secret of a client of FATE Flow as its site has configured it, however short: for sites
   * that there are, since FATE asks for no length, and clients cannot be told of another secret.
   * Whoever sees one request can try out what is short; give new clients a {@linkplain #generate
   * generated} one.
   *
   * @param secret 1..512 bytes of UTF-8; not a public key
   * @return a key of HMAC_SHA1
   */
  public static KeyMaterial fateSecret(String secret) {
    byte[] bytes = requireNonNull(secret, "secret").getBytes(StandardCharsets.UTF_8);
    Check.range(bytes.length, 1, MAX_SECRET, "length of secret");
    return ofSecret(Key.Algorithm.HMAC_SHA1, bytes);
  }

  /**
   * Makes a new key: 32 random letters and digits for a shared secret, 2048 bits for RSA. Takes up
   * to a second for RSA, and well below a millisecond else.
   */
  public static KeyMaterial generate(Key.Algorithm algorithm) {
    return KeyForms.generate(requireNonNull(algorithm, "algorithm"));
  }

  /**
   * Reads a key of a pair from PEM, RFC 7468: {@code PRIVATE KEY} (PKCS#8), {@code PUBLIC KEY}
   * (SPKI), {@code RSA PRIVATE KEY} and {@code RSA PUBLIC KEY} (PKCS#1) or {@code EC PRIVATE KEY}
   * (SEC 1, with its curve named inside).
   *
   * @param algorithm for which the key is; not one with a shared secret
   * @param pem one block and nothing around it, not encrypted, at most 16,384 characters
   * @throws IllegalArgumentException if the text is not that, or the key not one of the algorithm
   */
  public static KeyMaterial ofPem(Key.Algorithm algorithm, String pem) {
    requireNonNull(algorithm, "algorithm");
    return of(algorithm, KeyForms.ofPem(algorithm, Pem.of(pem)));
  }

  /**
   * Reads a JSON Web Key, RFC 7517, 7518 and 8037: kty oct, RSA, EC with crv P-256, or OKP with crv
   * Ed25519. If the key has alg, use or key_ops, they must suit the algorithm; kid and all other
   * members are ignored.
   *
   * @param algorithm for which the key is; not SM2_SM3 or HMAC_SM3, for which no such key is
   *     registered
   * @param jwk one JSON object, at most 16,384 characters
   * @throws IllegalArgumentException if the text is not that, or the key not one of the algorithm
   */
  public static KeyMaterial ofJwk(Key.Algorithm algorithm, String jwk) {
    return KeyForms.ofJwk(requireNonNull(algorithm, "algorithm"), requireNonNull(jwk, "JWK"));
  }

  /**
   * This key with another user id, over which SM2 signs along with the message: both sides must
   * know it. Default {@link #DEFAULT_USER_ID}.
   *
   * @param value 1..128 bytes of UTF-8, no control characters
   * @throws IllegalStateException if this is no key of SM2
   */
  public KeyMaterial userId(String value) {
    if (algorithm != Key.Algorithm.SM2_SM3) {
      throw new IllegalStateException("only keys of SM2_SM3 have a user id, this is " + algorithm);
    }
    Check.text(value, 1, MAX_USER_ID, "user id");
    Check.range(value.getBytes(StandardCharsets.UTF_8).length, 1, MAX_USER_ID, "bytes of user id");
    return new KeyMaterial(algorithm, secret, numbers, value, saltLength);
  }

  /**
   * This key with salt of another length, in bytes, which both sides must know: what was signed
   * with salt of another length does not verify. Default as long as the digest.
   *
   * @param bytes 0..32; 0 makes one signature of one message
   * @throws IllegalStateException if this is no key of RSA_PSS_SHA256: that of RSA_PSS_SHA512 is as
   *     RFC 9421 3.3.1 has it
   */
  public KeyMaterial saltLength(int bytes) {
    if (algorithm != Key.Algorithm.RSA_PSS_SHA256) {
      throw new IllegalStateException(
          "only keys of RSA_PSS_SHA256 have salt of any length, this is " + algorithm);
    }
    Check.range(bytes, 0, RsaKey.saltLength(algorithm), "length of salt");
    return new KeyMaterial(algorithm, secret, numbers, userId, bytes);
  }

  /** The one algorithm that it is for. */
  public Key.Algorithm algorithm() {
    return algorithm;
  }

  /** Whether it signs: a public half alone does not. */
  public boolean canSign() {
    return numbers == null || numbers.canSign();
  }

  /**
   * The public half, with the same user id and length of salt.
   *
   * @throws IllegalStateException if this is a shared secret
   */
  public KeyMaterial publicPart() {
    return new KeyMaterial(algorithm, secret, pair().publicPart(), userId, saltLength);
  }

  /**
   * The bytes of a shared secret, for handing them to its owner.
   *
   * @throws IllegalStateException if this is none
   */
  public byte[] reveal() {
    if (numbers != null) {
      throw new IllegalStateException("a key of " + algorithm + " is no shared secret");
    }
    return secret.clone();
  }

  /**
   * PEM: PKCS#8 if this signs, which then is to be kept secret, or else SPKI.
   *
   * @throws IllegalStateException if this is a shared secret
   */
  public String toPem() {
    KeyNumbers pair = pair();
    return pair.canSign()
        ? new Pem("PRIVATE KEY", Der.encoded(pair.privateInfo())).text()
        : new Pem("PUBLIC KEY", Der.encoded(pair.publicInfo())).text();
  }

  /**
   * PEM of an RSA private key in the older form, PKCS#1.
   *
   * @throws IllegalStateException if this is none
   */
  public String toPkcs1Pem() {
    if (numbers instanceof RsaNumbers rsa && rsa.canSign()) {
      return new Pem("RSA PRIVATE KEY", Der.encoded(rsa.pkcs1())).text();
    }
    throw new IllegalStateException("only an RSA private key has the form PKCS#1, this is " + this);
  }

  /**
   * The JSON Web Key, private if this signs: it is to be kept secret then.
   *
   * @throws IllegalStateException if this is of SM2 or HMAC with SM3, or has salt not as long as
   *     the digest: for these none is registered
   */
  public String toJwk() {
    if (saltLength != RsaKey.saltLength(algorithm)) {
      throw new IllegalStateException(
          "no JWK is registered for salt of another length: use PEM, and set the length again");
    }
    ObjectNode jwk = Json.object();
    if (numbers == null) {
      jwk.put("kty", "oct");
      Jwk.put(jwk, "k", secret);
    } else {
      numbers.addTo(jwk);
    }
    return Json.write(jwk.put("alg", KeyForms.jwkAlgorithm(algorithm)));
  }

  /**
   * The SHA-256 of the public half in SPKI, in 64 lower-case hexadecimal digits: the same for a
   * pair and for its public half. Empty of a shared secret, of which it would be a way to try
   * guesses.
   */
  public Optional<String> fingerprint() {
    return numbers == null
        ? Optional.empty()
        : Optional.of(
            HexFormat.of().formatHex(SignedBytes.sha256(Der.encoded(numbers.publicInfo()))));
  }

  private KeyNumbers pair() {
    if (numbers == null) {
      throw new IllegalStateException("a shared secret has no public half and no PEM");
    }
    return numbers;
  }

  /** The key ready for use. */
  SignatureKey signatureKey() {
    return numbers == null
        ? new HmacKey(algorithm, secret)
        : KeyForms.signatureKey(algorithm, numbers, userId, saltLength);
  }

  /** Whether both are of the same secret or pair, for whichever algorithm. */
  boolean isSameAs(KeyMaterial other) {
    if (numbers == null || other.numbers == null) {
      return numbers == null
          && other.numbers == null
          && MessageDigest.isEqual(secret, other.secret);
    }
    return fingerprint().equals(other.fingerprint());
  }

  /** Whether this is a secret so short that it can be tried out. */
  boolean isShort() {
    return numbers == null && secret.length < MIN_SECRET;
  }

  /** What a vault keeps: a byte that says what it is, the setting after its length, the key. */
  byte[] encoded() {
    byte[] setting = setting();
    byte[] key = secret;
    if (numbers != null) {
      key = Der.encoded(canSign() ? numbers.privateInfo() : numbers.publicInfo());
    }
    return ByteBuffer.allocate(2 + setting.length + key.length)
        .put(kind())
        .put((byte) setting.length)
        .put(setting)
        .put(key)
        .array();
  }

  private byte kind() {
    if (numbers == null) {
      return isShort() ? KeyForms.SHORT_SECRET : KeyForms.SECRET;
    }
    return canSign() ? KeyForms.PAIR : KeyForms.PUBLIC;
  }

  /** What differs from the default: a user id, or the length of the salt. */
  private byte[] setting() {
    if (saltLength != RsaKey.saltLength(algorithm)) {
      return new byte[] {(byte) saltLength};
    }
    return userId.equals(DEFAULT_USER_ID) ? new byte[0] : userId.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * What {@link #encoded} wrote.
   *
   * @throws IllegalArgumentException if it is not that, or not of the algorithm
   * @throws IllegalStateException if it has a setting that keys of the algorithm do not have
   */
  static KeyMaterial decode(Key.Algorithm algorithm, byte[] encoded) {
    int settingLength = encoded.length < 2 ? Integer.MAX_VALUE : encoded[1] & 0xff;
    Check.that(settingLength <= encoded.length - 2, "key must be stored whole, was cut");
    byte[] setting = Arrays.copyOfRange(encoded, 2, 2 + settingLength);
    byte[] key = Arrays.copyOfRange(encoded, 2 + settingLength, encoded.length);
    KeyMaterial material =
        switch (encoded[0]) {
          case KeyForms.SECRET -> ofStoredSecret(algorithm, requireSecret(algorithm, key));
          case KeyForms.SHORT_SECRET -> shortSecret(algorithm, key);
          case KeyForms.PAIR ->
              of(
                  algorithm,
                  KeyForms.ofPrivate(
                      algorithm, Der.read(key, PrivateKeyInfo::getInstance, "PKCS#8")));
          case KeyForms.PUBLIC ->
              of(
                  algorithm,
                  KeyForms.ofPublic(
                      algorithm, Der.read(key, SubjectPublicKeyInfo::getInstance, "SPKI")));
          default ->
              throw new IllegalArgumentException("key must be of a known kind, was " + encoded[0]);
        };
    return settingLength == 0 ? material : material.with(setting);
  }

  private static KeyMaterial shortSecret(Key.Algorithm algorithm, byte[] secret) {
    Check.that(
        algorithm == Key.Algorithm.HMAC_SHA1,
        () -> "algorithm of a short secret must be HMAC_SHA1, was " + algorithm);
    Check.range(secret.length, 1, MIN_SECRET - 1, "length of short secret");
    return ofStoredSecret(algorithm, secret);
  }

  private KeyMaterial with(byte[] setting) {
    return RsaKey.ALGORITHMS.contains(algorithm) && setting.length == 1
        ? saltLength(setting[0])
        : userId(new String(setting, StandardCharsets.UTF_8));
  }

  /** The algorithm and what it is, nothing else. */
  @Override
  public String toString() {
    String what = numbers == null ? "secret" : canSign() ? "pair" : "public half";
    return "KeyMaterial[" + algorithm + " " + what + "]";
  }
}
