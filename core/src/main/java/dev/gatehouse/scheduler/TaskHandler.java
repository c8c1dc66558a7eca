package dev.gatehouse.scheduler;

/**
 * Does the work of tasks in this process.
 *
 * <p>Called on a thread of the scheduler's, one call per attempt, several at once; it may block.
 * When the attempt's time is up or the task is cancelled, the thread is interrupted and whatever it
 * returns later is ignored. What it throws fails the attempt. Every task runs at least once and,
 * after a crash, perhaps again: the effect should be tied to {@link TaskContext#id()}. Must be safe
 * for use by multiple threads.
 */
@FunctionalInterface
public interface TaskHandler {
  /** Makes one attempt. */
  TaskResult handle(TaskContext context);
}
