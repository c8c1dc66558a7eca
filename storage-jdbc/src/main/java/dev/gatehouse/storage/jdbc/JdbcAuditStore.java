package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.transaction.Transaction;

/** The AuditStore of a {@link JdbcStorage}. */
final class JdbcAuditStore implements AuditStore {
  private final Database database;

  JdbcAuditStore(Database database) {
    this.database = database;
  }

  @Override
  public AuditStore joining(Transaction transaction) {
    return new JdbcAuditStore(database.joining(transaction));
  }
}
