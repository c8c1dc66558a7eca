package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transport.Request;
import java.time.InstantSource;

/** Signs requests with one party's key. Safe for use by multiple threads. */
@FunctionalInterface
public interface Signer {
  /** A signer with the primary key of the application, whichever that is at each call. */
  static Signer create(Application application, KeyRing keys, Scheme scheme, InstantSource clock) {
    return new KeyRingSigner(application, keys, scheme, clock);
  }

  /**
   * A signer with a key that is given, for whoever holds it outside a key ring: a third party's own
   * client, or a test of one.
   *
   * @param party the name under which the receiver knows the key, such as an app key: 1..128
   *     printable ASCII characters
   * @throws IllegalArgumentException if the key cannot sign by the scheme
   */
  static Signer of(String party, KeyMaterial material, Scheme scheme, InstantSource clock) {
    return new MaterialSigner(party, requireNonNull(material, "material"), scheme, clock);
  }

  /**
   * Signs the request as it stands. Each call takes the present time and a fresh nonce, so each
   * result serves one sending.
   *
   * @throws dev.gatehouse.error.NotFoundException if the party has no key that signs
   * @throws IllegalArgumentException if the scheme cannot sign the request: because it is signed
   *     already, or lacks something that is signed
   */
  SignedHeaders sign(Request request);
}
