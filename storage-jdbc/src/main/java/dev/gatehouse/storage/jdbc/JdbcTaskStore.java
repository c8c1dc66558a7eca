package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.transaction.Transaction;

/** The TaskStore of a {@link JdbcStorage}. */
final class JdbcTaskStore implements TaskStore {
  private final Database database;

  JdbcTaskStore(Database database) {
    this.database = database;
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    return new JdbcTaskStore(database.joining(transaction));
  }
}
