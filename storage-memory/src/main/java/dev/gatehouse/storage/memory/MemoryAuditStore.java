package dev.gatehouse.storage.memory;

import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.transaction.Transaction;

/** The AuditStore of a {@link MemoryStorage}. */
final class MemoryAuditStore implements AuditStore {
  private final Journal journal;

  MemoryAuditStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public AuditStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
