package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one application that may be of use now or later, newest first, ready for use.
 *
 * @param unreadable why keys of a purpose were left out, for those of which some were
 */
record KeySet(List<ReadyKey> keys, Map<Key.Purpose, String> unreadable) {
  /** A key and what it signs and verifies with. */
  record ReadyKey(Key key, SignatureKey signature) {}

  /** Judges a proof by a key of the algorithm that nobody has. */
  @FunctionalInterface
  interface Nobodys {
    void judge(Proof proof, Key.Algorithm algorithm);
  }

  static final KeySet NONE = new KeySet(List.of());

  KeySet {
    keys = List.copyOf(keys);
    unreadable = Map.copyOf(unreadable);
  }

  KeySet(List<ReadyKey> keys) {
    this(keys, Map.of());
  }

  /**
   * Whether a key of the scheme's purpose that verifies at that instant made a signature. Where
   * none did, a key that nobody has judges too, for each algorithm that a signature may be by and
   * for which no key had to reckon: so that refusing costs no less without a key than with one.
   *
   * @throws StorageException if none did, and a key that cannot be read might have
   */
  boolean proves(Claim claim, Scheme scheme, Instant now) {
    return proves(claim, scheme, now, Proof::judgeInVain);
  }

  boolean proves(Claim claim, Scheme scheme, Instant now, Nobodys nobodys) {
    List<SignatureKey> serving =
        keys.stream()
            .filter(ready -> ready.key().purpose() == scheme.verifyingPurpose())
            .filter(ready -> ready.key().verifiesAt(now))
            .map(ReadyKey::signature)
            .toList();
    for (Proof proof : claim.proofs()) {
      for (SignatureKey key : serving) {
        if (proof.isBy(key)) {
          return true;
        }
      }
    }
    for (Proof proof : claim.proofs()) {
      Set<Key.Algorithm> left = EnumSet.copyOf(proof.algorithms());
      serving.stream().filter(proof::isWorkFor).forEach(key -> left.remove(key.algorithm()));
      left.forEach(algorithm -> nobodys.judge(proof, algorithm));
    }
    requireReadable(scheme.verifyingPurpose());
    return false;
  }

  private void requireReadable(Key.Purpose purpose) {
    @Nullable String why = unreadable.get(purpose);
    if (why != null) {
      throw new StorageException(why);
    }
  }

  /**
   * The key that signs by the scheme at that instant.
   *
   * @throws StorageException if there is none, and a key that cannot be read might be it
   */
  Optional<SignatureKey> primary(Scheme scheme, Instant now) {
    Optional<SignatureKey> primary =
        keys.stream()
            .filter(ready -> ready.key().purpose() == scheme.signingPurpose())
            .filter(ready -> scheme.algorithms().contains(ready.key().algorithm()))
            .filter(ready -> ready.key().signsAt(now))
            .findFirst()
            .map(ReadyKey::signature);
    if (primary.isEmpty()) {
      requireReadable(scheme.signingPurpose());
    }
    return primary;
  }
}
