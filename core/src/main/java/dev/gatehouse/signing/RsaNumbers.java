package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import java.math.BigInteger;
import java.util.Objects;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.jspecify.annotations.Nullable;

/** The numbers of an RSA key, of which the private ones are those of RFC 8017, 3.2, form 2. */
final class RsaNumbers implements KeyNumbers {
  static final int MIN_BITS = 2048;
  static final int MAX_BITS = 4096;

  private static final BigInteger MIN_EXPONENT = BigInteger.valueOf(3);
  private static final int MAX_EXPONENT_BITS = 64;
  private static final AlgorithmIdentifier RSA =
      new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);

  private final RSAPublicKey publicKey;
  private final @Nullable RSAPrivateKey privateKey;

  private RsaNumbers(RSAPublicKey publicKey, @Nullable RSAPrivateKey privateKey) {
    this.publicKey = publicKey;
    this.privateKey = privateKey;
  }

  static RsaNumbers ofPublic(RSAPublicKey key) {
    BigInteger modulus = key.getModulus();
    BigInteger exponent = key.getPublicExponent();
    Check.range(modulus.bitLength(), MIN_BITS, MAX_BITS, "bits of an RSA modulus");
    Check.that(modulus.signum() > 0 && modulus.testBit(0), "RSA modulus must be positive and odd");
    Check.that(
        exponent.compareTo(MIN_EXPONENT) >= 0
            && exponent.bitLength() <= MAX_EXPONENT_BITS
            && exponent.testBit(0),
        "public exponent of an RSA key must be odd and in 3..2^64-1");
    return new RsaNumbers(key, null);
  }

  static RsaNumbers ofPrivate(RSAPrivateKey key) {
    RSAPublicKey publicKey = new RSAPublicKey(key.getModulus(), key.getPublicExponent());
    ofPublic(publicKey);
    Check.that(
        key.getVersion().signum() == 0 && belong(key),
        "numbers of an RSA private key must belong together, did not");
    return new RsaNumbers(publicKey, key);
  }

  private static boolean belong(RSAPrivateKey key) {
    BigInteger p = key.getPrime1();
    BigInteger q = key.getPrime2();
    if (p.compareTo(BigInteger.ONE) <= 0 || q.compareTo(BigInteger.ONE) <= 0 || p.equals(q)) {
      return false;
    }
    BigInteger belowP = p.subtract(BigInteger.ONE);
    BigInteger belowQ = q.subtract(BigInteger.ONE);
    BigInteger d = key.getPrivateExponent();
    return p.multiply(q).equals(key.getModulus())
        && d.signum() > 0
        && d.compareTo(key.getModulus()) < 0
        && key.getExponent1().equals(d.mod(belowP))
        && key.getExponent2().equals(d.mod(belowQ))
        && isInverse(d, key.getPublicExponent(), belowP)
        && isInverse(d, key.getPublicExponent(), belowQ)
        && key.getCoefficient().signum() > 0
        && key.getCoefficient().compareTo(p) < 0
        && isInverse(key.getCoefficient(), q, p);
  }

  private static boolean isInverse(BigInteger one, BigInteger other, BigInteger modulus) {
    return one.multiply(other).mod(modulus).equals(BigInteger.ONE);
  }

  static RsaNumbers ofPkcs8(PrivateKeyInfo info) {
    requireRsa(info.getPrivateKeyAlgorithm());
    Check.that(!info.hasPublicKey(), "PKCS#8 of an RSA key must hold no public key of its own");
    return ofPkcs1(info.getPrivateKey().getOctets());
  }

  static RsaNumbers ofSpki(SubjectPublicKeyInfo info) {
    requireRsa(info.getAlgorithm());
    return ofPublicPkcs1(Der.octets(info.getPublicKeyData()));
  }

  private static void requireRsa(AlgorithmIdentifier algorithm) {
    Check.that(
        algorithm.equals(RSA), "key must be an RSA key by the identifier rsaEncryption, was not");
  }

  static RsaNumbers ofPkcs1(byte[] der) {
    return ofPrivate(Der.read(der, RSAPrivateKey::getInstance, "PKCS#1 of a private key"));
  }

  static RsaNumbers ofPublicPkcs1(byte[] der) {
    return ofPublic(Der.read(der, RSAPublicKey::getInstance, "PKCS#1 of a public key"));
  }

  static RsaNumbers ofJwk(JsonNode jwk) {
    BigInteger modulus = Jwk.number(jwk, "n");
    BigInteger exponent = Jwk.number(jwk, "e");
    if (!jwk.has("d")) {
      return ofPublic(new RSAPublicKey(modulus, exponent));
    }
    Check.that(!jwk.has("oth"), "JWK of an RSA key must be of two primes, had oth");
    return ofPrivate(
        new RSAPrivateKey(
            modulus,
            exponent,
            Jwk.number(jwk, "d"),
            Jwk.number(jwk, "p"),
            Jwk.number(jwk, "q"),
            Jwk.number(jwk, "dp"),
            Jwk.number(jwk, "dq"),
            Jwk.number(jwk, "qi")));
  }

  BigInteger modulus() {
    return publicKey.getModulus();
  }

  BigInteger exponent() {
    return publicKey.getPublicExponent();
  }

  @Override
  public boolean canSign() {
    return privateKey != null;
  }

  @Override
  public RsaNumbers publicPart() {
    return new RsaNumbers(publicKey, null);
  }

  RSAPrivateKey pkcs1() {
    return Objects.requireNonNull(privateKey, "privateKey");
  }

  @Override
  public PrivateKeyInfo privateInfo() {
    return Der.privateInfo(RSA, pkcs1());
  }

  @Override
  public SubjectPublicKeyInfo publicInfo() {
    return new SubjectPublicKeyInfo(RSA, Der.encoded(publicKey));
  }

  @Override
  public void addTo(ObjectNode jwk) {
    jwk.put("kty", "RSA");
    Jwk.put(jwk, "n", Unsigned.shortest(modulus()));
    Jwk.put(jwk, "e", Unsigned.shortest(exponent()));
    if (privateKey != null) {
      Jwk.put(jwk, "d", Unsigned.shortest(privateKey.getPrivateExponent()));
      Jwk.put(jwk, "p", Unsigned.shortest(privateKey.getPrime1()));
      Jwk.put(jwk, "q", Unsigned.shortest(privateKey.getPrime2()));
      Jwk.put(jwk, "dp", Unsigned.shortest(privateKey.getExponent1()));
      Jwk.put(jwk, "dq", Unsigned.shortest(privateKey.getExponent2()));
      Jwk.put(jwk, "qi", Unsigned.shortest(privateKey.getCoefficient()));
    }
  }

  @Override
  public String toString() {
    return "RsaNumbers[...]";
  }
}
