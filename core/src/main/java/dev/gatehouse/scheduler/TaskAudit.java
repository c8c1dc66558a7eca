package dev.gatehouse.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;
import dev.gatehouse.scheduler.SchedulerOptions.Audited;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Records what became of tasks, in the transaction in which it did: final outcomes, cancellations
 * and requeues. Safe for use by multiple threads.
 */
final class TaskAudit {
  private final AuditLog log;
  private final Audited audited;

  TaskAudit(AuditLog log, Audited audited) {
    this.log = log;
    this.audited = audited;
  }

  /** Whether tasks of that application, 0 for the host's own, are recorded. */
  boolean covers(long applicationId) {
    return audited == Audited.ALL || (audited == Audited.APPLICATIONS && applicationId != 0);
  }

  boolean coversAny() {
    return audited != Audited.NONE;
  }

  /** The record of a task that is final now; empty if it is not, or is not to be recorded. */
  Optional<AuditRecord> ending(TaskRow row, TaskStatus status, int attempt) {
    if (!status.isFinal() || !covers(row.applicationId())) {
      return Optional.empty();
    }
    Result result = status == TaskStatus.FINISHED ? Result.SUCCESS : Result.FAILURE;
    return Optional.of(record(Operation.EXECUTE, result, row, attempt, lowerCase(status)));
  }

  /** Someone asked for a change of the task and it took place, or will. */
  void changed(Transaction transaction, TaskRow row, int attempt, String what) {
    if (covers(row.applicationId())) {
      write(transaction, List.of(record(Operation.UPDATE, Result.SUCCESS, row, attempt, what)));
    }
  }

  void write(Transaction transaction, List<AuditRecord> records) {
    if (!records.isEmpty()) {
      log.joining(transaction).writeAll(records);
    }
  }

  private static AuditRecord record(
      Operation operation, Result result, TaskRow row, int attempt, String what) {
    ObjectNode ext = Json.object();
    ext.put("taskId", Long.toString(row.id()));
    if (row.applicationId() != 0) {
      ext.put("applicationId", Long.toString(row.applicationId()));
    }
    if (row.taskNo() != null) {
      ext.put("taskNo", row.taskNo());
    }
    ext.put("kind", row.kind());
    ext.put("attempt", attempt);
    String named = row.taskNo() == null ? "" : " (" + row.taskNo() + ")";
    return AuditRecord.of(operation, result, "Task " + row.id() + named + " " + what)
        .service("scheduler")
        .ext(Json.write(ext))
        .build();
  }

  private static String lowerCase(TaskStatus status) {
    return status.name().toLowerCase(Locale.ROOT);
  }
}
