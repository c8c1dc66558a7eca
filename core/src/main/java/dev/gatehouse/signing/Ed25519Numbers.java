package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import java.util.Arrays;
import java.util.Objects;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/** The 32 bytes of an Ed25519 public key, and those that it follows from if known. */
final class Ed25519Numbers implements KeyNumbers {
  static final int LENGTH = 32;

  private static final AlgorithmIdentifier ED25519 =
      new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.3.101.112"));

  private final byte[] publicKey;
  private final byte @Nullable [] seed;

  private Ed25519Numbers(byte[] publicKey, byte @Nullable [] seed) {
    this.publicKey = publicKey;
    this.seed = seed;
  }

  /** A public key, which must be of the full order: one of small order verifies anything. */
  static Ed25519Numbers ofPublic(byte[] publicKey) {
    Check.that(
        publicKey.length == LENGTH && Ed25519.validatePublicKeyFull(publicKey, 0),
        "public key must be a point of Ed25519 of the full order, was not");
    return new Ed25519Numbers(publicKey.clone(), null);
  }

  static Ed25519Numbers ofSeed(byte[] seed) {
    Check.range(seed.length, LENGTH, LENGTH, "length of an Ed25519 private key");
    byte[] publicKey = new byte[LENGTH];
    Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    return new Ed25519Numbers(publicKey, seed.clone());
  }

  static Ed25519Numbers ofPkcs8(PrivateKeyInfo info) {
    requireEd25519(info.getPrivateKeyAlgorithm());
    byte[] der = info.getPrivateKey().getOctets();
    ASN1OctetString seed =
        Der.read(der, ASN1OctetString::getInstance, "the private key of RFC 8410");
    Ed25519Numbers numbers = ofSeed(seed.getOctets());
    @Nullable ASN1BitString given = info.getPublicKeyData();
    if (given != null) {
      requireSame(numbers, ofPublic(Der.octets(given)));
    }
    return numbers;
  }

  static Ed25519Numbers ofSpki(SubjectPublicKeyInfo info) {
    requireEd25519(info.getAlgorithm());
    return ofPublic(Der.octets(info.getPublicKeyData()));
  }

  private static void requireEd25519(AlgorithmIdentifier algorithm) {
    Check.that(algorithm.equals(ED25519), "key must be one of Ed25519 by its identifier, was not");
  }

  static Ed25519Numbers ofJwk(JsonNode jwk) {
    Check.that(Jwk.text(jwk, "crv").equals("Ed25519"), "crv of the JWK must be Ed25519");
    Ed25519Numbers given = ofPublic(Jwk.bytes(jwk, "x", LENGTH));
    if (!jwk.has("d")) {
      return given;
    }
    Ed25519Numbers numbers = ofSeed(Jwk.bytes(jwk, "d", LENGTH));
    requireSame(numbers, given);
    return numbers;
  }

  /** A signature over another public key than the private key's would tell the private key. */
  private static void requireSame(Ed25519Numbers numbers, Ed25519Numbers given) {
    Check.that(
        Arrays.equals(numbers.publicKey, given.publicKey),
        "public key must be that of the private key, was not");
  }

  byte[] publicKey() {
    return publicKey.clone();
  }

  byte @Nullable [] seed() {
    return seed == null ? null : seed.clone();
  }

  @Override
  public boolean canSign() {
    return seed != null;
  }

  @Override
  public Ed25519Numbers publicPart() {
    return new Ed25519Numbers(publicKey, null);
  }

  @Override
  public PrivateKeyInfo privateInfo() {
    return Der.privateInfo(ED25519, new DEROctetString(Objects.requireNonNull(seed, "seed")));
  }

  @Override
  public SubjectPublicKeyInfo publicInfo() {
    return new SubjectPublicKeyInfo(ED25519, publicKey);
  }

  @Override
  public void addTo(ObjectNode jwk) {
    jwk.put("kty", "OKP").put("crv", "Ed25519");
    Jwk.put(jwk, "x", publicKey);
    if (seed != null) {
      Jwk.put(jwk, "d", seed);
    }
  }

  @Override
  public String toString() {
    return "Ed25519Numbers[...]";
  }
}
