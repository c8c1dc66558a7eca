package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;

/**
 * SPI: keeps audit records by position, and their canonical bytes unchanged. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 */
public interface AuditStore {
  /** Most entries of one append. */
  int MAX_BATCH = 1_000;

  /** Bytes of a cursor key. */
  int CURSOR_KEY_BYTES = 32;

  /** Which log this keeps: entries of another are refused. */
  LogName log();

  /**
   * Appends the entries, 1..{@link #MAX_BATCH}, in one round trip if it can. All of them are kept,
   * and seen by whatever is read after this returns, or none ({@code AUDIT-1}). An id is appended
   * once: a batch that holds a kept id, or one id twice, is refused whole ({@code AUDIT-2}). What
   * is appended is pending in the {@link #tree}, and waits for no sequencer.
   *
   * @throws dev.gatehouse.error.ConflictException if an id is there already
   * @throws IllegalArgumentException if an entry is of another log ({@code AUDIT-19})
   */
  void append(List<AuditEntry> entries);

  /**
   * Reads records between two positions, both excluded, in the scan's order, no more than its
   * limit, skipping and repeating none ({@code AUDIT-3}); of them only those that meet every match,
   * compared exactly ({@code AUDIT-4}).
   */
  List<AuditEntry> scan(AuditScan scan);

  /** Scans one after another. Not safe: confine to one thread. */
  interface Walk {
    /** As {@link AuditStore#scan}. */
    List<AuditEntry> scan(AuditScan scan);
  }

  /**
   * A walk of scans that differ in their limit and in where they begin alone, each where the one
   * before ended, and look at {@link AuditLog#MAX_SCANNED} records at most: what such a scan finds
   * is the same as without a walk, but a store may remember what it met. By default it does not.
   */
  default Walk walk() {
    return this::scan;
  }

  /**
   * The entry with that id, its bytes and its hash exactly as they were appended ({@code AUDIT-5}).
   */
  Optional<AuditEntry> find(long id);

  /**
   * Erases values of entries, 1..{@link #MAX_BATCH}, all or none: their openings, and whatever
   * columns are derived from these, become those of the entries after the erasure, and nothing is
   * left of the values anywhere in the store; canonical bytes, leaf hash and MAC stay as they are
   * ({@code AUDIT-16}).
   *
   * @throws dev.gatehouse.error.ConflictException if the openings of one are not those that it had
   *     before, or it is not there; nothing changed then
   */
  void erase(List<AuditErasure> erasures);

  /**
   * Removes records and their leaves, all or none, and keeps which leaves these were, for {@link
   * AuditTreeStore#removals}; tiles and heads stay as they are ({@code AUDIT-18}).
   *
   * @throws dev.gatehouse.error.ConflictException if a record or its leaf is not there; nothing
   *     changed then
   */
  void remove(AuditRemoval removal);

  /**
   * The key of {@link #CURSOR_KEY_BYTES} bytes with which continuation points over this store are
   * authenticated. The first candidate offered is kept for good, and everyone gets that one, on
   * every thread and after a restart ({@code AUDIT-7}). Who can read this key can read the log
   * itself, so it needs no more protection than the log.
   */
  byte[] cursorKey(byte[] candidate);

  /** The tree over the records of this store, inside the same transaction as this. */
  AuditTreeStore tree();

  /**
   * This store inside the transaction: its appends are seen inside at once, outside with the
   * commit, and never after a rollback ({@code AUDIT-8}).
   */
  AuditStore joining(Transaction transaction);
}
