package dev.gatehouse.signing;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;

/**
 * SPI: keeps the keys of applications. A key's material is opaque to the store, which must show it
 * to nobody but its caller.
 *
 * <p>Rules that every store keeps: {@code KEY-1} a key comes back exactly as it was stored; {@code
 * KEY-2} a key of another application does not exist; {@code KEY-3} an id is given once; {@code
 * KEY-4} a change replaces the whole key, and only one that is there; {@code KEY-5} live keys are
 * those not destroyed, newest first, as many as the limit allows; {@code KEY-6} pages hold all
 * keys, newest first, from just below the given id; {@code KEY-7} the version grows with each
 * advance, a reader sees it no sooner than the changes of the same transaction, and what was seen
 * under one is not taken back without another; {@code KEY-8} from an advance until its transaction
 * ends, every other advance waits, and what is read after it is the newest that was committed;
 * {@code KEY-9} what is done after {@link #joining} stands or falls with the transaction; {@code
 * KEY-10} a walk over all live keys meets each that stays live meanwhile once, oldest first; {@code
 * KEY-11} a destroyed key has no material any more, and all else that is known of it; {@code
 * KEY-12} where several versions share a store, a key that this one does not know stops no read of
 * others: it comes back as an {@link UnknownKey}, counts as live unless it is destroyed, and can be
 * destroyed; {@code KEY-13} whoever knows the keys of a version learns which applications' keys to
 * read again, those of removed applications among them.
 *
 * <p>Every method may throw a {@link dev.gatehouse.error.StorageException}. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 */
public interface KeyStore {
  /**
   * Adds a key.
   *
   * @param key one that is known
   * @throws dev.gatehouse.error.ConflictException if there is a key of that id ({@code KEY-3})
   */
  void insert(StoredKey key);

  /**
   * Replaces the key of the same id and application by this one ({@code KEY-4}).
   *
   * @param key one that is known
   * @return whether there was one
   */
  boolean update(StoredKey key);

  /**
   * Wipes the material of a key and gives it the state {@link Key.State#DESTROYED} ({@code KEY-11},
   * {@code KEY-12}); does nothing to one that is destroyed.
   *
   * @return whether the application has a key of that id
   */
  boolean destroy(long applicationId, long keyId);

  /** The key of that id, if it is the application's ({@code KEY-1}, {@code KEY-2}). */
  Optional<StoredKey> find(long applicationId, long keyId);

  /**
   * The application's keys that are not destroyed, newest first ({@code KEY-5}).
   *
   * @param limit 1..1000
   */
  List<StoredKey> live(long applicationId, int limit);

  /**
   * The application's keys of any state, newest first ({@code KEY-6}).
   *
   * @param beforeId only keys with a smaller id; {@code Long.MAX_VALUE} for the first page
   * @param limit 1..1000
   */
  List<StoredKey> page(long applicationId, long beforeId, int limit);

  /**
   * The keys of all applications that are not destroyed, oldest first ({@code KEY-10}).
   *
   * @param afterId only keys with a greater id; 0 for the first of them
   * @param limit 1..1000
   */
  List<StoredKey> liveAfter(long afterId, int limit);

  /**
   * Announces a change of any key, to be called in the transaction that makes it before it reads or
   * changes any ({@code KEY-7}, {@code KEY-8}).
   */
  void advance();

  /** The number of changes so far: while it stays the same, no key has changed ({@code KEY-7}). */
  long version();

  /**
   * The applications whose keys were changed by transactions that advanced the version beyond that
   * one, in order of their ids ({@code KEY-13}).
   *
   * @param version 0 or more
   * @param limit 1..1000
   */
  List<Long> changedAfter(long version, int limit);

  /** This store inside the transaction ({@code KEY-9}). */
  KeyStore joining(Transaction transaction);
}
