package dev.gatehouse.scheduler;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import java.util.List;

/**
 * Settles attempts within transactions of their handlers. Whether such a transaction was committed
 * is not always told, so the settlement counts as made only when that is known: see {@link
 * Attempts#confirm}. Safe for use by multiple threads.
 */
final class Completer {
  private final SchedulerParts parts;
  private final Attempts attempts;
  private final TaskAudit audit;
  private final NodeResults results;

  Completer(SchedulerParts parts, Attempts attempts) {
    this.parts = parts;
    this.attempts = attempts;
    audit = new TaskAudit(parts.audit(), parts.options().audited());
    results = new NodeResults(parts.workflows());
  }

  /** What tasks of workflows are handed on. */
  NodeResults results() {
    return results;
  }

  /** Finishes the task as part of the transaction. */
  void complete(HeldTask held, Transaction transaction, TaskResult.Done result) {
    if (held.isCancelled()) {
      throw stale(held);
    }
    boolean first = held.beginCompletion();
    boolean done = false;
    try {
      settle(held, transaction, result);
      transaction.afterCommit(held::committed);
      done = true;
    } finally {
      if (!done && first) {
        attempts.notCompleted(held);
      }
    }
  }

  private void settle(HeldTask held, Transaction transaction, TaskResult.Done result) {
    TaskStore store = parts.store().joining(transaction);
    Settlement settlement = attempts.settlement(held, Ending.of(result));
    Settlement kept = parts.options().toKeep(held, settlement);
    long ended = attempts.millis();
    List<Settled> settled = store.settle(held.node().number(), List.of(kept), ended);
    if (!settled.equals(List.of(new Settled(held.row().id(), TaskStatus.FINISHED)))) {
      throw stale(held);
    }
    audit
        .ending(held.row(), TaskStatus.FINISHED, held.attempt())
        .ifPresent(record -> audit.write(transaction, List.of(record)));
    attempts.settler().ends().ended(transaction, held.row(), TaskStatus.FINISHED, result.result());
  }

  private static ConflictException stale(HeldTask held) {
    return new ConflictException(
        "attempt "
            + held.attempt()
            + " of task "
            + held.id()
            + " has ended, was cancelled, or is another node's: roll the transaction back");
  }
}
