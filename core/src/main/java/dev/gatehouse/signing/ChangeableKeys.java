package dev.gatehouse.signing;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import java.time.Instant;
import java.util.List;

/**
 * One application's keys as a change finds them, or why they cannot be changed. Not safe: confine
 * to one thread.
 */
final class ChangeableKeys {
  private final KeyStore keys;
  private final long applicationId;

  ChangeableKeys(KeyStore keys, long applicationId) {
    this.keys = keys;
    this.applicationId = applicationId;
  }

  /** The key, of whatever state. */
  StoredKey any(long keyId) {
    return keys.find(applicationId, keyId)
        .orElseThrow(
            () -> new NotFoundException("application " + applicationId + " has no key " + keyId));
  }

  /** The key, if this version knows it and it is not destroyed. */
  StoredKey known(long keyId) {
    StoredKey stored = any(keyId);
    if (stored.isDestroyed()) {
      throw new ConflictException("key " + keyId + " is destroyed");
    }
    if (!stored.isKnown()) {
      throw new ConflictException(
          "key "
              + keyId
              + " is of no kind that this version knows, and can only be destroyed here");
    }
    return stored;
  }

  /** The key, if it may be of use now or later. */
  StoredKey usable(long keyId) {
    StoredKey stored = known(keyId);
    if (stored.isOutOfUse()) {
      throw new ConflictException("key " + keyId + " is disabled");
    }
    return stored;
  }

  /**
   * The keys that another one is to replace: the enabled ones of a purpose and an algorithm.
   *
   * @throws ConflictException if one is in a state that this version does not know: whatever its
   *     algorithm is, it might go on signing where it is known
   */
  List<StoredKey> enabled(Key.Purpose purpose, Key.Algorithm algorithm, Instant now) {
    List<StoredKey> live = keys.live(applicationId, StoredKeyRing.MAX_PAGE);
    for (StoredKey stored : live) {
      if (stored.isOfUnknownState() && stored.serves(purpose) && stored.isInTime(now)) {
        throw new ConflictException(
            "key "
                + stored.id()
                + " for "
                + purpose
                + " is in no state that this version knows: replace it where it is known, or"
                + " destroy it");
      }
    }
    return live.stream()
        .filter(StoredKey::isKnown)
        .filter(stored -> stored.key().state() == Key.State.ENABLED)
        .filter(stored -> stored.key().purpose() == purpose)
        .filter(stored -> stored.key().algorithm() == algorithm)
        .toList();
  }
}
