package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key ring over a {@link KeyStore}: with a cache, or inside a transaction and without one. */
final class StoredKeyRing implements KeyRing {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);
  private static final int SECRET_LENGTH = 32;
  private static final int MAX_PAGE = 1000;
  private static final int RESEALED_AT_ONCE = 100;

  /** Most live keys of an application, for all purposes. */
  private static final int MAX_KEYS = MAX_LIVE * Key.Purpose.values().length;

  private final Configuration parts;
  private final Vault vault;
  private final KeyCache cache;
  private final @Nullable Transaction joined;

  private StoredKeyRing(Configuration parts, LongSupplier nanoTime) {
    this.parts = parts;
    vault = new Vault(parts.masterKey());
    KeyStore store = parts.store();
    cache = new KeyCache(store::version, id -> load(store, id), parts.clock(), nanoTime);
    joined = null;
  }

  private StoredKeyRing(StoredKeyRing outside, Transaction transaction) {
    parts = outside.parts;
    vault = outside.vault;
    cache = outside.cache;
    joined = transaction;
  }

  static StoredKeyRing create(Configuration configuration) {
    return create(configuration, System::nanoTime);
  }

  static StoredKeyRing create(Configuration configuration, LongSupplier nanoTime) {
    if (configuration.masterKey() == null) {
      LOG.warn("No master key was given: the secrets of applications are stored in clear");
    }
    return new StoredKeyRing(configuration, nanoTime);
  }

  @Override
  public KeyRing joining(Transaction transaction) {
    return new StoredKeyRing(this, requireNonNull(transaction, "transaction"));
  }

  /**
   * The application's keys: from memory, or inside a transaction as it sees them. One that cannot
   * be read does not stop the others; what it might have proven or signed fails.
   *
   * @param applicationId 0 for the one that nobody is, which has none and costs as much
   * @throws StorageException if the store cannot be asked
   */
  KeySet keysOf(long applicationId) {
    return joined == null ? cache.keysOf(applicationId) : load(store(), applicationId);
  }

  /** The store, inside the transaction if there is one. */
  private KeyStore store() {
    return joined == null ? parts.store() : parts.store().joining(joined);
  }

  private KeySet load(KeyStore store, long applicationId) {
    List<KeySet.ReadyKey> ready = new ArrayList<>();
    Map<Key.Purpose, String> unreadable = new EnumMap<>(Key.Purpose.class);
    for (StoredKey stored : store.live(applicationId, MAX_KEYS)) {
      if (stored.key().state() != Key.State.DISABLED) {
        try {
          ready.add(new KeySet.ReadyKey(stored.key(), vault.open(stored).signatureKey()));
        } catch (StorageException e) {
          unreadable.put(stored.key().purpose(), String.valueOf(e.getMessage()));
        }
      }
    }
    if (!unreadable.isEmpty()) {
      LOG.error("Keys are left out of use, among them: {}", unreadable.values());
    }
    return new KeySet(ready, unreadable);
  }

  @Override
  public Secret issue(Transaction transaction, long applicationId, String appKey) {
    requireNonNull(appKey, "appKey");
    Secret secret = newSecret();
    NewKey fresh = signing(applicationId, Key.Purpose.REQUEST, material(secret));
    new StoredKeyRing(this, requireNonNull(transaction, "transaction"))
        .change((keys, audit) -> add(keys, audit, fresh, "issued"));
    return secret;
  }

  @Override
  public void revoke(Transaction transaction, long applicationId) {
    new StoredKeyRing(this, requireNonNull(transaction, "transaction"))
        .change(
            (keys, audit) -> {
              List<StoredKey> live = keys.live(applicationId, MAX_PAGE);
              live.forEach(stored -> destroy(keys, audit, stored));
              return live;
            });
  }

  @Override
  public Secret rotate(long applicationId, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    Secret secret = newSecret();
    NewKey fresh = signing(applicationId, Key.Purpose.REQUEST, material(secret));
    change(
        (keys, audit) -> {
          if (keys.page(applicationId, Long.MAX_VALUE, 1).isEmpty()) {
            throw new NotFoundException("application " + applicationId + " never had a key");
          }
          return replace(keys, audit, fresh, overlap);
        });
    return secret;
  }

  @Override
  public IssuedKey rotate(
      Application application, Key.Purpose purpose, Key.Algorithm algorithm, Duration overlap) {
    Duration least = KeyRing.leastOverlap(application);
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    Check.that(
        overlap.isZero() || overlap.compareTo(least) >= 0,
        "overlap must be zero or at least " + least + ", was " + overlap);
    NewKey fresh = signing(application.id(), purpose, KeyMaterial.generate(algorithm));
    return issued(change((keys, audit) -> replace(keys, audit, fresh, overlap)), fresh);
  }

  @Override
  public IssuedKey generate(long applicationId, Key.Purpose purpose, Key.Algorithm algorithm) {
    NewKey fresh = signing(applicationId, purpose, KeyMaterial.generate(algorithm));
    return issued(change((keys, audit) -> add(keys, audit, fresh, "generated")), fresh);
  }

  private static IssuedKey issued(Key key, NewKey fresh) {
    KeyMaterial material = fresh.material();
    return new IssuedKey(
        key, KeyForms.isShared(key.algorithm()) ? material : material.publicPart());
  }

  @Override
  public Key importKey(long applicationId, Secret secret) {
    requireNonNull(secret, "secret");
    return importKey(applicationId, Key.Purpose.REQUEST, material(secret));
  }

  @Override
  public Key importKey(long applicationId, Key.Purpose purpose, KeyMaterial material) {
    NewKey fresh = signing(applicationId, purpose, material);
    return change((keys, audit) -> add(keys, audit, fresh, "imported"));
  }

  @Override
  public Key prepare(
      long applicationId,
      Key.Purpose purpose,
      KeyMaterial material,
      Instant notBefore,
      Instant notAfter) {
    requireNonNull(notBefore, "notBefore");
    requireNonNull(notAfter, "notAfter");
    Check.that(
        !notBefore.isBefore(Instant.EPOCH) && !notAfter.isAfter(Key.FOREVER),
        "the time of a key must be in 1970 or later and end by Key.FOREVER");
    Check.that(
        notBefore.isBefore(notAfter) && notAfter.isAfter(now()),
        "notAfter must be to come, and after notBefore " + notBefore + ", was " + notAfter);
    NewKey fresh =
        new NewKey(applicationId, purpose, material, Key.State.VERIFY_ONLY, notBefore, notAfter);
    return change((keys, audit) -> add(keys, audit, fresh, "prepared"));
  }

  @Override
  public Key promote(long applicationId, long keyId, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    return change(
        (keys, audit) -> {
          StoredKey stored = usable(keys, applicationId, keyId);
          Key key = stored.key();
          if (!key.verifiesAt(now())) {
            throw new ConflictException(
                "key " + keyId + " has its time from " + key.notBefore() + " to " + key.notAfter());
          }
          if (!vault.open(stored).canSign()) {
            throw new ConflictException("of key " + keyId + " only the public half is known");
          }
          for (StoredKey other : enabled(keys, applicationId, key.purpose(), key.algorithm())) {
            if (other.key().id() != keyId) {
              leaveToVerify(keys, audit, other, overlap);
            }
          }
          Key promoted = key.in(Key.State.ENABLED);
          keys.update(stored.with(promoted));
          record(audit, Operation.UPDATE, "promoted", promoted);
          return promoted;
        });
  }

  @Override
  public Key retire(long applicationId, long keyId, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    return change(
        (keys, audit) -> leaveToVerify(keys, audit, usable(keys, applicationId, keyId), overlap));
  }

  private static StoredKey usable(KeyStore keys, long applicationId, long keyId) {
    StoredKey stored = stored(keys, applicationId, keyId);
    Key.State state = stored.key().state();
    if (state == Key.State.DISABLED) {
      throw new ConflictException("key " + keyId + " is disabled");
    }
    requireNotDestroyed(stored);
    return stored;
  }

  private static void requireNotDestroyed(StoredKey stored) {
    if (stored.key().state() == Key.State.DESTROYED) {
      throw new ConflictException("key " + stored.key().id() + " is destroyed");
    }
  }

  @Override
  public void disable(long applicationId, long keyId) {
    change(
        (keys, audit) -> {
          StoredKey stored = stored(keys, applicationId, keyId);
          requireNotDestroyed(stored);
          if (stored.key().state() != Key.State.DISABLED) {
            keys.update(stored.with(stored.key().in(Key.State.DISABLED)));
            record(audit, Operation.UPDATE, "disabled", stored.key());
          }
          return stored;
        });
  }

  @Override
  public void destroy(long applicationId, long keyId) {
    change(
        (keys, audit) -> {
          StoredKey stored = stored(keys, applicationId, keyId);
          if (stored.key().state() != Key.State.DESTROYED) {
            destroy(keys, audit, stored);
          }
          return stored;
        });
  }

  @Override
  public List<Key> keys(long applicationId, long beforeId, int limit) {
    Check.range(beforeId, 1, Long.MAX_VALUE, "beforeId");
    Check.range(limit, 1, MAX_PAGE, "limit");
    return store().page(applicationId, beforeId, limit).stream().map(StoredKey::key).toList();
  }

  @Override
  public KeyMaterial publicPart(long applicationId, long keyId) {
    StoredKey stored = stored(store(), applicationId, keyId);
    requireNotDestroyed(stored);
    if (KeyForms.isShared(stored.key().algorithm())) {
      throw new ConflictException("key " + keyId + " is a shared secret");
    }
    return vault.open(stored).publicPart();
  }

  @Override
  public long reseal() {
    if (joined != null) {
      throw new IllegalStateException("reseal makes transactions of its own: call it outside one");
    }
    if (parts.masterKey() == null) {
      throw new IllegalStateException("there is no master key to encrypt under");
    }
    long resealed = 0;
    long last = 0;
    List<String> unreadable = new ArrayList<>();
    List<StoredKey> batch = parts.store().liveAfter(last, RESEALED_AT_ONCE);
    while (!batch.isEmpty()) {
      last = batch.get(batch.size() - 1).key().id();
      List<Key> outdated =
          batch.stream()
              .filter(stored -> !isCurrent(stored, unreadable))
              .map(StoredKey::key)
              .toList();
      if (!outdated.isEmpty()) {
        resealed += change((keys, audit) -> reseal(keys, audit, outdated));
      }
      batch = parts.store().liveAfter(last, RESEALED_AT_ONCE);
    }
    if (!unreadable.isEmpty()) {
      throw new StorageException(
          resealed
              + " keys were encrypted, "
              + unreadable.size()
              + " cannot be read: "
              + unreadable.get(0));
    }
    return resealed;
  }

  /** Whether there is nothing to do for a key, be it because it cannot be read. */
  private boolean isCurrent(StoredKey stored, List<String> unreadable) {
    if (vault.isCurrent(stored)) {
      return true;
    }
    try {
      vault.open(stored);
      return false;
    } catch (StorageException e) {
      unreadable.add(String.valueOf(e.getMessage()));
      return true;
    }
  }

  /** Encrypts those that are still there and nobody else has encrypted meanwhile. */
  private long reseal(KeyStore keys, AuditLog audit, List<Key> outdated) {
    long resealed = 0;
    for (Key key : outdated) {
      Optional<StoredKey> stored =
          keys.find(key.applicationId(), key.id())
              .filter(found -> found.key().state() != Key.State.DESTROYED)
              .filter(found -> !vault.isCurrent(found));
      if (stored.isPresent()) {
        keys.update(vault.close(stored.get().key(), vault.open(stored.get())));
        record(audit, Operation.UPDATE, "encrypted under the present master key", key);
        resealed++;
      }
    }
    return resealed;
  }

  /** A change of keys with its records; the first statement keeps other changes out. */
  private interface Change<T> {
    T apply(KeyStore keys, AuditLog audit);
  }

  private <T> T change(Change<T> change) {
    Transactions transactions =
        joined == null ? parts.transactions() : Transactions.joining(joined);
    return transactions.call(
        transaction -> {
          KeyStore keys = parts.store().joining(transaction);
          keys.advance();
          transaction.afterCommit(cache::forget);
          return change.apply(keys, parts.audit().joining(transaction));
        });
  }

  /** A key that is to be added. */
  private record NewKey(
      long applicationId,
      Key.Purpose purpose,
      KeyMaterial material,
      Key.State state,
      Instant notBefore,
      Instant notAfter) {
    NewKey {
      requireNonNull(purpose, "purpose");
      requireNonNull(material, "material");
    }

    Key key(long id) {
      return new Key(id, applicationId, material.algorithm(), purpose, state, notBefore, notAfter);
    }
  }

  /** A key that signs from now on, or a public half that verifies. */
  private NewKey signing(long applicationId, Key.Purpose purpose, KeyMaterial material) {
    requireNonNull(material, "material");
    Key.State state = material.canSign() ? Key.State.ENABLED : Key.State.VERIFY_ONLY;
    return new NewKey(applicationId, purpose, material, state, now().minus(SKEW), Key.FOREVER);
  }

  private Key replace(KeyStore keys, AuditLog audit, NewKey fresh, Duration overlap) {
    enabled(keys, fresh.applicationId(), fresh.purpose(), fresh.material().algorithm())
        .forEach(stored -> leaveToVerify(keys, audit, stored, overlap));
    return add(keys, audit, fresh, "rotated in");
  }

  private static List<StoredKey> enabled(
      KeyStore keys, long applicationId, Key.Purpose purpose, Key.Algorithm algorithm) {
    return keys.live(applicationId, MAX_PAGE).stream()
        .filter(stored -> stored.key().state() == Key.State.ENABLED)
        .filter(stored -> stored.key().purpose() == purpose)
        .filter(stored -> stored.key().algorithm() == algorithm)
        .toList();
  }

  /** Without an overlap the key is disabled, which no clock undoes. */
  private Key leaveToVerify(KeyStore keys, AuditLog audit, StoredKey stored, Duration overlap) {
    Instant end = now().plus(overlap);
    Key.State state = overlap.isZero() ? Key.State.DISABLED : Key.State.VERIFY_ONLY;
    Key left = stored.key().in(state).until(end);
    keys.update(stored.with(left));
    String what = overlap.isZero() ? "disabled" : "left to verify until " + end;
    record(audit, Operation.UPDATE, what, stored.key());
    return left;
  }

  private Key add(KeyStore keys, AuditLog audit, NewKey fresh, String what) {
    Instant now = now();
    int live = 0;
    for (StoredKey stored : keys.live(fresh.applicationId(), MAX_PAGE)) {
      if (!stored.key().notAfter().isAfter(now)) {
        destroy(keys, audit, stored);
      } else if (stored.key().purpose() == fresh.purpose()) {
        live++;
      } else if (vault.open(stored).isSameAs(fresh.material())) {
        throw new ConflictException(
            "key " + stored.key().id() + " for " + stored.key().purpose() + " is the same key");
      }
    }
    if (live >= MAX_LIVE) {
      throw new LimitException(
          "application "
              + fresh.applicationId()
              + " has "
              + live
              + " keys for "
              + fresh.purpose()
              + ", the most it may have");
    }
    Key key = fresh.key(parts.ids().getAsLong());
    keys.insert(vault.close(key, fresh.material()));
    record(audit, Operation.CREATE, what, key);
    return key;
  }

  private static void destroy(KeyStore keys, AuditLog audit, StoredKey stored) {
    keys.update(stored.destroyed());
    record(audit, Operation.DELETE, "destroyed", stored.key());
  }

  private static StoredKey stored(KeyStore keys, long applicationId, long keyId) {
    return keys.find(applicationId, keyId)
        .orElseThrow(
            () -> new NotFoundException("application " + applicationId + " has no key " + keyId));
  }

  private Instant now() {
    return parts.clock().instant();
  }

  private static Secret newSecret() {
    return Secret.of(RandomText.of(SECRET_LENGTH));
  }

  private static KeyMaterial material(Secret secret) {
    return KeyMaterial.secret(
        Key.Algorithm.HMAC_SHA256, secret.reveal().getBytes(StandardCharsets.US_ASCII));
  }

  private static void record(AuditLog audit, Operation operation, String what, Key key) {
    ObjectNode ext =
        Json.object()
            .put("applicationId", Long.toString(key.applicationId()))
            .put("keyId", Long.toString(key.id()))
            .put("algorithm", key.algorithm().name())
            .put("purpose", key.purpose().name());
    audit.write(
        AuditRecord.of(
                operation,
                Result.SUCCESS,
                "Key " + key.id() + " of application " + key.applicationId() + " " + what)
            .service("signing")
            .ext(Json.write(ext))
            .build());
  }
}
