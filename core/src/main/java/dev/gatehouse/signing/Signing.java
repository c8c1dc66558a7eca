package dev.gatehouse.signing;

import java.time.Instant;
import java.util.List;

/**
 * By whom, with what and when something is signed.
 *
 * @param party the app key of who signs
 * @param keys the key that signs at that time, and behind it those that did until lately and are
 *     left to verify; at least one
 * @param now the time
 * @param nonce 16 letters and digits, used for nothing else
 */
record Signing(String party, List<KeySet.ReadyKey> keys, Instant now, String nonce) {
  /** The key that signs. */
  SignatureKey key() {
    return keys.get(0).signature();
  }

  /** Its id. */
  long keyId() {
    return keys.get(0).key().id();
  }
}
