package dev.gatehouse.storage.jdbc;

import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.transaction.Transaction;

/** The KeyStore of a {@link JdbcStorage}. */
final class JdbcKeyStore implements KeyStore {
  private final Database database;

  JdbcKeyStore(Database database) {
    this.database = database;
  }

  @Override
  public KeyStore joining(Transaction transaction) {
    return new JdbcKeyStore(database.joining(transaction));
  }
}
