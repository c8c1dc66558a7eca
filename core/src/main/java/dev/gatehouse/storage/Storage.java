package dev.gatehouse.storage;

import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.transaction.Transactions;

/**
 * SPI: all stores of one place, and transactions over them.
 *
 * <p>Making a storage does no I/O ({@code STORAGE-1}); {@link #check} does, and throws while the
 * place cannot be used ({@code STORAGE-2}). What {@link Transactions#call} commits is committed
 * whole, once, whatever roles it wrote to and whatever its actions after the commit throw ({@code
 * STORAGE-3}); what fails in it leaves nothing, and is rethrown as it was ({@code STORAGE-4}).
 * Every role refuses a transaction that another storage opened with an {@link
 * IllegalArgumentException}, and one that has ended with some exception ({@code STORAGE-5}).
 * Closing again does nothing ({@code STORAGE-6}). Safe for use by multiple threads.
 */
public interface Storage extends Transactions, AutoCloseable {
  /** Applications, servers and services. */
  RegistryStore registry();

  /** Keys. */
  KeyStore keys();

  /** Nonces. */
  NonceStore nonces();

  /** Roles and grants. */
  PermissionStore permissions();

  /** Tasks. */
  TaskStore tasks();

  /** Schedules. */
  ScheduleStore schedules();

  /** Workflows. */
  WorkflowStore workflows();

  /** Audit records. */
  AuditStore audit();

  /** Records of the event log, apart from the audit log in everything but transactions. */
  AuditStore eventLog();

  /**
   * Makes sure that the storage can be used, and its tables are there.
   *
   * @throws dev.gatehouse.error.StorageException if it cannot be used, with the reason
   */
  void check();

  /** Frees what the storage opened itself; a DataSource of the host stays open. Idempotent. */
  @Override
  void close();
}
