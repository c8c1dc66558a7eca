package dev.gatehouse.scheduler;

import dev.gatehouse.registry.Application;
import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Durable delayed and recurring tasks. A task that was scheduled runs at least once, or ends in a
 * state that can be seen; none starts before its due time. Safe for use by multiple threads, but
 * for what {@link #joining} returns.
 */
public interface TaskScheduler {
  /**
   * Schedules a task.
   *
   * @return the task that was scheduled, or that has its number, as {@link Task#ifTaken} allows
   * @throws dev.gatehouse.error.ConflictException if the application has a task of that number, and
   *     the task does not say what else to do
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
   * @throws dev.gatehouse.error.ConflictException as {@link #schedule} does, or if a number is
   *     given to two of the tasks
   */
  List<TaskId> scheduleAll(List<Task> tasks);

  /**
   * As {@link #schedule}, but tells what happened, and answers that the number is taken instead of
   * throwing.
   */
  Scheduled trySchedule(Task task);

  /**
   * As {@link #scheduleAll}, but tells what happened to each, in order; those that are rejected are
   * left out.
   *
   * @param tasks 1..1,000
   */
  List<Scheduled> tryScheduleAll(List<Task> tasks);

  /** Cancels a task: for certain while it waits, as soon as may be while it runs. */
  Cancellation cancel(TaskId id);

  /**
   * Makes a failed or cancelled task due now, with its attempts counted anew.
   *
   * @throws dev.gatehouse.error.ConflictException if it is a part of a workflow, whose other tasks
   *     went their way for its end
   */
  Requeue requeue(TaskId id);

  /**
   * Lets no further attempt of the task begin until it is {@linkplain #resume resumed}; its due
   * time stays. An attempt under way goes on, and counts.
   */
  TaskChange pause(TaskId id);

  /** Ends a pause: what was due meanwhile is due at once. */
  TaskChange resume(TaskId id);

  /** Makes a waiting task due now, paused or not; that ends its pause. */
  TaskChange runNow(TaskId id);

  /**
   * Gives a waiting task another due time, for its next attempt; a paused one stays paused.
   *
   * @param at in 1970..2169, cut to milliseconds; what is past is due at once
   */
  TaskChange reschedule(TaskId id, Instant at);

  /**
   * As {@link #requeue}; a finished task runs again, a running one is taken from its owner.
   *
   * @throws dev.gatehouse.error.ConflictException as {@link #requeue} does
   */
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
   * The first of the tasks that failed and are still kept, in order of id: dead letters, to be read
   * and {@linkplain #requeue requeued}. A task that fails while pages are read may come before the
   * last one read.
   *
   * @param limit 1..100
   */
  List<TaskDetail> failedTasks(int limit);

  /**
   * As {@link #failedTasks(int)}, those after that task.
   *
   * @param limit 1..100
   */
  List<TaskDetail> failedTasks(TaskId after, int limit);

  /**
   * Has work done again and again. If the application (or the host) has a schedule of that name, it
   * becomes this one: repeating the same has no effect, so a host may do so whenever it starts; a
   * change of its times counts from now on, other changes with the next occurrence, and neither
   * ends a pause. Occurrences become tasks about two seconds ahead of their time, each of them once
   * however many nodes there are; the application must then be enabled.
   *
   * @throws IllegalArgumentException if it would never occur, or as {@link #schedule} does
   * @throws dev.gatehouse.error.ConflictException if the application is not enabled, or if others
   *     change the schedule all the time
   * @throws dev.gatehouse.error.NotFoundException if the application is not registered
   */
  ScheduleDetail repeat(Schedule schedule);

  /** Removes the schedule; tasks that it made stay. False if there is none. */
  boolean stopRepeating(String name);

  /** Lets nothing occur until {@link #resumeRepeating}. False if there is no such schedule. */
  boolean pauseRepeating(String name);

  /**
   * Ends a pause; what would have occurred meanwhile is dropped. False if there is no such
   * schedule.
   */
  boolean resumeRepeating(String name);

  /** The schedule of that name within this scheduler's application, or the host's own. */
  Optional<ScheduleDetail> findSchedule(String name);

  /**
   * The schedules of this scheduler's application, or the host's own, in order of name as the
   * storage compares texts.
   *
   * @param afterName the last name of the page before; empty for the first
   * @param limit 1..1,000
   */
  List<ScheduleDetail> schedules(String afterName, int limit);

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
