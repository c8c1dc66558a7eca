package dev.gatehouse.scheduler;

/**
 * A lease as the store sees it. Immutable.
 *
 * @param id the task
 * @param fence of the lease
 * @param cancelRequested whether the task is to be cancelled
 */
public record LeasedTask(long id, long fence, boolean cancelRequested) {}
