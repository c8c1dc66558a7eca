package dev.gatehouse.signing;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
   * such key tries every signature. Refusing costs the same whatever keys there are: for each
   * algorithm that a signature may be by, and of which none of these keys had to reckon, a key that
   * nobody has does.
   */
  boolean proves(Claim claim, Scheme scheme, Instant now) {
    List<SignatureKey> serving =
        keys.stream()
            .filter(ready -> ready.key().purpose() == scheme.verifyingPurpose())
            .filter(ready -> ready.key().verifiesAt(now))
            .map(ReadyKey::signature)
            .toList();
    boolean proven = false;
    for (Proof proof : claim.proofs()) {
      for (SignatureKey key : serving) {
        proven |= proof.isBy(key);
      }
    }
    if (!proven) {
      claim.proofs().forEach(proof -> judgeTheRest(proof, serving));
    }
    return proven;
  }

  private static void judgeTheRest(Proof proof, List<SignatureKey> tried) {
    Set<Key.Algorithm> left = EnumSet.copyOf(proof.algorithms());
    tried.stream().filter(proof::isWorkFor).forEach(key -> left.remove(key.algorithm()));
    left.forEach(proof::judgeInVain);
  }

  /** The key that signs by the scheme at that instant. */
  Optional<SignatureKey> primary(Scheme scheme, Instant now) {
    return keys.stream()
        .filter(ready -> ready.key().purpose() == scheme.signingPurpose())
        .filter(ready -> scheme.algorithms().contains(ready.key().algorithm()))
        .filter(ready -> ready.key().signsAt(now))
        .findFirst()
        .map(ReadyKey::signature);
  }
}
