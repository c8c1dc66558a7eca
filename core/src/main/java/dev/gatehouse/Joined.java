package dev.gatehouse;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.permission.Permissions;
import dev.gatehouse.registry.Registry;
import dev.gatehouse.scheduler.TaskScheduler;
import dev.gatehouse.scheduler.Workflows;
import dev.gatehouse.signing.KeyRing;

/**
 * The parts of a {@link Gatehouse} inside one transaction. Not safe: confine to one thread.
 *
 * @param registry third parties
 * @param keys their keys
 * @param permissions roles, grants and decisions
 * @param scheduler delayed tasks
 * @param workflows tasks of which some wait for others
 * @param audit what happened
 * @param eventLog what happened in the systems that the host serves
 */
public record Joined(
    Registry registry,
    KeyRing keys,
    Permissions permissions,
    TaskScheduler scheduler,
    Workflows workflows,
    AuditLog audit,
    AuditLog eventLog) {
  /** Checks that nothing is missing. */
  public Joined {
    requireNonNull(registry, "registry");
    requireNonNull(keys, "keys");
    requireNonNull(permissions, "permissions");
    requireNonNull(scheduler, "scheduler");
    requireNonNull(workflows, "workflows");
    requireNonNull(audit, "audit");
    requireNonNull(eventLog, "eventLog");
  }
}
