package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import java.util.Optional;
import java.util.Set;

/**
 * What Gatehouse itself records in the audit log, in the transaction of what it records. All say
 * who did it as far as a context tells ({@link AuditLog#within}, {@link AuditRules}), none holds a
 * secret.
 *
 * <p>Beside these are allowances that the host asked for and uses of grants that count them, which
 * have options of their own, and the records of erasures and removals, without which these could
 * not be told from tampering.
 */
public enum AutomaticRecord {
  /**
   * Applications, servers, instances and services registered, changed, removed: what was and what
   * is, but for texts that may hold secrets, of which the record names those that changed.
   */
  REGISTRY,
  /** Keys issued, imported, promoted, rotated, retired, disabled, destroyed, encrypted anew. */
  KEYS,
  /** Roles, memberships and grants added, replaced, removed, and batches of them loaded. */
  PERMISSIONS,
  /**
   * Tasks, workflows and schedules that are final, or were changed by somebody: cancelled,
   * requeued, paused and so on; of which applications, the scheduler's options say.
   */
  TASKS,
  /** Requests whose signature was refused, at a bounded rate. */
  REFUSED_SIGNATURES,
  /** Actions that were denied, at a bounded rate. */
  DENIED_DECISIONS;

  /** The log for parts of Gatehouse: takes records of these kinds, and lets go of the others. */
  public static AuditLog only(AuditLog log, Set<AutomaticRecord> kinds) {
    requireNonNull(log, "log");
    return kinds.size() == values().length ? log : new ChosenRecords(log, Set.copyOf(kinds));
  }

  /** What a record of a part of Gatehouse is; empty if that has an option of its own. */
  static Optional<AutomaticRecord> of(AuditRecord record) {
    int operation = record.operationType();
    return switch (record.service().orElse("")) {
      case "registry" -> Optional.of(REGISTRY);
      case "scheduler" -> Optional.of(TASKS);
      case "signing" ->
          Optional.of(operation == Operation.AUTHENTICATE.code() ? REFUSED_SIGNATURES : KEYS);
      case "permission" ->
          operation != Operation.AUTHORIZE.code()
              ? Optional.of(PERMISSIONS)
              : record.resultType() == Result.DENIED.code()
                  ? Optional.of(DENIED_DECISIONS)
                  : Optional.empty();
      default -> Optional.empty();
    };
  }
}
