package dev.gatehouse.signing;

import java.math.BigInteger;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;

/** A curve of 256 bits and cofactor 1 that keys may be on. There are two, P-256 and SM2's. */
final class Curve {
  /** Bytes of a coordinate or of a private key. */
  static final int LENGTH = 32;

  /** Of FIPS 186-5; also known as secp256r1 and prime256v1. */
  static final Curve P256 = new Curve("secp256r1", "1.2.840.10045.3.1.7", 1);

  /** Of GB/T 32918.5. With its order less one as private key SM2 could not sign. */
  static final Curve SM2 = new Curve("sm2p256v1", "1.2.156.10197.1.301", 2);

  private final String name;
  private final ASN1ObjectIdentifier identifier;
  private final ECDomainParameters domain;
  private final BigInteger largestScalar;

  private Curve(String name, String identifier, int below) {
    this.name = name;
    this.identifier = new ASN1ObjectIdentifier(identifier);
    domain = new ECDomainParameters(CustomNamedCurves.getByName(name));
    largestScalar = domain.getN().subtract(BigInteger.valueOf(below));
  }

  ASN1ObjectIdentifier identifier() {
    return identifier;
  }

  ECDomainParameters domain() {
    return domain;
  }

  BigInteger order() {
    return domain.getN();
  }

  /** Largest private key; the smallest is 1. */
  BigInteger largestScalar() {
    return largestScalar;
  }

  @Override
  public String toString() {
    return name;
  }
}
