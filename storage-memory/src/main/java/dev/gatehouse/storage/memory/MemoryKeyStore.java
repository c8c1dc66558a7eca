package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.signing.Key;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.StoredKey;
import dev.gatehouse.transaction.Transaction;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The KeyStore of a {@link MemoryStorage}. */
final class MemoryKeyStore implements KeyStore {
  private static final int MAX_LIMIT = 1000;

  private final Journal journal;
  private final NavigableMap<Long, StoredKey> keys = new TreeMap<>();

  /** By application, then newest first. */
  private final Map<Long, NavigableMap<Long, StoredKey>> keysOf = new HashMap<>();

  /** At which version the keys of an application changed last. */
  private final Map<Long, Long> changes = new HashMap<>();

  private long version;

  MemoryKeyStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public void insert(StoredKey key) {
    journal.run(
        () -> {
          if (keys.containsKey(key.key().id())) {
            throw new ConflictException("there is a key of id " + key.key().id());
          }
          put(key);
          journal.undo(() -> takeBack(() -> remove(key)));
          return key;
        });
  }

  @Override
  public boolean update(StoredKey key) {
    return journal.run(
        () -> {
          @Nullable StoredKey before = keys.get(key.key().id());
          if (before == null || before.key().applicationId() != key.key().applicationId()) {
            return false;
          }
          put(key);
          journal.undo(() -> takeBack(() -> put(before)));
          return true;
        });
  }

  @Override
  public boolean destroy(long applicationId, long keyId) {
    return journal.run(
        () -> {
          @Nullable StoredKey before = ofApplication(applicationId).get(keyId);
          if (before == null) {
            return false;
          }
          put(before.destroyed());
          journal.undo(() -> takeBack(() -> put(before)));
          return true;
        });
  }

  /**
   * As a further change: who read within the transaction has seen what is taken back, under a
   * version that must not come again.
   */
  private void takeBack(Runnable change) {
    version++;
    change.run();
  }

  private void put(StoredKey key) {
    keys.put(key.key().id(), key);
    keysOf
        .computeIfAbsent(key.key().applicationId(), id -> new TreeMap<>(Collections.reverseOrder()))
        .put(key.key().id(), key);
    changes.put(key.key().applicationId(), version);
  }

  private void remove(StoredKey key) {
    keys.remove(key.key().id());
    changes.put(key.key().applicationId(), version);
    ofApplication(key.key().applicationId()).remove(key.key().id());
  }

  private NavigableMap<Long, StoredKey> ofApplication(long applicationId) {
    NavigableMap<Long, StoredKey> found = keysOf.get(applicationId);
    return found == null ? Collections.emptyNavigableMap() : found;
  }

  @Override
  public Optional<StoredKey> find(long applicationId, long keyId) {
    return journal.run(() -> Optional.ofNullable(ofApplication(applicationId).get(keyId)));
  }

  @Override
  public List<StoredKey> live(long applicationId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return journal.run(
        () ->
            ofApplication(applicationId).values().stream()
                .filter(stored -> stored.key().state() != Key.State.DESTROYED)
                .limit(limit)
                .toList());
  }

  @Override
  public List<StoredKey> page(long applicationId, long beforeId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return journal.run(
        () ->
            ofApplication(applicationId).tailMap(beforeId, false).values().stream()
                .limit(limit)
                .toList());
  }

  @Override
  public List<StoredKey> liveAfter(long afterId, int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return journal.run(
        () ->
            keys.tailMap(afterId, false).values().stream()
                .filter(stored -> stored.key().state() != Key.State.DESTROYED)
                .limit(limit)
                .toList());
  }

  @Override
  public void advance() {
    journal.run(
        () -> {
          version++;
          return version;
        });
  }

  @Override
  public long version() {
    return journal.run(() -> version);
  }

  @Override
  public List<Long> changedAfter(long after, int limit) {
    Check.range(after, 0, Long.MAX_VALUE, "version");
    Check.range(limit, 1, MAX_LIMIT, "limit");
    return journal.run(
        () ->
            changes.entrySet().stream()
                .filter(change -> change.getValue() > after)
                .map(Map.Entry::getKey)
                .sorted()
                .limit(limit)
                .toList());
  }

  @Override
  public KeyStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
