package dev.gatehouse.signing;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: remembers which nonces were used, each once. Safe for use by multiple threads, but for what
 * {@link #joining} returns.
 */
public interface NonceStore {
  /** This store inside the transaction. */
  NonceStore joining(Transaction transaction);
}
