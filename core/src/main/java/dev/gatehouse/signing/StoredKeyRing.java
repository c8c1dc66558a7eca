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
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The key ring over a {@link KeyStore}: with a cache, or inside a transaction and without one. */
final class StoredKeyRing implements KeyRing {
  private static final int SECRET_LENGTH = 32;
  private static final int MAX_PAGE = 1000;

  /** A new key's time began so long ago, so that a node whose clock is behind takes it too. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

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
      LoggerFactory.getLogger(KeyRing.class)
          .warn("No master key was given: the secrets of applications are stored in clear");
    }
    return new StoredKeyRing(configuration, nanoTime);
  }

  @Override
  public KeyRing joining(Transaction transaction) {
    return new StoredKeyRing(this, requireNonNull(transaction, "transaction"));
  }

  /** The application's keys: from memory, or inside a transaction as it sees them. */
  KeySet keysOf(long applicationId) {
    return joined == null
        ? cache.keysOf(applicationId)
        : load(parts.store().joining(joined), applicationId);
  }

  private KeySet load(KeyStore store, long applicationId) {
    List<KeySet.ReadyKey> ready = new ArrayList<>();
    for (StoredKey stored : store.live(applicationId, MAX_LIVE)) {
      if (stored.key().state() != Key.State.DISABLED) {
        ready.add(new KeySet.ReadyKey(stored.key(), new HmacKey(vault.open(stored))));
      }
    }
    return ready.isEmpty() ? KeySet.NONE : new KeySet(ready);
  }

  @Override
  public Secret issue(Transaction transaction, long applicationId, String appKey) {
    requireNonNull(appKey, "appKey");
    Secret secret = newSecret();
    new StoredKeyRing(this, requireNonNull(transaction, "transaction"))
        .change((keys, audit) -> add(keys, audit, applicationId, secret, "issued"));
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
    change(
        (keys, audit) -> {
          if (keys.page(applicationId, Long.MAX_VALUE, 1).isEmpty()) {
            throw new NotFoundException("application " + applicationId + " never had a key");
          }
          Instant end = parts.clock().instant().plus(overlap);
          for (StoredKey stored : keys.live(applicationId, MAX_PAGE)) {
            if (stored.key().state() == Key.State.ENABLED) {
              keys.update(stored.with(stored.key().in(Key.State.VERIFY_ONLY).until(end)));
              record(audit, Operation.UPDATE, "left to verify until " + end, stored.key());
            }
          }
          return add(keys, audit, applicationId, secret, "rotated in");
        });
    return secret;
  }

  @Override
  public Key importKey(long applicationId, Secret secret) {
    requireNonNull(secret, "secret");
    return change((keys, audit) -> add(keys, audit, applicationId, secret, "imported"));
  }

  @Override
  public void disable(long applicationId, long keyId) {
    change(
        (keys, audit) -> {
          StoredKey stored = stored(keys, applicationId, keyId);
          if (stored.key().state() == Key.State.DESTROYED) {
            throw new ConflictException("key " + keyId + " is destroyed");
          }
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
    KeyStore store = joined == null ? parts.store() : parts.store().joining(joined);
    return store.page(applicationId, beforeId, limit).stream().map(StoredKey::key).toList();
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

  private Key add(KeyStore keys, AuditLog audit, long applicationId, Secret secret, String what) {
    Instant now = parts.clock().instant();
    int live = 0;
    for (StoredKey stored : keys.live(applicationId, MAX_PAGE)) {
      if (stored.key().notAfter().isAfter(now)) {
        live++;
      } else {
        destroy(keys, audit, stored);
      }
    }
    if (live >= MAX_LIVE) {
      throw new LimitException(
          "application " + applicationId + " has " + live + " keys, the most it may have");
    }
    Key key =
        new Key(
            parts.ids().getAsLong(),
            applicationId,
            Key.Algorithm.HMAC_SHA256,
            Key.Purpose.REQUEST,
            Key.State.ENABLED,
            now.minus(CLOCK_SKEW),
            Key.FOREVER);
    keys.insert(vault.close(key, secret));
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

  private static Secret newSecret() {
    return Secret.of(RandomText.of(SECRET_LENGTH));
  }

  private static void record(AuditLog audit, Operation operation, String what, Key key) {
    ObjectNode ext =
        Json.object()
            .put("applicationId", Long.toString(key.applicationId()))
            .put("keyId", Long.toString(key.id()));
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
