package dev.gatehouse.storage.jdbc;

import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.transaction.Transaction;

/** The RegistryStore of a {@link JdbcStorage}. */
final class JdbcRegistryStore implements RegistryStore {
  private final Database database;

  JdbcRegistryStore(Database database) {
    this.database = database;
  }

  @Override
  public RegistryStore joining(Transaction transaction) {
    return new JdbcRegistryStore(database.joining(transaction));
  }
}
