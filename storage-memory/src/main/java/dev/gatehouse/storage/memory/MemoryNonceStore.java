package dev.gatehouse.storage.memory;

import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.transaction.Transaction;

/** The NonceStore of a {@link MemoryStorage}. */
final class MemoryNonceStore implements NonceStore {
  private final Journal journal;

  MemoryNonceStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public NonceStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
