package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The keys of one application that may be of use now or later, newest first, ready for use.
 *
 * @param unreadable those that were left out, since they cannot be read
 */
record KeySet(List<ReadyKey> keys, List<UnreadableKey> unreadable) {
  /**
   * A key and what it signs and verifies with.
   *
   * @param canSign whether more than its public half is known
   */
  record ReadyKey(Key key, SignatureKey signature, boolean canSign) {}

  /**
   * A key that was left out.
   *
   * @param why it cannot be read
   */
  record UnreadableKey(StoredKey stored, String why) {
    /** Whether a signature by one of the algorithms might be this key's, were it readable. */
    boolean mightProve(Key.Purpose purpose, Set<Key.Algorithm> algorithms, Instant now) {
      return might(purpose, algorithms, now, key -> key.verifiesAt(now));
    }

    /** Whether this might be the key that signs by one of the algorithms, were it readable. */
    boolean mightSign(Key.Purpose purpose, Set<Key.Algorithm> algorithms, Instant now) {
      return might(purpose, algorithms, now, key -> key.signsAt(now))
          && stored.unknown().flatMap(UnknownKey::state).orElse(Key.State.ENABLED)
              == Key.State.ENABLED;
    }

    private boolean might(
        Key.Purpose purpose, Set<Key.Algorithm> algorithms, Instant now, Predicate<Key> inItsTime) {
      if (!stored.serves(purpose) || stored.isOutOfUse()) {
        return false;
      }
      return stored
          .unknown()
          .map(unknown -> !now.isBefore(unknown.notBefore()) && now.isBefore(unknown.notAfter()))
          .orElseGet(
              () -> algorithms.contains(stored.key().algorithm()) && inItsTime.test(stored.key()));
    }
  }

  /** Judges a proof by a key of the algorithm that nobody has. */
  @FunctionalInterface
  interface Nobodys {
    void judge(Proof proof, Key.Algorithm algorithm);
  }

  static final KeySet NONE = new KeySet(List.of());

  KeySet {
    keys = List.copyOf(keys);
    unreadable = List.copyOf(unreadable);
  }

  KeySet(List<ReadyKey> keys) {
    this(keys, List.of());
  }

  /**
   * Whether a key of the scheme's purpose that verifies at that instant made a signature. Where
   * none did, keys that nobody has judge too, for each algorithm that a signature may be by, until
   * there were as many trials as a refusal is to cost.
   *
   * @throws StorageException if none did, and a key that cannot be read might have
   */
  boolean proves(Claim claim, Scheme scheme, Instant now, Trials trials) {
    return proves(claim, scheme, now, trials, Proof::judgeInVain);
  }

  boolean proves(Claim claim, Scheme scheme, Instant now, Trials trials, Nobodys nobodys) {
    List<SignatureKey> serving = new ArrayList<>(keys.size());
    for (ReadyKey ready : keys) {
      if (ready.key().purpose() == scheme.verifyingPurpose() && ready.key().verifiesAt(now)) {
        serving.add(ready.signature());
      }
    }
    for (Proof proof : claim.proofs()) {
      for (SignatureKey key : serving) {
        if (proof.isBy(key)) {
          return true;
        }
      }
    }
    for (Proof proof : claim.proofs()) {
      for (Key.Algorithm algorithm : proof.algorithms()) {
        long reckoned =
            serving.stream()
                .filter(key -> key.algorithm() == algorithm && proof.isWorkFor(key))
                .count();
        for (long i = reckoned; i < trials.of(scheme.verifyingPurpose(), algorithm); i++) {
          nobodys.judge(proof, algorithm);
        }
      }
    }
    Set<Key.Algorithm> claimed = EnumSet.noneOf(Key.Algorithm.class);
    claim.proofs().forEach(proof -> claimed.addAll(proof.algorithms()));
    refuseIfAny(key -> key.mightProve(scheme.verifyingPurpose(), claimed, now));
    return false;
  }

  private void refuseIfAny(Predicate<UnreadableKey> matters) {
    unreadable.stream()
        .filter(matters)
        .findFirst()
        .ifPresent(
            key -> {
              throw new StorageException(key.why());
            });
  }

  /**
   * The key that signs by the scheme at that instant, and behind it those that are left to verify,
   * for schemes that carry several signatures; empty if none signs.
   *
   * @throws StorageException if none signs, and a key that cannot be read might be it
   */
  List<ReadyKey> signing(Scheme scheme, Instant now) {
    List<ReadyKey> able =
        keys.stream()
            .filter(ready -> ready.key().purpose() == scheme.signingPurpose())
            .filter(ready -> scheme.algorithms().contains(ready.key().algorithm()))
            .filter(ReadyKey::canSign)
            .toList();
    Optional<ReadyKey> primary =
        able.stream().filter(ready -> ready.key().signsAt(now)).findFirst();
    if (primary.isEmpty()) {
      refuseIfAny(key -> key.mightSign(scheme.signingPurpose(), scheme.algorithms(), now));
      return List.of();
    }
    Stream<ReadyKey> left =
        able.stream()
            .filter(ready -> ready.key().state() == Key.State.VERIFY_ONLY)
            .filter(ready -> ready.key().verifiesAt(now));
    return Stream.concat(primary.stream(), left).toList();
  }
}
