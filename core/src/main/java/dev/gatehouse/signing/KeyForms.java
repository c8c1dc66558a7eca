package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.util.BigIntegers;

/** Which forms the keys of each algorithm have. */
final class KeyForms {
  static final byte SECRET = 1;
  static final byte PAIR = 2;
  static final byte PUBLIC = 3;

  /** A secret below the least length, which only FATE's clients have. */
  static final byte SHORT_SECRET = 4;

  private static final int NEW_SECRET = 32;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String MARK = "\u00ef\u00bb\u00bf";
  private static final Pattern OPENSSH =
      Pattern.compile("(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ ");
  private static final Set<Key.Algorithm> SHARED =
      EnumSet.of(Key.Algorithm.HMAC_SHA256, Key.Algorithm.HMAC_SHA1, Key.Algorithm.HMAC_SM3);
  private static final Set<String> OPERATIONS = Set.of("sign", "verify");

  private KeyForms() {}

  /** Whether keys of the algorithm are shared secrets. */
  static boolean isShared(Key.Algorithm algorithm) {
    return SHARED.contains(algorithm);
  }

  /**
   * Whether those bytes are a key that is not secret, or the text of any key: PEM, a JWK or set of
   * them, OpenSSH's, a webhook's, that of heads; or in DER an SPKI, a certificate or a PKCS#1
   * public key; or the Base64 or hex of one of them. The bytes of a point alone look like any
   * others.
   */
  static boolean looksPublic(byte[] secret) {
    String text = text(secret);
    return isPublic(secret)
        || decoded(text, KeyForms::mime).filter(KeyForms::isPublic).isPresent()
        || decoded(text, HexFormat.of()::parseHex).filter(KeyForms::isPublic).isPresent();
  }

  private static boolean isPublic(byte[] key) {
    String text = text(key);
    return text.contains("-----BEGIN ")
        || text.contains("---- BEGIN SSH2 ")
        || OPENSSH.matcher(text).find()
        || WebhookKeyText.isPair(text)
        || HeadKeys.isText(text)
        || isJwk(text)
        || isPublicDer(key);
  }

  /** Without the mark that some editors put before UTF-8. */
  private static String text(byte[] key) {
    String text = new String(key, StandardCharsets.ISO_8859_1).strip();
    return text.startsWith(MARK) ? text.substring(MARK.length()).strip() : text;
  }

  private static boolean isPublicDer(byte[] der) {
    return isDer(der, SubjectPublicKeyInfo::getInstance)
        || isDer(der, RSAPublicKey::getInstance)
        || isDer(der, Certificate::getInstance);
  }

