package dev.gatehouse.registry;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: keeps applications, servers and services. Safe for use by multiple threads, but for what
 * {@link #joining} returns.
 */
public interface RegistryStore {
  /** This store inside the transaction. */
  RegistryStore joining(Transaction transaction);
}
