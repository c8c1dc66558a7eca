package dev.gatehouse.storage.jdbc;

import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.transaction.Transaction;

/** The NonceStore of a {@link JdbcStorage}. */
final class JdbcNonceStore implements NonceStore {
  private final Database database;

  JdbcNonceStore(Database database) {
    this.database = database;
  }

  @Override
  public NonceStore joining(Transaction transaction) {
    return new JdbcNonceStore(database.joining(transaction));
  }
}
