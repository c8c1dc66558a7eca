package dev.gatehouse.storage.jdbc;

import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.transaction.Transaction;

/** The PermissionStore of a {@link JdbcStorage}. */
final class JdbcPermissionStore implements PermissionStore {
  private final Database database;

  JdbcPermissionStore(Database database) {
    this.database = database;
  }

  @Override
  public PermissionStore joining(Transaction transaction) {
    return new JdbcPermissionStore(database.joining(transaction));
  }
}
