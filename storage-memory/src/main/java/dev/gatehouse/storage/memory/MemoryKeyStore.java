package dev.gatehouse.storage.memory;

import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.transaction.Transaction;

/** The KeyStore of a {@link MemoryStorage}. */
final class MemoryKeyStore implements KeyStore {
  private final Journal journal;

  MemoryKeyStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public KeyStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
