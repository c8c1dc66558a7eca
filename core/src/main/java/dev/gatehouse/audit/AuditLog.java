package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * An append-only log of who did what, when, and with what result. Safe for use by multiple threads,
 * but for what {@link #joining} returns.
 */
public interface AuditLog {
  /** Most records that are looked at to fill one page. */
  int MAX_SCANNED = 10_000;

  /** Highest cap of a count, and about as many records are looked at for one at most. */
  int MAX_COUNTED = 100_000;

  /** Most records of one erasure. */
  int MAX_ERASED = 1_000;

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
   * As {@link #create(AuditStore, LongSupplier, InstantSource)}, for a log that is proven by a tree
   * over the same store: it authenticates records, wakes the sequencer, or sequences at once, as
   * the tree's options have it.
   */
  static AuditLog create(AuditStore store, LongSupplier ids, InstantSource clock, AuditTree tree) {
    return new PagedAuditLog(store, ids, clock, MAX_SCANNED, (StoredAuditTree) tree);
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

  /**
   * This log for whoever acts in a context: records that are written through it say what the
   * context says, where they do not say it themselves.
   */
  AuditLog within(AuditContext context);

  /**
   * What becomes of records here, and which typed fields they may have: what {@link
   * AuditQuery#parse(String, AuditRules)} wants to know. Here the {@linkplain AuditRules#DEFAULT
   * default}.
   */
  default AuditRules rules() {
    return AuditRules.DEFAULT;
  }

  /**
   * Erases the values of fields from records for good, and records that, in one transaction: the
   * log's own if it is not joined to one. The records stay, with all that was not erased; every
   * proof, head and export still verifies, and tells that the fields were erased. A field must have
   * been {@linkplain AuditRules.Builder#erasable erasable} when its record was written. What was
   * erased is gone from every column and index of the storage; copies made before, such as exports
   * and backups, and what a database has yet to vacuum away, are the host's to see to.
   *
   * @param ids 1..{@link #MAX_ERASED} records
   * @param fields names as in queries, of {@link AuditRules#ERASABLE} or of the application's
   * @param reason is kept in the record of the erasure: without what is to be erased
   * @return that record, of kind ERASURE, whose {@code ext} names the records and fields; empty if
   *     there was nothing left to erase, and so nothing was done
   * @throws dev.gatehouse.error.NotFoundException if there is no such record
   * @throws dev.gatehouse.error.ConflictException if a field was written so that it cannot be
   *     erased, or somebody else erases from the same record; nothing changed then
   * @throws IllegalStateException if this log has neither a tree nor a transaction
   */
  Optional<AuditRecord> erase(Set<Long> ids, Set<String> fields, String reason);

  /**
   * Removes records from before a time, oldest first, in batches of 1,000, each with a record of
   * its removal and in a transaction of its own: so it can be broken off at any point and called
   * again. Tiles and heads stay, and with them the hashes of what was removed: every proof of what
   * remains holds, the log can be shown to have only grown, and {@link AuditTree#verify} tells what
   * was removed in this way from what somebody has deleted. The records of erasures and removals
   * stay, and so do for a while the newest: up to 255 whose tile is not full, and what is pending.
   *
   * @param before exclusive
   * @param most records to remove, 1 or more
   * @return how many were removed; fewer than {@code most} if there are no more, or another node
   *     removes the same
   * @throws IllegalStateException if this log has no tree, or is inside a transaction
   */
  long removeBefore(Instant before, long most);

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

  /**
   * How many records of the query's window pass its filter, counted up to a cap. Looks at about
   * {@link #MAX_COUNTED} records at most, fewer than {@link #MAX_SCANNED} more, beyond those that
   * the storage rules out, and then tells how many of them passed. What is written meanwhile may be
   * counted or not.
   *
   * @param query without a continuation point; its page size and fields play no part
   * @param cap 1..{@link #MAX_COUNTED}
   */
  AuditCount count(AuditQuery query, int cap);

  /**
   * Writes all records of the window that pass the filter, in the query's order, each as a line of
   * its own: a JSON object in UTF-8 with the query's fields, as on a page, in which characters that
   * command a terminal or turn text around are escaped. Reads a page of 1,000 at a time and needs
   * memory for that alone, however many there are. Outside of a transaction it shows no single
   * moment: none is repeated, and none skipped that is there all the while, as from page to page.
   * For a file that proves itself see {@link AuditTree#export}. The stream is left open.
   *
   * @param query without a continuation point; its page size plays no part
   * @return how many were written
   */
  long export(AuditQuery query, OutputStream out) throws IOException;

  /** This log inside the transaction: what is written there stands or falls with it. */
  AuditLog joining(Transaction transaction);
}
