package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;

/**
 * An append-only log of who did what, when, and with what result. Safe for use by multiple threads,
 * but for what {@link #joining} returns.
 */
public interface AuditLog {
  /**
   * Appends a record and returns it as stored: with its id and, where the record named none, the
   * time. The record's bytes are frozen here.
   *
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was appended
   */
  AuditRecord write(AuditRecord record);

  /** This log inside the transaction: what is written there stands or falls with it. */
  AuditLog joining(Transaction transaction);
}
