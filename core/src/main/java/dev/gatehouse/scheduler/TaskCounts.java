package dev.gatehouse.scheduler;

/**
 * How many tasks that are neither final nor paused a storage holds, as far as it looked. Immutable.
 *
 * @param waiting those that wait for their time
 * @param due those whose time has come and that no node has taken
 * @param leased those that a node has taken: under way, or about to be
 * @param complete whether these are all; if not there are more, and most of those that were not
 *     looked at are due later than the ones that were
 */
public record TaskCounts(long waiting, long due, long leased, boolean complete) {}
