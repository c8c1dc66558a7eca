package dev.gatehouse.signing;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The keys of one application that may be of use now or later, newest first, ready for use. */
record KeySet(List<ReadyKey> keys) {
  /** A key and what it signs and verifies with. */
  record ReadyKey(Key key, HmacKey hmac) {}

  /** Tried where there is no key, so that refusing costs the same; nobody knows its secret. */
  private static final HmacKey NOBODY =
      new HmacKey(RandomText.of(32).getBytes(StandardCharsets.US_ASCII));

  static final KeySet NONE = new KeySet(List.of());

  KeySet {
    keys = List.copyOf(keys);
  }

  /** Whether a key that verifies at that instant made the signature. */
  boolean proves(Proof proof, Instant now) {
    boolean proven = false;
    boolean tried = false;
    for (ReadyKey ready : keys) {
      if (ready.key().verifiesAt(now)) {
        proven |= proof.isBy(ready.hmac());
        tried = true;
      }
    }
    return tried ? proven : proof.isBy(NOBODY);
  }

  /** The key that signs at that instant. */
  Optional<HmacKey> primary(Instant now) {
    return keys.stream().filter(ready -> ready.key().signsAt(now)).findFirst().map(ReadyKey::hmac);
  }
}
