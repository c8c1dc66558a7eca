package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Lets workflows take note of what was reported to them: in one transaction that locks the
 * workflow, the reports are taken, its nodes written, and the tasks of those that are ready
 * inserted. Only such transactions lock workflows, none of them locks a task that is there already,
 * and none is a host's. Nobody waits for one either, for its process may be frozen within it: who
 * finds a workflow locked comes again. Safe for use by multiple threads.
 */
final class Advancer {
  private final SchedulerParts parts;
  private final ToLongFunction<TaskStore> millis;
  private final LongConsumer dueSoon;
  private final WorkflowAudit audit;

  /**
   * Advances workflows of the parts' store.
   *
   * @param millis the time in epoch milliseconds, for which it may ask the store
   * @param dueSoon is told when tasks that were inserted are due
   */
  Advancer(SchedulerParts parts, ToLongFunction<TaskStore> millis, LongConsumer dueSoon) {
    this.parts = parts;
    this.millis = millis;
    this.dueSoon = dueSoon;
    audit = new WorkflowAudit(new TaskAudit(parts.audit(), parts.options().audited()));
  }

  /**
   * How a workflow stands.
   *
   * @param status empty if there is none
   * @param locked whether another was at it, so that it was left as it is
   */
  record Advanced(Optional<WorkflowStatus> status, boolean locked) {
    boolean isEnding() {
      return !locked && status.filter(WorkflowStatus::isEnding).isPresent();
    }
  }

  /** Advances the workflow, unless another is at it. */
  Advanced advance(long id) {
    return parts.transactions().call(transaction -> advance(transaction, id));
  }

  private Advanced advance(Transaction transaction, long id) {
    WorkflowStore store = parts.workflows().joining(transaction);
    Optional<WorkflowRow> found = store.tryLock(id);
    if (found.isEmpty()) {
      Optional<WorkflowRow> locked = store.find(OptionalLong.empty(), id);
      if (locked.isPresent()) {
        return new Advanced(locked.map(WorkflowRow::status), true);
      }
    }
    return new Advanced(advance(transaction, store, found, id), false);
  }

  private Optional<WorkflowStatus> advance(
      Transaction transaction, WorkflowStore store, Optional<WorkflowRow> found, long id) {
    List<WorkflowReport> reports = store.take(id, WorkflowStore.MAX_BATCH);
    if (found.isEmpty() || found.get().status().isFinal() || reports.isEmpty()) {
      return found.map(WorkflowRow::status);
    }
    long now = millis.applyAsLong(parts.store().joining(transaction));
    WorkflowPlan plan = new WorkflowPlan(found.get(), store.steps(id), now);
    List<WorkflowReport> counted = reports.stream().filter(plan::apply).toList();
    List<WorkflowStep> begun = plan.begin();
    WorkflowRow row = plan.row();
    store.keepResults(counted.stream().filter(report -> report.result() != null).toList());
    store.change(row, plan.changed());
    begin(transaction, row.id(), begun, now);
    audit.advanced(transaction, found.get(), row);
    return Optional.of(row.status());
  }

  private void begin(Transaction transaction, long id, List<WorkflowStep> begun, long now) {
    if (begun.isEmpty()) {
      return;
    }
    Map<Long, WorkflowWork> work =
        parts
            .workflows()
            .joining(transaction)
            .work(id, begun.stream().map(WorkflowStep::taskId).toList())
            .stream()
            .collect(Collectors.toMap(one -> one.task().id(), Function.identity()));
    begin(
        transaction,
        begun.stream().map(step -> requireNonNull(work.get(step.taskId())).readyAt(now)).toList());
  }

  /** Schedules tasks of nodes that are ready. */
  void begin(Transaction transaction, List<TaskRow> tasks) {
    TaskStore store = parts.store().joining(transaction);
    store.insert(tasks);
    Placement.standInLines(transaction, store, tasks);
    long due = tasks.stream().mapToLong(TaskRow::runtimeMillis).min().orElseThrow();
    transaction.afterCommit(() -> dueSoon.accept(due));
  }
}
