package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reports ends of tasks to their workflows, in the transactions that end them. A report is a row of
 * its own that waits for nobody: so a host's transaction that stays open holds up neither the
 * workflow nor the scheduler. Nothing is done for tasks without a workflow. Safe for use by
 * multiple threads.
 */
final class WorkflowEnds {
  private final SchedulerParts parts;
  private final LongConsumer reported;

  /**
   * Reports to the workflows of the parts' store.
   *
   * @param reported is told the workflow once a report is committed, if the transaction learns of
   *     that
   */
  WorkflowEnds(SchedulerParts parts, LongConsumer reported) {
    this.parts = parts;
    this.reported = reported;
  }

  /** The report of a task's end; empty if it has not ended, or is of no workflow. */
  Optional<WorkflowReport> ending(TaskRow row, TaskStatus status, @Nullable String result) {
    if (row.workflowId() == 0 || !status.isFinal()) {
      return Optional.empty();
    }
    return Optional.of(
        new WorkflowReport(
            parts.ids().getAsLong(),
            row.workflowId(),
            row.id(),
            status,
            status == TaskStatus.FINISHED ? result : null));
  }

  /** A task became this in the transaction. */
  void ended(Transaction transaction, TaskRow row, TaskStatus status, @Nullable String result) {
    ending(row, status, result).ifPresent(report -> write(transaction, List.of(report)));
  }

  /** The workflow is to be cancelled. */
  void toCancel(Transaction transaction, long workflowId) {
    long id = parts.ids().getAsLong();
    write(transaction, List.of(WorkflowReport.cancel(id, workflowId)));
  }

  /** Writes reports; none is none. */
  void write(Transaction transaction, List<WorkflowReport> reports) {
    if (reports.isEmpty()) {
      return;
    }
    parts.workflows().joining(transaction).report(reports);
    long[] ids = reports.stream().mapToLong(WorkflowReport::workflowId).distinct().toArray();
    transaction.afterCommit(
        () -> {
          for (long id : ids) {
            reported.accept(id);
          }
        });
  }
}
