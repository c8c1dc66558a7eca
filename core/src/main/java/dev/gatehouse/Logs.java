package dev.gatehouse;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditOptions;
import dev.gatehouse.audit.AuditStore;
import dev.gatehouse.audit.AuditTree;
import dev.gatehouse.audit.AutomaticRecord;
import dev.gatehouse.check.Check;
import dev.gatehouse.storage.Storage;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The logs of a Gatehouse with their trees. Safe for use by multiple threads. */
final class Logs implements AutoCloseable {
  final AuditTree auditTree;
  final AuditLog audit;

  /** The audit log, for what Gatehouse itself records. */
  final AuditLog automatic;

  final AuditTree eventTree;
  final AuditLog events;

  /**
   * What a host chose.
   *
   * @param events null for what goes with the audit log's
   */
  record Options(
      AuditOptions audit, @Nullable AuditOptions events, Set<AutomaticRecord> automatic) {}

  /**
   * Logs over a storage. Does no I/O.
   *
   * @param parts of the audit log's tree
   */
  Logs(Storage storage, LongSupplier ids, AuditTree.Parts parts, Options options) {
    auditTree = AuditTree.create(parts);
    audit = AuditLog.create(storage.audit(), ids, parts.clock(), auditTree);
    automatic = AutomaticRecord.only(audit, options.automatic);
    AuditOptions own = options.events == null ? options.audit.forEventLog() : options.events;
    Check.that(
        !own.origin().equals(options.audit.origin()),
        "origin of the event log must not be the audit log's, was " + own.origin());
    AuditStore store = storage.eventLog();
    eventTree = AuditTree.create(parts.of(store, own));
    events = AuditLog.create(store, ids, parts.clock(), eventTree);
  }

  void start() {
    auditTree.start();
    eventTree.start();
  }

  @Override
  @SuppressWarnings("try") // the one is closed whatever becomes of the other
  public void close() {
    try (AuditTree last = auditTree) {
      eventTree.close();
    }
  }
}