  private static boolean isDer(byte[] der, Function<Object, ? extends ASN1Object> type) {
    try {
      Der.read(der, type, "DER");
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Optional<byte[]> decoded(String text, Function<String, byte[]> decoder) {
    try {
      return Optional.of(decoder.apply(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] mime(String text) {
    return Base64.getMimeDecoder().decode(text.replace('-', '+').replace('_', '/'));
  }

  private static boolean isJwk(String text) {
    if (!text.startsWith("{") && !text.startsWith("[")) {
      return false;
    }
    try {
      JsonNode json = Json.parse(text, "JWK");
      JsonNode first = json.isArray() && !json.isEmpty() ? json.get(0) : json;
      return first.has("kty") || first.has("keys");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static KeyMaterial generate(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> newSecret(algorithm);
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> KeyMaterial.of(algorithm, newRsa());
      case ED25519 ->
          KeyMaterial.of(algorithm, Ed25519Numbers.ofSeed(random(Ed25519Numbers.LENGTH)));
      case ECDSA_P256_SHA256, SM2_SM3 -> KeyMaterial.of(algorithm, newEc(curve(algorithm)));
    };
  }

  /** Text, since most who are to know it can only keep it as text. */
  private static KeyMaterial newSecret(Key.Algorithm algorithm) {
    byte[] ascii = RandomText.of(NEW_SECRET).getBytes(StandardCharsets.US_ASCII);
    return KeyMaterial.secret(algorithm, ascii);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static RsaNumbers newRsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(RsaNumbers.MIN_BITS, RANDOM);
      byte[] pkcs8 = generator.generateKeyPair().getPrivate().getEncoded();
      return RsaNumbers.ofPkcs8(Der.read(pkcs8, PrivateKeyInfo::getInstance, "PKCS#8"));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no RSA", e);
    }
  }

  private static EcNumbers newEc(Curve curve) {
    BigInteger scalar =
        BigIntegers.createRandomInRange(BigInteger.ONE, curve.largestScalar(), RANDOM);
    return EcNumbers.ofScalar(curve, scalar);
  }

  private static Curve curve(Key.Algorithm algorithm) {
    return algorithm == Key.Algorithm.SM2_SM3 ? Curve.SM2 : Curve.P256;
  }

  static SignatureKey signatureKey(
      Key.Algorithm algorithm, KeyNumbers numbers, String userId, int saltLength) {
    if (numbers instanceof RsaNumbers rsa) {
      return new RsaKey(algorithm, rsa, saltLength);
    }
    if (numbers instanceof EcNumbers ec) {
      return algorithm == Key.Algorithm.SM2_SM3 ? new Sm2Key(ec, userId) : new EcdsaKey(ec);
    }
    return new Ed25519Key((Ed25519Numbers) numbers);
  }

  static KeyNumbers ofPem(Key.Algorithm algorithm, Pem pem) {
    return switch (pem.label()) {
      case "PRIVATE KEY" ->
          ofPrivate(algorithm, Der.read(pem.der(), PrivateKeyInfo::getInstance, "PKCS#8"));
      case "PUBLIC KEY" ->
          ofPublic(algorithm, Der.read(pem.der(), SubjectPublicKeyInfo::getInstance, "SPKI"));
      case "RSA PRIVATE KEY" -> {
        requireRsa(algorithm);
        yield RsaNumbers.ofPkcs1(pem.der());
      }
      case "RSA PUBLIC KEY" -> {
        requireRsa(algorithm);
        yield RsaNumbers.ofPublicPkcs1(pem.der());
      }
      case "EC PRIVATE KEY" -> {
        Check.that(
            algorithm == Key.Algorithm.ECDSA_P256_SHA256 || algorithm == Key.Algorithm.SM2_SM3,
            () -> "PEM must hold a key of " + algorithm + ", held one on a curve");
        yield EcNumbers.ofSec1(curve(algorithm), pem.der(), true);
      }
      default ->
          throw new IllegalArgumentException(
              "PEM must hold a PRIVATE KEY, PUBLIC KEY, RSA PRIVATE KEY, RSA PUBLIC KEY or EC"
                  + " PRIVATE KEY, held another thing");
    };
  }

  private static void requireRsa(Key.Algorithm algorithm) {
    Check.that(
        RsaKey.ALGORITHMS.contains(algorithm),
        () -> "PEM must hold a key of " + algorithm + ", held one of RSA");
  }

  static KeyNumbers ofPrivate(Key.Algorithm algorithm, PrivateKeyInfo info) {
    return switch (algorithm) {
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> RsaNumbers.ofPkcs8(info);
      case ED25519 -> Ed25519Numbers.ofPkcs8(info);
      case ECDSA_P256_SHA256, SM2_SM3 -> EcNumbers.ofPkcs8(curve(algorithm), info);
      case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> throw noPair(algorithm);
    };
  }

  static KeyNumbers ofPublic(Key.Algorithm algorithm, SubjectPublicKeyInfo info) {
    return switch (algorithm) {
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> RsaNumbers.ofSpki(info);
      case ED25519 -> Ed25519Numbers.ofSpki(info);
      case ECDSA_P256_SHA256, SM2_SM3 -> EcNumbers.ofSpki(curve(algorithm), info);
      case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> throw noPair(algorithm);
    };
  }

  private static IllegalArgumentException noPair(Key.Algorithm algorithm) {
    return new IllegalArgumentException(
        "a key of " + algorithm + " must be a shared secret, was one of a pair");
  }

  static KeyMaterial ofJwk(Key.Algorithm algorithm, String text) {
    Check.that(algorithm != Key.Algorithm.SM2_SM3, "no JWK is registered for SM2: use PEM");
    Check.that(algorithm != Key.Algorithm.HMAC_SM3, "no JWK is registered for HMAC with SM3");
    Check.range(text.length(), 1, Pem.MAX_LENGTH, "length of JWK");
    JsonNode jwk = Json.parse(text, "JWK");
    Check.that(jwk.isObject(), "JWK must be a JSON object, was not");
    String type = jwkType(algorithm);
    Check.that(
        Jwk.text(jwk, "kty").equals(type),
        () -> "kty of a JWK for " + algorithm + " must be " + type);
    requireUse(algorithm, jwk);
    return switch (algorithm) {
      case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> KeyMaterial.secret(algorithm, Jwk.bytes(jwk, "k"));
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 ->
          KeyMaterial.of(algorithm, RsaNumbers.ofJwk(jwk));
      case ED25519 -> KeyMaterial.of(algorithm, Ed25519Numbers.ofJwk(jwk));
      case ECDSA_P256_SHA256, SM2_SM3 -> KeyMaterial.of(algorithm, EcNumbers.ofJwk(jwk));
    };
  }

  private static void requireUse(Key.Algorithm algorithm, JsonNode jwk) {
    if (jwk.has("alg")) {
      String named = Jwk.text(jwk, "alg");
      boolean suits =
          named.equals(jwkAlgorithm(algorithm))
              || (algorithm == Key.Algorithm.ED25519 && named.equals("Ed25519"));
      Check.that(
          suits, () -> "alg of a JWK for " + algorithm + " must be " + jwkAlgorithm(algorithm));
    }
    if (jwk.has("use")) {
      Check.that(Jwk.text(jwk, "use").equals("sig"), "use of the JWK must be sig");
    }
    JsonNode operations = jwk.get("key_ops");
    if (operations != null) {
      Check.that(
          operations.isArray() && !operations.isEmpty(), "key_ops of the JWK must be an array");
      for (JsonNode operation : operations) {
        Check.that(
            operation.isTextual() && OPERATIONS.contains(operation.textValue()),
            "key_ops of the JWK must be sign and verify alone");
      }
    }
  }

  private static String jwkType(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA256, HMAC_SHA1, HMAC_SM3 -> "oct";
      case RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA512 -> "RSA";
      case ED25519 -> "OKP";
      case ECDSA_P256_SHA256, SM2_SM3 -> "EC";
    };
  }

  /** The name of RFC 7518 and 8037, or for HMAC with SHA-1 that of the Web Cryptography API. */
  static String jwkAlgorithm(Key.Algorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA256 -> "HS256";
      case HMAC_SHA1 -> "HS1";
      case RSA_PKCS1_SHA256 -> "RS256";
      case RSA_PSS_SHA256 -> "PS256";
      case RSA_PSS_SHA512 -> "PS512";
      case ED25519 -> "EdDSA";
      case ECDSA_P256_SHA256 -> "ES256";
      case SM2_SM3 ->
          throw new IllegalStateException("no JWK is registered for keys of SM2: use PEM");
      case HMAC_SM3 ->
          throw new IllegalStateException("no JWK is registered for keys of HMAC with SM3");
    };
  }
}
