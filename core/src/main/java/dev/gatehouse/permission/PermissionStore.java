package dev.gatehouse.permission;

import dev.gatehouse.transaction.Transaction;

/**
 * SPI: keeps roles and grants under one version that grows with each change. Safe for use by
 * multiple threads, but for what {@link #joining} returns.
 */
public interface PermissionStore {
  /** This store inside the transaction. */
  PermissionStore joining(Transaction transaction);
}
