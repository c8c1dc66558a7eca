package dev.gatehouse.storage.memory;

import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.transaction.Transaction;

/** The TaskStore of a {@link MemoryStorage}. */
final class MemoryTaskStore implements TaskStore {
  private final Journal journal;

  MemoryTaskStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }
}
