package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * An append-only log of who did what, when, and with what result. Safe for use by multiple threads,
 * but for what {@link #joining} returns.
 */
public interface AuditLog {
  /** Most records that are looked at to fill one page. */
  int MAX_SCANNED = 10_000;

  /**
   * A log over a store.
   *
   * @param ids gives a new id above 0 for each record, growing
   * @param clock gives the time of records that have none
   */
  static AuditLog create(AuditStore store, LongSupplier ids, InstantSource clock) {
    return new PagedAuditLog(store, ids, clock, MAX_SCANNED);
  }

  /**
   * Appends a record and returns it as stored: with its id and, where the record named none, the
   * time. The record's bytes are frozen here.
   *
   * @throws IllegalArgumentException if the record has an id, so was written already
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was appended
   */
  AuditRecord write(AuditRecord record);

  /**
   * Appends records as {@link #write} does, all or none, in the given order and in one round trip
   * to the storage.
   *
   * @param records 1..{@link AuditStore#MAX_BATCH}
   */
  List<AuditRecord> writeAll(List<AuditRecord> records);

  /** The record with that id. */
  Optional<AuditRecord> find(long id);

  /**
   * A page of the records in a window of time that pass a filter. It shows all writes that
   * returned, and all transactions that were committed, before the call.
   *
   * <p>Going on from page to page never repeats a record and never skips one that is there all the
   * while. A record that comes later is on a later page only if it sorts after the page before; so
   * one whose transaction takes long to commit can be missed by a reader at the very end of the
   * log. Next, then previous, gives the same page again if all that was full.
   *
   * <p>At most {@link #MAX_SCANNED} records are looked at beyond those that the storage rules out
   * by equality in a core field; if that does not fill the page, it is short, and its continuation
   * point goes on from there.
   *
   * @throws InvalidQueryException if the continuation point was altered, or belongs to another
   *     window, filter or store
   */
  AuditPage find(AuditQuery query);

  /** This log inside the transaction: what is written there stands or falls with it. */
  AuditLog joining(Transaction transaction);
}
