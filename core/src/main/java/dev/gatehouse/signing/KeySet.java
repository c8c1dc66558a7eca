package dev.gatehouse.signing;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The keys of one application that may be of use now or later, newest first, ready for use. */
record KeySet(List<ReadyKey> keys) {
  /** A key and what it signs and verifies with. */
  record ReadyKey(Key key, SignatureKey signature) {}

  /** Tried where there is no key, so that refusing costs the same; nobody knows its secret. */
  private static final SignatureKey NOBODY =
      new HmacKey(RandomText.of(32).getBytes(StandardCharsets.US_ASCII));

  static final KeySet NONE = new KeySet(List.of());

  KeySet {
    keys = List.copyOf(keys);
  }

  /** Whether a key of the scheme's purpose that verifies at that instant made a signature. */
  boolean proves(Claim claim, Scheme scheme, Instant now) {
    boolean proven = false;
    boolean tried = false;
    for (ReadyKey ready : keys) {
      if (ready.key().purpose() == scheme.purpose() && ready.key().verifiesAt(now)) {
        for (Proof proof : claim.proofs()) {
          proven |= proof.isBy(ready.signature());
        }
        tried = true;
      }
    }
    return tried ? proven : claim.proofs().get(0).isBy(NOBODY);
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
