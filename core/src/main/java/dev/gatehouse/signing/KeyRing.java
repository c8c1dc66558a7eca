package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.registry.KeyIssuer;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys of all applications. Of an application's keys the newest enabled one signs, and every
 * key in its time that is enabled or verify-only verifies. An application has at most {@value
 * #MAX_LIVE} keys that are not destroyed.
 *
 * <p>Every change is audited in its own transaction. It takes effect on this node as it commits,
 * and on every other node, or if the transaction was the host's, within a second: keys are read
 * from memory while the store's version, asked about twice a second, stays the same. A version
 * older than a second is not relied on; if it cannot be asked about, verifying fails.
 *
 * <p>With a master key, secrets are encrypted in the store. Without one they are stored in clear,
 * and a warning is logged. Secrets stored in clear before a master key was given stay readable;
 * {@link #rotate} replaces them.
 *
 * <p>Safe for use by multiple threads, but for what {@link #joining} returns.
 */
public sealed interface KeyRing extends KeyIssuer permits StoredKeyRing {
  /** Most keys of an application that are not destroyed. */
  int MAX_LIVE = 8;

  /** Longest time for which a key verifies after it was rotated out. */
  Duration MAX_OVERLAP = Duration.ofDays(365);

  /** A key ring over a store. Does no I/O. */
  static KeyRing create(Configuration configuration) {
    return StoredKeyRing.create(requireNonNull(configuration, "configuration"));
  }

  /**
   * Makes a new key that signs from now on, and leaves every key that was enabled until now to
   * verify until the overlap ends. Destroys keys whose time is over.
   *
   * <p>The application learns the new secret from its owner, so what is signed for it before that
   * does not verify there: rotate when the owner is ready.
   *
   * @param overlap zero, to end the old keys' time at once, to 365 days
   * @return the secret of the new key, which cannot be read again: 32 letters and digits
   * @throws dev.gatehouse.error.NotFoundException if the application never had a key
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys in
   *     their time
   */
  Secret rotate(long applicationId, Duration overlap);

  /**
   * Makes a key of a given secret, as {@link #issue} does of a new one: for moving an application
   * here that has a secret already.
   *
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys in
   *     their time
   */
  Key importKey(long applicationId, Secret secret);

  /**
   * Ends every use of a key; does nothing to one that is disabled.
   *
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   * @throws dev.gatehouse.error.ConflictException if it is destroyed
   */
  void disable(long applicationId, long keyId);

  /**
   * Ends every use of a key and wipes its secret for good; what else is known of it stays. Does
   * nothing to one that is destroyed.
   *
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   */
  void destroy(long applicationId, long keyId);

  /**
   * The application's keys of any state, newest first.
   *
   * @param beforeId 1 or more: only keys with a smaller id; {@code Long.MAX_VALUE} for the first
   *     page
   * @param limit 1..1000
   */
  List<Key> keys(long applicationId, long beforeId, int limit);

  /** This key ring inside the transaction. */
  KeyRing joining(Transaction transaction);

  /**
   * What a key ring is made of.
   *
   * @param store keeps the keys
   * @param transactions of the same storage
   * @param ids gives positive ids that grow with time
   * @param clock judges the time of keys
   * @param audit records changes, in the same storage
   * @param masterKey encrypts secrets at rest; null to store them in clear
   */
  record Configuration(
      KeyStore store,
      Transactions transactions,
      LongSupplier ids,
      InstantSource clock,
      AuditLog audit,
      @Nullable MasterKey masterKey) {
    /** Checks that nothing but the master key is missing. */
    public Configuration {
      requireNonNull(store, "store");
      requireNonNull(transactions, "transactions");
      requireNonNull(ids, "ids");
      requireNonNull(clock, "clock");
      requireNonNull(audit, "audit");
    }
  }
}
