package dev.gatehouse.signing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * The numbers that a pair of keys, or its public half alone, consists of; checked to be a sound key
 * and to belong together. Immutable; the text of one shows nothing of it.
 */
sealed interface KeyNumbers permits RsaNumbers, EcNumbers, Ed25519Numbers {
  /** Whether the private half is known. */
  boolean canSign();

  /** The public half alone. */
  KeyNumbers publicPart();

  /** PKCS#8. */
  PrivateKeyInfo privateInfo();

  /** SPKI of X.509. */
  SubjectPublicKeyInfo publicInfo();

  /**
   * Adds the members of a JWK that hold the numbers, and its kty.
   *
   * @throws IllegalStateException if no JWK is registered for such keys
   */
  void addTo(ObjectNode jwk);
}
