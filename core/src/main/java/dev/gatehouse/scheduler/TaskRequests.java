package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What owners ask of single tasks. A task that this node has claimed and not begun is taken back
 * first: so it is as if it waited. In a transaction that was joined it is not, for that may fail
 * without a word, and the task would be stuck. Immutable, so safe for use by multiple threads
 * unless it joined a transaction.
 */
final class TaskRequests {
  private final SchedulerParts parts;
  private final TaskEngine engine;
  private final TaskAudit audit;
  private final WorkflowEnds ends;
  private final @Nullable Transaction joined;
  private final OptionalLong scope;

  TaskRequests(
      SchedulerParts parts,
      TaskEngine engine,
      TaskAudit audit,
      @Nullable Transaction joined,
      OptionalLong scope) {
    this.parts = parts;
    this.engine = engine;
    this.audit = audit;
    ends = new WorkflowEnds(parts, engine::reportedTo);
    this.joined = joined;
    this.scope = scope;
  }

  /** One request, within a transaction. */
  @FunctionalInterface
  private interface Request<T> {
    T make(Transaction transaction, TaskStore store, @Nullable HeldTask unbegun);
  }

  Cancellation cancel(TaskId id) {
    return takingBack(
        id,
        (transaction, store, unbegun) -> {
          Cancellation cancellation =
              unbegun != null && isCancelled(store, unbegun)
                  ? Cancellation.CANCELLED
                  : store.cancel(scope, id.value(), engine.millis(store));
          switch (cancellation) {
            case CANCELLED -> {
              store.find(scope, id.value()).ifPresent(state -> cancelled(transaction, state));
              leaveGates(transaction, store, id);
            }
            case REQUESTED -> {
              record(transaction, store, id, "is to be cancelled");
              transaction.afterCommit(engine::askedOfRunning);
            }
            case TOO_LATE, NOT_FOUND -> {}
          }
          return cancellation;
        });
  }

  private void cancelled(Transaction transaction, TaskState state) {
    audit.changed(transaction, state.row(), state.attempt(), "cancelled");
    ends.ended(transaction, state.row(), TaskStatus.CANCELLED, null);
  }

  /** Whether the node that took it back still held it, so that it never ran. */
  private boolean isCancelled(TaskStore store, HeldTask unbegun) {
    Settlement cancel = new Settlement.Cancel(unbegun.row().id(), unbegun.fence(), null);
    return !store.settle(unbegun.node().number(), List.of(cancel), engine.millis()).isEmpty();
  }

  Requeue requeue(TaskId id, boolean force) {
    requireNonNull(id, "id");
    return inTransaction(
        transaction -> {
          TaskStore store = parts.store().joining(transaction);
          long now = engine.millis(store);
          store.find(scope, id.value()).ifPresent(state -> requireNoWorkflow(state.row()));
          Requeue requeue = store.requeue(scope, id.value(), now, force);
          if (requeue == Requeue.REQUEUED) {
            standInLine(transaction, store, id);
            record(transaction, store, id, force ? "requeued by force" : "requeued");
            transaction.afterCommit(() -> engine.dueAt(now));
          }
          return requeue;
        });
  }

  /** Its workflow counts each end once, and may have gone on for it. */
  private static void requireNoWorkflow(TaskRow row) {
    if (row.workflowId() != 0) {
      throw new ConflictException(
          "task " + row.id() + " cannot be requeued, it is a part of workflow " + row.workflowId());
    }
  }

  TaskChange pause(TaskId id) {
    return takingBack(
        id,
        (transaction, store, unbegun) -> {
          release(transaction, store, unbegun);
          TaskChange change = store.pause(scope, id.value());
          if (change == TaskChange.DONE) {
            record(transaction, store, id, "paused");
            leaveGates(transaction, store, id);
          } else if (change == TaskChange.REQUESTED) {
            record(transaction, store, id, "is to be paused");
            transaction.afterCommit(engine::askedOfRunning);
          }
          return change;
        });
  }

  TaskChange resume(TaskId id) {
    requireNonNull(id, "id");
    return inTransaction(
        transaction -> {
          TaskStore store = parts.store().joining(transaction);
          TaskChange change = store.resume(scope, id.value());
          if (change == TaskChange.DONE) {
            record(transaction, store, id, "resumed");
            transaction.afterCommit(() -> engine.dueAt(engine.millis()));
          }
          return change;
        });
  }

  /** Due now, and no longer paused. */
  TaskChange runNow(TaskId id) {
    return takingBack(
        id,
        (transaction, store, unbegun) -> {
          release(transaction, store, unbegun);
          long now = engine.millis(store);
          TaskChange change = store.reschedule(scope, id.value(), now);
          if (change == TaskChange.DONE) {
            store.resume(scope, id.value());
            record(transaction, store, id, "is to run now");
            transaction.afterCommit(() -> engine.dueAt(now));
          }
          return change;
        });
  }

  TaskChange reschedule(TaskId id, Instant at) {
    long due = Task.requireDue(at).toEpochMilli();
    return takingBack(
        id,
        (transaction, store, unbegun) -> {
          release(transaction, store, unbegun);
          TaskChange change = store.reschedule(scope, id.value(), due);
          if (change == TaskChange.DONE) {
            record(transaction, store, id, "rescheduled");
            leaveGates(transaction, store, id);
            transaction.afterCommit(() -> engine.dueAt(due));
          }
          return change;
        });
  }

  /** After the commit, and only if it has places: gates are not locked in a host's transaction. */
  private void leaveGates(Transaction transaction, TaskStore store, TaskId id) {
    if (!store.gates().joining(transaction).ofTasks(List.of(id.value())).isEmpty()) {
      transaction.afterCommit(() -> engine.leftGates(id.value()));
    }
  }

  /** At its old place, if it stands in none. */
  private void standInLine(Transaction transaction, TaskStore store, TaskId id) {
    leaveGates(transaction, store, id);
    List<TaskRow> row = store.find(scope, id.value()).map(TaskState::row).stream().toList();
    List<GateStore.Place> line = GateRules.lines(row);
    if (!line.isEmpty()) {
      store.gates().joining(transaction).add(line);
    }
  }

  private void release(Transaction transaction, TaskStore store, @Nullable HeldTask unbegun) {
    if (unbegun != null) {
      long id = unbegun.row().id();
      Settlement release = new Settlement.Release(id, unbegun.fence(), unbegun.dueMillis());
      for (Settled one : store.settle(unbegun.node().number(), List.of(release), engine.millis())) {
        ends.ended(transaction, unbegun.row(), one.status(), null);
      }
    }
  }

  private <T> T takingBack(TaskId id, Request<T> request) {
    requireNonNull(id, "id");
    HeldTask unbegun = joined == null ? engine.takeBack(scope, id.value()) : null;
    boolean done = false;
    try {
      T answer =
          inTransaction(
              transaction ->
                  request.make(transaction, parts.store().joining(transaction), unbegun));
      done = true;
      return answer;
    } finally {
      if (unbegun != null) {
        engine.tookBack(unbegun, done);
      }
    }
  }

  private void record(Transaction transaction, TaskStore store, TaskId id, String what) {
    if (audit.coversAny()) {
      store
          .find(scope, id.value())
          .ifPresent(state -> audit.changed(transaction, state.row(), state.attempt(), what));
    }
  }

  private <T> T inTransaction(Function<Transaction, T> work) {
    Transactions transactions =
        joined == null ? parts.transactions() : Transactions.joining(joined);
    return transactions.call(work);
  }
}
