package dev.gatehouse.signing;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: keeps the keys of applications. Safe for use by multiple threads, but for what {@link
 * #joining} returns.
 */
public interface KeyStore {
  /** This store inside the transaction. */
  KeyStore joining(Transaction transaction);
}
