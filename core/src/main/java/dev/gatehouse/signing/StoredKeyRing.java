package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key ring over a {@link KeyStore}: with a cache, or inside a transaction and without one. */
final class StoredKeyRing implements KeyRing {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);
  private static final int SECRET_LENGTH = 32;
  static final int MAX_PAGE = 1000;
  private static final int RESEALED_AT_ONCE = 100;

  private final Configuration parts;
  private final Vault vault;
  private final KeyCache cache;
  private final @Nullable Transaction joined;
  private final boolean takesShortOverlaps;

  private StoredKeyRing(Configuration parts, LongSupplier nanoTime) {
    this.parts = parts;
    vault = new Vault(parts.masterKey());
    cache = new KeyCache(new KeyLoader(store(), vault), parts.clock(), nanoTime);
    joined = null;
    takesShortOverlaps = false;
  }

  private StoredKeyRing(
      StoredKeyRing ring, @Nullable Transaction transaction, boolean takesShortOverlaps) {
    parts = ring.parts;
    vault = ring.vault;
    cache = ring.cache;
    joined = transaction;
    this.takesShortOverlaps = takesShortOverlaps;
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
    requireNonNull(transaction, "transaction");
    return new StoredKeyRing(this, transaction, takesShortOverlaps);
  }

  @Override
  public KeyRing allowingShortOverlaps() {
    return new StoredKeyRing(this, joined, true);
  }

  /**
   * The application's keys, none if it has none: from memory, or inside a transaction as it sees
   * them.
   *
   * @throws StorageException if the store cannot be asked
   */
  KeySet keysOf(long applicationId) {
    return joined == null
        ? cache.keysOf(applicationId)
        : new KeyLoader(store(), vault).of(applicationId);
  }

  /** How often a refusal tries each kind of key; inside a transaction, only those there are. */
  Trials trials() {
    return joined == null ? cache.trials() : Trials.NONE;
  }

  /** The store, inside the transaction if there is one. */
  private KeyStore store() {
    return joined == null ? parts.store() : parts.store().joining(joined);
  }

  @Override
  public Secret issue(Transaction transaction, long applicationId, String appKey) {
    requireNonNull(appKey, "appKey");
    Secret secret = newSecret();
    NewKey fresh = signing(applicationId, Key.Purpose.REQUEST, material(secret));
    new StoredKeyRing(this, requireNonNull(transaction, "transaction"), takesShortOverlaps)
        .change((keys, audit) -> add(keys, audit, fresh, "issued"));
    return secret;
  }

  @Override
  public void revoke(Transaction transaction, long applicationId) {
    new StoredKeyRing(this, requireNonNull(transaction, "transaction"), takesShortOverlaps)
        .change(
            (keys, audit) -> {
              keys.live(applicationId, MAX_PAGE).forEach(stored -> destroy(keys, audit, stored));
              return applicationId;
            });
  }

  /** By a signature over bytes that nobody could foresee, which takes the same time for any key. */
  @Override
  public boolean isSecretOf(Transaction transaction, long applicationId, Secret secret) {
    byte[] message = RandomText.of(SECRET_LENGTH).getBytes(StandardCharsets.US_ASCII);
    byte[] signature = material(secret).signatureKey().sign(message);
    boolean is = false;
    for (KeySet.ReadyKey ready :
        new StoredKeyRing(this, requireNonNull(transaction, "transaction"), takesShortOverlaps)
            .keysOf(applicationId)
            .keys()) {
      boolean serves =
          ready.key().purpose() == Key.Purpose.REQUEST
              && ready.key().algorithm() == Key.Algorithm.HMAC_SHA256
              && ready.key().verifiesAt(now());
      is |= serves && ready.signature().verify(message, signature);
    }
    return is;
  }

  @Override
  public Secret rotate(long applicationId, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    Secret secret = newSecret();
    NewKey fresh = signing(applicationId, Key.Purpose.REQUEST, material(secret));
    change(
        transaction -> requireEnough(transaction, applicationId, overlap),
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
      long applicationId, Key.Purpose purpose, Key.Algorithm algorithm, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    NewKey fresh = signing(applicationId, purpose, KeyMaterial.generate(algorithm));
    Key key =
        change(
            transaction -> requireEnough(transaction, applicationId, overlap),
            (keys, audit) -> replace(keys, audit, fresh, overlap));
    return issued(key, fresh);
  }

  @Override
  public Duration leastOverlap(long applicationId) {
    return transactions().call(transaction -> leastOverlap(transaction, applicationId));
  }

  private Duration leastOverlap(Transaction transaction, long applicationId) {
    Duration least = SKEW.plus(parts.horizon().reach(transaction, applicationId, now()));
    return least.compareTo(MAX_OVERLAP) > 0 ? MAX_OVERLAP : least;
  }

  /** Refuses an overlap that ends before the last retry, unless it is none, or that is allowed. */
  private void requireEnough(Transaction transaction, long applicationId, Duration overlap) {
    if (overlap.isZero() || takesShortOverlaps) {
      return;
    }
    Duration least = leastOverlap(transaction, applicationId);
    Check.that(
        overlap.compareTo(least) >= 0,
        "overlap must be zero or at least " + least + ", was " + overlap);
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
    if (material.isShort()) {
      LOG.warn("Application {} is given a secret so short that it can be tried out", applicationId);
    }
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
        transaction -> requireEnough(transaction, applicationId, overlap),
        (keys, audit) -> {
          ChangeableKeys found = new ChangeableKeys(keys, applicationId);
          StoredKey stored = found.usable(keyId);
          Key key = stored.key();
          if (!key.verifiesAt(now())) {
            throw new ConflictException(
                "key " + keyId + " has its time from " + key.notBefore() + " to " + key.notAfter());
          }
          if (!vault.open(stored).canSign()) {
            throw new ConflictException("of key " + keyId + " only the public half is known");
          }
          for (StoredKey other : found.enabled(key.purpose(), key.algorithm(), now())) {
            if (other.id() != keyId) {
              leaveToVerify(keys, audit, other, overlap);
            }
          }
          Key promoted = key.in(Key.State.ENABLED);
          keys.update(stored.with(promoted));
          KeyAudit.record(audit, Operation.UPDATE, "promoted", promoted);
          return promoted;
        });
  }

  @Override
  public Key retire(long applicationId, long keyId, Duration overlap) {
    Check.range(overlap, Duration.ZERO, MAX_OVERLAP, "overlap");
    return change(
        transaction -> requireEnough(transaction, applicationId, overlap),
        (keys, audit) ->
            leaveToVerify(
                keys, audit, new ChangeableKeys(keys, applicationId).usable(keyId), overlap));
  }

  @Override
  public void disable(long applicationId, long keyId) {
    change(
        (keys, audit) -> {
          StoredKey stored = new ChangeableKeys(keys, applicationId).known(keyId);
          if (!stored.isOutOfUse()) {
            keys.update(stored.with(stored.key().in(Key.State.DISABLED)));
            KeyAudit.record(audit, Operation.UPDATE, "disabled", stored.key());
          }
          return stored;
        });
  }

  @Override
  public void destroy(long applicationId, long keyId) {
    change(
        (keys, audit) -> {
          StoredKey stored = new ChangeableKeys(keys, applicationId).any(keyId);
          if (!stored.isDestroyed()) {
            destroy(keys, audit, stored);
          }
          return stored;
        });
  }

  @Override
  public List<Key> keys(long applicationId, long beforeId, int limit) {
    Check.range(beforeId, 1, Long.MAX_VALUE, "beforeId");
    Check.range(limit, 1, MAX_PAGE, "limit");
    List<Key> known = new ArrayList<>();
    long before = beforeId;
    while (known.size() < limit) {
      int wanted = limit - known.size();
      List<StoredKey> page = store().page(applicationId, before, wanted);
      page.stream().filter(StoredKey::isKnown).map(StoredKey::key).forEach(known::add);
      if (page.size() < wanted) {
        break;
      }
      before = page.get(wanted - 1).id();
    }
    return List.copyOf(known);
  }

  @Override
  public KeyMaterial publicPart(long applicationId, long keyId) {
    StoredKey stored = new ChangeableKeys(store(), applicationId).known(keyId);
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
    Resealer resealer = new Resealer(vault);
    long last = 0;
    List<StoredKey> batch = parts.store().liveAfter(last, RESEALED_AT_ONCE);
    while (!batch.isEmpty()) {
      last = batch.get(batch.size() - 1).id();
      List<StoredKey> outdated = batch.stream().filter(stored -> !vault.isCurrent(stored)).toList();
      if (!outdated.isEmpty()) {
        resealer.count(change((keys, audit) -> resealer.reseal(keys, audit, outdated)));
      }
      batch = parts.store().liveAfter(last, RESEALED_AT_ONCE);
    }
    return resealer.resealed();
  }

  /** A change of keys with its records, while other changes are kept out. */
  private interface Change<T> {
    T apply(KeyStore keys, AuditLog audit);
  }

  private <T> T change(Change<T> change) {
    return change(transaction -> {}, change);
  }

  /** A change after a look at what else there is, which need not keep other changes out. */
  private <T> T change(Consumer<Transaction> look, Change<T> change) {
    return transactions()
        .call(
            transaction -> {
              look.accept(transaction);
              KeyStore keys = parts.store().joining(transaction);
              keys.advance();
              transaction.afterCommit(cache::expire);
              return change.apply(keys, parts.audit().joining(transaction));
            });
  }

  private Transactions transactions() {
    return joined == null ? parts.transactions() : Transactions.joining(joined);
  }

  /** A key that signs from now on, or a public half that verifies. */
  private NewKey signing(long applicationId, Key.Purpose purpose, KeyMaterial material) {
    requireNonNull(material, "material");
    Key.State state = material.canSign() ? Key.State.ENABLED : Key.State.VERIFY_ONLY;
    return new NewKey(applicationId, purpose, material, state, now().minus(SKEW), Key.FOREVER);
  }

  private Key replace(KeyStore keys, AuditLog audit, NewKey fresh, Duration overlap) {
    new ChangeableKeys(keys, fresh.applicationId())
        .enabled(fresh.purpose(), fresh.material().algorithm(), now())
        .forEach(stored -> leaveToVerify(keys, audit, stored, overlap));
    return add(keys, audit, fresh, "rotated in");
  }

  /** Without an overlap the key is disabled, which no clock undoes. */
  private Key leaveToVerify(KeyStore keys, AuditLog audit, StoredKey stored, Duration overlap) {
    Instant end = now().plus(overlap);
    Key.State state = overlap.isZero() ? Key.State.DISABLED : Key.State.VERIFY_ONLY;
    Key left = stored.key().in(state).until(end);
    keys.update(stored.with(left));
    String what = overlap.isZero() ? "disabled" : "left to verify until " + end;
    KeyAudit.record(audit, Operation.UPDATE, what, stored.key());
    return left;
  }

  private Key add(KeyStore keys, AuditLog audit, NewKey fresh, String what) {
    Instant now = now();
    int live = 0;
    List<StoredKey> present = keys.live(fresh.applicationId(), MAX_PAGE);
    present.forEach(stored -> requireOther(stored, fresh));
    for (StoredKey stored : present) {
      if (stored.isKnown() && !stored.key().notAfter().plus(SKEW).isAfter(now)) {
        destroy(keys, audit, stored);
      } else if (stored.serves(fresh.purpose()) && stored.isInTime(now)) {
        live++;
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
    KeyAudit.record(audit, Operation.CREATE, what, key);
    return key;
  }

  /** Refuses a key that is there for another purpose, or is not to be used any more. */
  private void requireOther(StoredKey stored, NewKey fresh) {
    boolean elsewhere = !stored.serves(fresh.purpose());
    if ((elsewhere || stored.isOutOfUse()) && isSame(stored, fresh.material())) {
      throw new ConflictException(
          elsewhere
              ? "key " + stored.id() + " for " + stored.key().purpose() + " is the same key"
              : "key " + stored.id() + " is the same key, and disabled: destroy it first");
    }
  }

  /** Whether that is the key, as far as it can be read: what cannot be must not be in the way. */
  private boolean isSame(StoredKey stored, KeyMaterial material) {
    try {
      return vault.open(stored).isSameAs(material);
    } catch (StorageException e) {
      LOG.warn("A new key was not compared with one that cannot be read", e);
      return false;
    }
  }

  private static void destroy(KeyStore keys, AuditLog audit, StoredKey stored) {
    keys.destroy(stored.applicationId(), stored.id());
    KeyAudit.record(audit, Operation.DELETE, "destroyed", stored);
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
}
