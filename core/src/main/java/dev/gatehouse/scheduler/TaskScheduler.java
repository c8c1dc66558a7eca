package dev.gatehouse.scheduler;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;

/**
 * Durable delayed tasks. A task that was scheduled runs at least once, or ends in a state that can
 * be seen; none starts before its due time. Safe for use by multiple threads, but for what {@link
 * #joining} returns.
 */
public interface TaskScheduler {
  /**
   * Schedules a task.
   *
   * @throws dev.gatehouse.error.ConflictException if the application has a task of that number
   * @throws dev.gatehouse.error.ConflictException if the application is not enabled
   * @throws dev.gatehouse.error.NotFoundException if the application is not registered
   * @throws IllegalArgumentException if the task has neither a handler nor an application with a
   *     callback
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was scheduled
   */
  TaskId schedule(Task task);

  /**
   * Schedules tasks, all or none.
   *
   * @param tasks 1..1,000
   * @throws dev.gatehouse.error.ConflictException if one of the numbers is taken
   */
  List<TaskId> scheduleAll(List<Task> tasks);

  /** Cancels a task: for certain while it waits, as soon as may be while it runs. */
  Cancellation cancel(TaskId id);

  /** Makes a failed or cancelled task due now, with its attempts counted anew. */
  Requeue requeue(TaskId id);

  /** As {@link #requeue}; a finished task runs again, a running one is taken from its owner. */
  Requeue forceRequeue(TaskId id);

  /**
   * The task and where it stands.
   *
   * @throws dev.gatehouse.error.NotFoundException if there is none
   */
  TaskDetail task(TaskId id);

  /** The task and where it stands. */
  Optional<TaskDetail> findTask(TaskId id);

  /** The task of that number within this scheduler's application, or the host's own. */
  Optional<TaskDetail> findTask(String taskNo);

  /**
   * This scheduler as the application sees it: others' tasks do not exist, and those it schedules
   * are its own.
   */
  TaskScheduler as(Application application);

  /**
   * This scheduler inside the transaction: what is scheduled or cancelled there stands or falls
   * with it.
   */
  TaskScheduler joining(Transaction transaction);
}
