package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.jspecify.annotations.Nullable;

/** A point on a curve, and the number by which it is a multiple of the base point if known. */
final class EcNumbers implements KeyNumbers {
  private static final int BITS = Curve.LENGTH * Byte.SIZE;
  private static final int UNCOMPRESSED = 4;
  private static final String SEC1 = "SEC 1 of a private key";

  private final Curve curve;
  private final ECPoint point;
  private final @Nullable BigInteger scalar;

  private EcNumbers(Curve curve, ECPoint point, @Nullable BigInteger scalar) {
    this.curve = curve;
    this.point = point;
    this.scalar = scalar;
  }

  static EcNumbers ofScalar(Curve curve, BigInteger scalar) {
    Check.that(
        scalar.signum() > 0 && scalar.compareTo(curve.largestScalar()) <= 0,
        "private key on a curve must be at least 1 and below the curve's order");
    ECPoint point =
        new FixedPointCombMultiplier().multiply(curve.domain().getG(), scalar).normalize();
    return new EcNumbers(curve, point, scalar);
  }

  /** A public key as SEC 1 writes points; compressed or not, but no hybrid and not infinity. */
  static EcNumbers ofPoint(Curve curve, byte[] encoded) {
    boolean whole = encoded.length == 1 + 2 * Curve.LENGTH && encoded[0] == UNCOMPRESSED;
    boolean compressed = encoded.length == 1 + Curve.LENGTH && (encoded[0] == 2 || encoded[0] == 3);
    try {
      if (whole || compressed) {
        return new EcNumbers(curve, curve.domain().getCurve().decodePoint(encoded), null);
      }
    } catch (IllegalArgumentException e) {
      throw noPoint();
    }
    throw noPoint();
  }

  private static IllegalArgumentException noPoint() {
    return new IllegalArgumentException("public key must be a point on its curve, was not");
  }

  static EcNumbers ofPkcs8(Curve curve, PrivateKeyInfo info) {
    requireCurve(info.getPrivateKeyAlgorithm(), curve);
    Check.that(!info.hasPublicKey(), "PKCS#8 of a key on a curve must hold its point inside");
    return ofSec1(curve, info.getPrivateKey().getOctets(), false);
  }

  static EcNumbers ofSpki(Curve curve, SubjectPublicKeyInfo info) {
    requireCurve(info.getAlgorithm(), curve);
    return ofPoint(curve, Der.octets(info.getPublicKeyData()));
  }

  private static void requireCurve(AlgorithmIdentifier algorithm, Curve curve) {
    Check.that(
        algorithm.equals(identifier(curve)),
        () -> "key must be on the curve " + curve + " by its identifier, was not");
  }

  /**
   * Reads RFC 5915.
   *
   * @param named whether the curve must be named inside
   */
  static EcNumbers ofSec1(Curve curve, byte[] der, boolean named) {
    ECPrivateKey key = Der.read(der, ECPrivateKey::getInstance, SEC1);
    Optional<ASN1Object> parameters =
        Der.extract(() -> Optional.ofNullable(key.getParametersObject()), SEC1);
    Check.that(
        parameters.isEmpty() ? !named : parameters.get().equals(curve.identifier()),
        () -> "private key must be on the curve " + curve + " by its identifier, was not");
    EcNumbers numbers = ofScalar(curve, Der.extract(key::getKey, SEC1));
    Der.extract(() -> Optional.ofNullable(key.getPublicKey()), SEC1)
        .ifPresent(given -> requireSame(numbers, ofPoint(curve, Der.octets(given))));
    return numbers;
  }

  static EcNumbers ofJwk(JsonNode jwk) {
    Check.that(Jwk.text(jwk, "crv").equals("P-256"), "crv of the JWK must be P-256");
    byte[] encoded =
        ByteBuffer.allocate(1 + 2 * Curve.LENGTH)
            .put((byte) UNCOMPRESSED)
            .put(Jwk.bytes(jwk, "x", Curve.LENGTH))
            .put(Jwk.bytes(jwk, "y", Curve.LENGTH))
            .array();
    EcNumbers given = ofPoint(Curve.P256, encoded);
    if (!jwk.has("d")) {
      return given;
    }
    EcNumbers numbers = ofScalar(Curve.P256, new BigInteger(1, Jwk.bytes(jwk, "d", Curve.LENGTH)));
    requireSame(numbers, given);
    return numbers;
  }

  private static void requireSame(EcNumbers numbers, EcNumbers given) {
    Check.that(
        numbers.point.equals(given.point), "public key must be that of the private key, was not");
  }

  private static AlgorithmIdentifier identifier(Curve curve) {
    return new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve.identifier());
  }

  ECPoint point() {
    return point;
  }

  @Nullable BigInteger scalar() {
    return scalar;
  }

  @Override
  public boolean canSign() {
    return scalar != null;
  }

  @Override
  public EcNumbers publicPart() {
    return new EcNumbers(curve, point, null);
  }

  @Override
  public PrivateKeyInfo privateInfo() {
    BigInteger number = Objects.requireNonNull(scalar, "scalar");
    return Der.privateInfo(
        identifier(curve),
        new ECPrivateKey(BITS, number, new DERBitString(point.getEncoded(false)), null));
  }

  @Override
  public SubjectPublicKeyInfo publicInfo() {
    return new SubjectPublicKeyInfo(identifier(curve), point.getEncoded(false));
  }

  @Override
  public void addTo(ObjectNode jwk) {
    if (curve != Curve.P256) {
      throw new IllegalStateException("no JWK is registered for keys of SM2: use PEM");
    }
    jwk.put("kty", "EC").put("crv", "P-256");
    Jwk.put(jwk, "x", point.getAffineXCoord().getEncoded());
    Jwk.put(jwk, "y", point.getAffineYCoord().getEncoded());
    if (scalar != null) {
      Jwk.put(jwk, "d", Unsigned.bytes(scalar, Curve.LENGTH));
    }
  }

  @Override
  public String toString() {
    return "EcNumbers[...]";
  }
}
