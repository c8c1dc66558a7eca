package dev.gatehouse.storage.memory;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.LogName;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.scheduler.ScheduleStore;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.signing.KeyStore;
import dev.gatehouse.signing.NonceStore;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.transaction.Transaction;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A storage that lives and dies with the process, for tests and for hosts that need nothing kept.
 * It keeps every rule of the SPI but durability. Transactions are serial: one holds the storage's
 * only lock from begin to end, so work in it should be short. Nonces take a quarter of the heap,
 * and 1 KiB for each application; beyond that all claims are refused, until some expire. Safe for
 * use by multiple threads.
 */
public final class MemoryStorage implements Storage {
  private final Journal journal = new Journal();
  private final RegistryStore registry;
  private final KeyStore keys = new MemoryKeyStore(journal);
  private final NonceStore nonces;
  private final PermissionStore permissions = new MemoryPermissionStore(journal);
  private final TaskStore tasks;
  private final ScheduleStore schedules = new MemoryScheduleStore(journal);
  private final WorkflowStore workflows = new MemoryWorkflowStore(journal);
  private final AuditStore audit;
  private final AuditStore eventLog;

  private MemoryStorage(InstantSource clock) {
    registry = new MemoryRegistryStore(journal, clock);
    nonces = new MemoryNonceStore(requireNonNull(clock, "clock").instant());
    tasks = new MemoryTaskStore(journal, clock);
    audit = new MemoryAuditStore(LogName.AUDIT, journal, clock);
    eventLog = new MemoryAuditStore(LogName.EVENT, journal, clock);
  }

  /** An empty storage whose leases run by the system's clock. */
  public static MemoryStorage create() {
    return create(InstantSource.system());
  }

  /** An empty storage whose leases run by the clock. */
  public static MemoryStorage create(InstantSource clock) {
    return new MemoryStorage(clock);
  }

  @Override
  public RegistryStore registry() {
    return registry;
  }

  @Override
  public KeyStore keys() {
    return keys;
  }

  @Override
  public NonceStore nonces() {
    return nonces;
  }

  @Override
  public PermissionStore permissions() {
    return permissions;
  }

  @Override
  public TaskStore tasks() {
    return tasks;
  }

  @Override
  public ScheduleStore schedules() {
    return schedules;
  }

  @Override
  public WorkflowStore workflows() {
    return workflows;
  }

  @Override
  public AuditStore audit() {
    return audit;
  }

  @Override
  public AuditStore eventLog() {
    return eventLog;
  }

  @Override
  public <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    return journal.call(work);
  }

  @Override
  public void check() {}

  @Override
  public void close() {}
}
