package dev.gatehouse.audit;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: keeps audit records in order of append. Safe for use by multiple threads, but for what
 * {@link #joining} returns.
 */
public interface AuditStore {
  /** This store inside the transaction. */
  AuditStore joining(Transaction transaction);
}
