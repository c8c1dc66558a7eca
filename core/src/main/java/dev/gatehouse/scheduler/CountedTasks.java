package dev.gatehouse.scheduler;

/**
 * A number of tasks, as far as a storage looked. Immutable.
 *
 * @param number how many were seen
 * @param complete whether these are all; if not there are at least so many
 */
public record CountedTasks(long number, boolean complete) {}
