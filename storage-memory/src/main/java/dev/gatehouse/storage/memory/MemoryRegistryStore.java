package dev.gatehouse.storage.memory;

import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.transaction.Transaction;

/** The RegistryStore of a {@link MemoryStorage}. */
final class MemoryRegistryStore implements RegistryStore {
  private final Journal journal;

  MemoryRegistryStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public RegistryStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
