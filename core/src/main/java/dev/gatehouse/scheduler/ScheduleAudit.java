package dev.gatehouse.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;
import dev.gatehouse.transaction.Transaction;
import java.util.List;

/**
 * Records what became of schedules, in the transaction in which it did; of the same applications as
 * {@link TaskAudit}. Safe for use by multiple threads.
 */
final class ScheduleAudit {
  private final TaskAudit audit;

  ScheduleAudit(TaskAudit audit) {
    this.audit = audit;
  }

  /** Someone asked for a change of the schedule, and it took place. */
  void changed(Transaction transaction, ScheduleRow row, String what) {
    write(transaction, row, Result.SUCCESS, what);
  }

  /** Its occurrences are not made tasks from now on. */
  void stopped(Transaction transaction, ScheduleRow row, String problem) {
    write(transaction, row, Result.FAILURE, "stopped: " + problem);
  }

  private void write(Transaction transaction, ScheduleRow row, Result result, String what) {
    if (!audit.covers(row.applicationId())) {
      return;
    }
    ObjectNode ext = Json.object();
    ext.put("scheduleId", Long.toString(row.id()));
    ext.put("schedule", row.name());
    if (row.applicationId() != 0) {
      ext.put("applicationId", Long.toString(row.applicationId()));
    }
    String text = "Schedule " + row.id() + " (" + row.name() + ") " + what;
    audit.write(
        transaction,
        List.of(
            AuditRecord.of(Operation.UPDATE, result, text)
                .service("scheduler")
                .ext(Json.write(ext))
                .build()));
  }
}
