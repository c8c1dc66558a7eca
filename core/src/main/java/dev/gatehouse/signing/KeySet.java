package dev.gatehouse.signing;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The keys of one application that may be of use now or later, newest first, ready for use. */
record KeySet(List<ReadyKey> keys) {
  /** A key and what it signs and verifies with. */
  record ReadyKey(Key key, SignatureKey signature) {}

  static final KeySet NONE = new KeySet(List.of());

  KeySet {
    keys = List.copyOf(keys);
  }

  /**
   * Whether a key of the scheme's purpose that verifies at that instant made a signature. Every
   * such key tries every signature; what none of them can judge, a key that nobody has does, so
   * that refusing costs the same.
   */
  boolean proves(Claim claim, Scheme scheme, Instant now) {
    boolean proven = false;
    for (Proof proof : claim.proofs()) {
      boolean tried = false;
      for (ReadyKey ready : keys) {
        if (serves(ready.key(), scheme, now) && proof.mayBeBy(ready.key().algorithm())) {
          proven |= proof.isBy(ready.signature());
          tried = true;
        }
      }
      proven |= !tried && proof.isByNobody();
    }
    return proven;
  }

  private static boolean serves(Key key, Scheme scheme, Instant now) {
    return key.purpose() == scheme.purpose() && key.verifiesAt(now);
  }

  /** The key that signs by the scheme at that instant. */
  Optional<SignatureKey> primary(Scheme scheme, Instant now) {
    return keys.stream()
        .filter(ready -> ready.key().purpose() == scheme.purpose())
        .filter(ready -> scheme.algorithms().contains(ready.key().algorithm()))
        .filter(ready -> ready.key().signsAt(now))
        .findFirst()
        .map(ReadyKey::signature);
  }
}
