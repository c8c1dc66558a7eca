package dev.gatehouse.signing;

import dev.gatehouse.error.StorageException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads keys from a store and makes them ready for use. One that cannot be read does not stop the
 * others; what it might have proven or signed fails.
 */
final class KeyLoader implements KeyCache.Source {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);

  private final KeyStore store;
  private final Vault vault;

  KeyLoader(KeyStore store, Vault vault) {
    this.store = store;
    this.vault = vault;
  }

  @Override
  public long version() {
    return store.version();
  }

  @Override
  public List<Long> changedAfter(long version, int limit) {
    return store.changedAfter(version, limit);
  }

  @Override
  public KeySet of(long applicationId) {
    return ready(store.live(applicationId, StoredKeyRing.MAX_PAGE));
  }

  @Override
  public Map<Long, KeySet> all() {
    Map<Long, List<StoredKey>> found = new HashMap<>();
    long last = 0;
    List<StoredKey> page = store.liveAfter(last, StoredKeyRing.MAX_PAGE);
    while (!page.isEmpty()) {
      for (StoredKey stored : page) {
        found.computeIfAbsent(stored.applicationId(), id -> new ArrayList<>(1)).add(stored);
      }
      last = page.get(page.size() - 1).id();
      page =
          page.size() < StoredKeyRing.MAX_PAGE
              ? List.of()
              : store.liveAfter(last, StoredKeyRing.MAX_PAGE);
    }
    Map<Long, KeySet> sets = new HashMap<>();
    found.forEach(
        (applicationId, oldestFirst) -> {
          Collections.reverse(oldestFirst);
          sets.put(applicationId, ready(oldestFirst));
        });
    return sets;
  }

  private KeySet ready(List<StoredKey> newestFirst) {
    List<KeySet.ReadyKey> ready = new ArrayList<>(newestFirst.size());
    List<KeySet.UnreadableKey> unreadable = new ArrayList<>(0);
    for (StoredKey stored : newestFirst) {
      if (!stored.isOutOfUse()) {
        try {
          KeyMaterial material = vault.open(stored);
          ready.add(new KeySet.ReadyKey(stored.key(), material.signatureKey(), material.canSign()));
        } catch (StorageException e) {
          unreadable.add(new KeySet.UnreadableKey(stored, String.valueOf(e.getMessage())));
        }
      }
    }
    if (!unreadable.isEmpty()) {
      LOG.error(
          "Keys are left out of use: {}",
          unreadable.stream().map(KeySet.UnreadableKey::why).toList());
    }
    return new KeySet(ready, unreadable);
  }
}
