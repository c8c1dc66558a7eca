package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: keeps tasks, their attempts, and the leases of the nodes that run them. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 */
public interface TaskStore {
  /** This store inside the transaction. */
  TaskStore joining(Transaction transaction);
}
