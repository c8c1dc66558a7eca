package dev.gatehouse.scheduler;

/**
 * What a storage was asked over the wire, whatever for, since this process opened it; not counting
 * what hosts did, or had done, in transactions of their own. Immutable.
 *
 * @param statements how many statements were run; those that begin and end transactions do not
 *     count, and a batch counts once
 * @param commits how many transactions were committed, single statements outside of any and
 *     transactions that only read included
 */
public record StorageTraffic(long statements, long commits) {
  /** Nothing, or nobody counts. */
  public static final StorageTraffic NONE = new StorageTraffic(0, 0);
}
