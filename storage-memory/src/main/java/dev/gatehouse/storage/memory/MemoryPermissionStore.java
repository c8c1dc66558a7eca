package dev.gatehouse.storage.memory;

import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.transaction.Transaction;

/** The PermissionStore of a {@link MemoryStorage}. */
final class MemoryPermissionStore implements PermissionStore {
  private final Journal journal;

  MemoryPermissionStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public PermissionStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
