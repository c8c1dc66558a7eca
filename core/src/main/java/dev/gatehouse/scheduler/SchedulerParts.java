package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transaction.Transactions;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * What a {@link TaskEngine} is made of. Immutable.
 *
 * @param store keeps the tasks
 * @param schedules keeps the schedules, in the same storage
 * @param workflows keeps the workflows, in the same storage
 * @param transactions of the same storage
 * @param audit takes the records of what became of tasks, in the same storage
 * @param handlers the local handlers by their names
 * @param callbacks calls applications back
 * @param ids makes task ids, unique and growing
 * @param nodeNumber is told the number of the node's lease whenever it has a new one
 * @param clock the host's wall clock
 * @param nanoTime a monotonic clock, as {@link System#nanoTime}
 * @param listener hears of attempts
 * @param options figures
 */
public record SchedulerParts(
    TaskStore store,
    ScheduleStore schedules,
    WorkflowStore workflows,
    Transactions transactions,
    AuditLog audit,
    Map<String, TaskHandler> handlers,
    Callbacks callbacks,
    LongSupplier ids,
    IntConsumer nodeNumber,
    InstantSource clock,
    LongSupplier nanoTime,
    GatehouseListener listener,
    SchedulerOptions options) {
  /** Checks that nothing is missing, and copies the map. */
  public SchedulerParts {
    requireNonNull(store, "store");
    requireNonNull(schedules, "schedules");
    requireNonNull(workflows, "workflows");
    requireNonNull(transactions, "transactions");
    requireNonNull(audit, "audit");
    handlers = Map.copyOf(handlers);
    requireNonNull(callbacks, "callbacks");
    requireNonNull(ids, "ids");
    requireNonNull(nodeNumber, "nodeNumber");
    requireNonNull(clock, "clock");
    requireNonNull(nanoTime, "nanoTime");
    requireNonNull(listener, "listener");
    requireNonNull(options, "options");
  }
}
