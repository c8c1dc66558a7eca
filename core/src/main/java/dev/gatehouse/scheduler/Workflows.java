package dev.gatehouse.scheduler;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transaction.Transaction;
import java.util.Optional;

/**
 * Durable workflows: directed acyclic graphs of tasks. Each node's task is an ordinary task, run at
 * least once by whatever node of the scheduler, with its own retries; it may be paused, resumed,
 * rescheduled, run now and cancelled like any other, but not requeued, for its end has been counted
 * by then. A handler reads what those before it returned by {@link TaskContext#resultOf}.
 *
 * <p>How far a workflow has come is kept in the storage alone: whatever process dies, another goes
 * on where it stopped. A node is ready when the task that it waited for has ended and that was
 * committed; its own task is then inserted in a further transaction, by the process that ended the
 * other at once, or, if that died or the transaction was the host's, by whichever process looks
 * next: within about two seconds where tasks of workflows ran in the last minute, else within
 * twenty. Workflows that have ended are kept as long as tasks are, {@link
 * SchedulerOptions#retention}; a task of theirs may go before. Safe for use by multiple threads,
 * but for what {@link #joining} returns.
 */
public interface Workflows {
  /**
   * Schedules a workflow, whole or not at all.
   *
   * @throws dev.gatehouse.error.ConflictException if the application of a task is not enabled
   * @throws dev.gatehouse.error.NotFoundException if it is not registered
   * @throws IllegalArgumentException if a task has neither a handler nor an application with a
   *     callback
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was scheduled
   */
  WorkflowId schedule(Workflow workflow);

  /**
   * Cancels a workflow as a whole: no further node begins, tasks that wait are cancelled, those
   * that run are told to end, and whatever they return the workflow ends as cancelled.
   *
   * @return {@link Cancellation#CANCELLED} if it has ended so, {@link Cancellation#REQUESTED} if
   *     something of it is running, or if a transaction was joined; {@link Cancellation#TOO_LATE}
   *     if it had ended, or has failed and is ending
   */
  Cancellation cancel(WorkflowId id);

  /**
   * The workflow and where it stands.
   *
   * @throws dev.gatehouse.error.NotFoundException if there is none
   */
  WorkflowDetail workflow(WorkflowId id);

  /** The workflow and where it stands. */
  Optional<WorkflowDetail> findWorkflow(WorkflowId id);

  /**
   * What the task of that node returned, a JSON document; empty if the node has not finished, or
   * returned none. It is kept as long as the workflow, whatever becomes of the task.
   *
   * @throws dev.gatehouse.error.NotFoundException if there is no such workflow
   * @throws IllegalArgumentException if it has no node of that name
   */
  Optional<String> resultOf(WorkflowId id, String node);

  /**
   * These workflows as the application sees them: others' do not exist, and those it schedules are
   * its own, with all their tasks.
   */
  Workflows as(Application application);

  /** These workflows inside the transaction. */
  Workflows joining(Transaction transaction);
}
