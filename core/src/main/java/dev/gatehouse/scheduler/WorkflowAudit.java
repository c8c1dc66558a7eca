package dev.gatehouse.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.json.Json;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Locale;

/**
 * Records what became of workflows, in the transaction in which it did; of the same applications as
 * {@link TaskAudit}. Safe for use by multiple threads.
 */
final class WorkflowAudit {
  private final TaskAudit audit;

  WorkflowAudit(TaskAudit audit) {
    this.audit = audit;
  }

  /** Someone asked for an end of the workflow. */
  void toCancel(Transaction transaction, WorkflowRow row) {
    write(transaction, row, Operation.UPDATE, Result.SUCCESS, "is to be cancelled");
  }

  /** The workflow has come from one standing to another; recorded if that is its end. */
  void advanced(Transaction transaction, WorkflowRow before, WorkflowRow after) {
    if (after.status().isFinal() && before.status() != after.status()) {
      Result result = after.status() == WorkflowStatus.FINISHED ? Result.SUCCESS : Result.FAILURE;
      String what = after.status().name().toLowerCase(Locale.ROOT);
      write(transaction, after, Operation.EXECUTE, result, what);
    }
  }

  private void write(
      Transaction transaction, WorkflowRow row, Operation operation, Result result, String what) {
    if (!audit.covers(row.applicationId())) {
      return;
    }
    ObjectNode ext = Json.object();
    ext.put("workflowId", Long.toString(row.id()));
    if (row.applicationId() != 0) {
      ext.put("applicationId", Long.toString(row.applicationId()));
    }
    String text = "Workflow " + row.id() + " (" + row.name() + ") " + what;
    audit.write(
        transaction,
        List.of(
            AuditRecord.of(operation, result, text)
                .service("scheduler")
                .ext(Json.write(ext))
                .build()));
  }
}
