package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.registry.KeyIssuer;
import dev.gatehouse.registry.Secret;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys of all applications, each of one {@linkplain Key.Purpose purpose}. Of an application's
 * keys for a purpose the newest enabled one signs, and every key in its time that is enabled or
 * verify-only verifies. An application has at most {@value #MAX_LIVE} keys of a purpose that are
 * not destroyed, and no key, whatever its form, serves two purposes of one application.
 *
 * <p>Every change is audited in its own transaction. It takes effect on this node as it commits,
 * and on every other node, or if the transaction was the host's, within a second: keys are read
 * from memory while the store's version, asked about twice a second, stays the same. A version
 * older than a second is not relied on; if it cannot be asked about, verifying fails.
 *
 * <p>With a master key, secrets and private keys are encrypted in the store, with what they are
 * for. Without one they are stored in clear, and a warning is logged. What was stored under one
 * that it replaces stays readable, and what was stored in clear if it {@linkplain
 * MasterKey#readingClear allows}; {@link #reseal} encrypts it under the present one. A key that
 * cannot be read is left out, and logged as an error: what it might have signed or proven fails,
 * and nothing else. So is a key that a later version stored, and that this one does not know.
 *
 * <p>A key can be replaced in one step by {@link #rotate}, if those who verify learn of the new one
 * in time, or in three: {@link #prepare} a key that only verifies, wait until everyone who verifies
 * has it, {@link #promote} it, which leaves the old one to verify for a while. Schemes that carry
 * several signatures, {@link StandardWebhooksScheme} and {@link StripeScheme}, sign with each key
 * that verifies meanwhile, so that a receiver may take over the new one at any time until then.
 *
 * <p>Where an application has keys of several algorithms for one purpose, each rotates by itself,
 * and of all that a scheme allows the newest signs: tell the scheme which one with its {@code
 * only}.
 *
 * <p>Safe for use by multiple threads, but for what {@link #joining} returns.
 */
public sealed interface KeyRing extends KeyIssuer permits StoredKeyRing {
  /** Most keys of an application for one purpose that are not destroyed. */
  int MAX_LIVE = 8;

  /** Longest time for which a key verifies after it was rotated out. */
  Duration MAX_OVERLAP = Duration.ofDays(365);

  /** By how much clocks may differ: a new key's time began so long ago, unless it is prepared. */
  Duration SKEW = Duration.ofMinutes(5);

  /** A key ring over a store. Does no I/O. */
  static KeyRing create(Configuration configuration) {
    return StoredKeyRing.create(requireNonNull(configuration, "configuration"));
  }

  /**
   * The least overlap with which nothing that was signed with the old key, and may be sent again as
   * it is, is still under way when its time ends: the skew of clocks, and what the {@link
   * RetryHorizon} tells, which are all waits of the application's retry policy at their longest, or
   * more if what is pending takes longer; but never more than 365 days. Callbacks of tasks are
   * signed anew at each attempt; this is for hosts, gateways and receivers that keep a signed
   * message and try it again by the same policy. One that waits for longer, as by {@code
   * Retry-After}, takes longer.
   *
   * @throws dev.gatehouse.error.StorageException if that cannot be found out
   */
  Duration leastOverlap(long applicationId);

  /**
   * This key ring, which takes any overlap from zero to 365 days, however short: what was signed
   * with the old key and is sent again after the overlap ends does not verify any more. Without it
   * an overlap is zero, or at least what {@link #leastOverlap} tells.
   */
  KeyRing allowingShortOverlaps();

  /**
   * Makes a new secret for HMAC-SHA256 that signs requests from now on, and leaves every such key
   * that was enabled until now to verify until the overlap ends. Destroys keys whose time is over
   * by the skew of clocks.
   *
   * <p>The application learns the new secret from its owner, so what is signed for it before that
   * does not verify there: rotate when the owner is ready.
   *
   * @param overlap zero, to disable the old keys at once, as after a leak; or at least {@link
   *     #leastOverlap} of the application, to 365 days
   * @return the secret of the new key, which cannot be read again: 32 letters and digits
   * @throws IllegalArgumentException if the overlap is neither
   * @throws dev.gatehouse.error.NotFoundException if the application never had a key
   * @throws dev.gatehouse.error.ConflictException if the application has a key for requests in a
   *     state that only a later version knows
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys for
   *     requests in their time
   */
  Secret rotate(long applicationId, Duration overlap);

  /**
   * Makes a new key that signs from now on, and leaves every enabled key of the same purpose and
   * algorithm to verify until the overlap ends. Destroys keys whose time is over by the skew of
   * clocks. Works without an earlier key too.
   *
   * @param overlap zero, to disable the enabled keys at once, as after a leak, while those that
   *     were left to verify before keep their time; or at least {@link #leastOverlap} of the
   *     application, to 365 days
   * @throws IllegalArgumentException if the overlap is neither
   * @throws dev.gatehouse.error.ConflictException if the application has a key of the purpose in a
   *     state that only a later version knows
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys of
   *     the purpose in their time
   */
  IssuedKey rotate(
      long applicationId, Key.Purpose purpose, Key.Algorithm algorithm, Duration overlap);

  /**
   * Makes a new key that signs from now on, beside those that there are. Of several that sign by
   * the same scheme the newest one does.
   *
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys of
   *     the purpose in their time
   */
  IssuedKey generate(long applicationId, Key.Purpose purpose, Key.Algorithm algorithm);

  /**
   * Makes a key of a given secret, as {@link #issue} does of a new one: for moving an application
   * here that has a secret already.
   *
   * @throws dev.gatehouse.error.ConflictException if the application has a key of the same secret
   *     for another purpose, or one that is disabled, of those that can be read
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys for
   *     requests in their time
   */
  Key importKey(long applicationId, Secret secret);

  /**
   * Takes in a key that was made elsewhere. From now on it signs and verifies; a public half alone
   * only verifies.
   *
   * @throws dev.gatehouse.error.ConflictException if the application has a key of the same material
   *     for another purpose, or one that is disabled, of those that can be read
   * @throws dev.gatehouse.error.LimitException if the application has {@value #MAX_LIVE} keys of
   *     the purpose in their time
   */
  Key importKey(long applicationId, Key.Purpose purpose, KeyMaterial material);

  /**
   * Takes in a key that only verifies until it is {@linkplain #promote promoted}.
   *
   * @param notBefore its time begins here; now or earlier for a key that verifies at once
   * @param notAfter its time ends before this, which is to come; {@link Key#FOREVER} if it does not
   * @throws dev.gatehouse.error.ConflictException as {@link #importKey(long, Key.Purpose,
   *     KeyMaterial)}
   * @throws dev.gatehouse.error.LimitException as it
   */
  Key prepare(
      long applicationId,
      Key.Purpose purpose,
      KeyMaterial material,
      Instant notBefore,
      Instant notAfter);

  /**
   * Lets a key that only verified sign from now on, and leaves every other enabled key of the same
   * purpose and algorithm to verify until the overlap ends. Its own time stays as it is.
   *
   * @param overlap zero, to disable the others at once, as after a leak; or at least {@link
   *     #leastOverlap} of the application, to 365 days
   * @throws IllegalArgumentException if the overlap is neither
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   * @throws dev.gatehouse.error.ConflictException if it is disabled, destroyed or not known here,
   *     its time has not begun or is over, or only its public half is known, or if the application
   *     has a key of the purpose in a state that only a later version knows
   */
  Key promote(long applicationId, long keyId, Duration overlap);

  /**
   * Leaves a key to verify until the overlap ends, unless its time ends sooner. If it is the only
   * one that signs, none does from now on.
   *
   * @param overlap zero, to disable it at once, as after a leak; or at least {@link #leastOverlap}
   *     of the application, to 365 days
   * @throws IllegalArgumentException if the overlap is neither
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   * @throws dev.gatehouse.error.ConflictException if it is disabled, destroyed or not known here
   */
  Key retire(long applicationId, long keyId, Duration overlap);

  /**
   * The public half of a key, for handing it to those who verify. Asks the store.
   *
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   * @throws dev.gatehouse.error.ConflictException if it is a shared secret, destroyed or not known
   *     here
   */
  KeyMaterial publicPart(long applicationId, long keyId);

  /**
   * Encrypts under the present master key whatever is stored in clear or under one that it
   * replaces, a hundred keys in a transaction, each of which is audited. What was done stands if it
   * fails midway; a further call goes on with the rest. A key that cannot be read is passed over,
   * and told of in the end. First give every node the new master key with those that it {@linkplain
   * MasterKey#replacing replaces}, or nodes without it cannot read what this wrote.
   *
   * @return how many keys were encrypted
   * @throws IllegalStateException if there is no master key, or this key ring is inside a
   *     transaction
   * @throws dev.gatehouse.error.StorageException if keys cannot be read, with the id of the first
   *     of them: destroy it, give the master key that it is under, or, if a later version stored
   *     it, reseal there
   */
  long reseal();

  /**
   * Ends every use of a key; does nothing to one that is disabled.
   *
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   * @throws dev.gatehouse.error.ConflictException if it is destroyed, or not known here
   */
  void disable(long applicationId, long keyId);

  /**
   * Ends every use of a key, be it one that cannot be read or is not known here, and wipes its
   * secret for good; what else is known of it stays. Does nothing to one that is destroyed.
   *
   * @throws dev.gatehouse.error.NotFoundException if the application has no such key
   */
  void destroy(long applicationId, long keyId);

  /**
   * The application's keys of any state, newest first; those that this version does not know are
   * left out.
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
   * @param horizon tells what is pending, of the same storage
   */
  record Configuration(
      KeyStore store,
      Transactions transactions,
      LongSupplier ids,
      InstantSource clock,
      AuditLog audit,
      @Nullable MasterKey masterKey,
      RetryHorizon horizon) {
    /** Checks that nothing but the master key is missing. */
    public Configuration {
      requireNonNull(store, "store");
      requireNonNull(transactions, "transactions");
      requireNonNull(ids, "ids");
      requireNonNull(clock, "clock");
      requireNonNull(audit, "audit");
      requireNonNull(horizon, "horizon");
    }
  }
}
