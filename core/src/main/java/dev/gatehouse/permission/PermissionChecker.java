package dev.gatehouse.permission;

/**
 * Answers what subjects may do. What no grant allows is denied; a grant that denies wins over any
 * that allow; a grant that has expired by the clock, to the millisecond, does not count either way.
 *
 * <p>An answer comes from memory, without a lock or I/O, but for one thread every 500 ms (see
 * {@link Permissions.Settings#freshness}) that asks the storage whether anything has changed. Safe
 * for use by multiple threads, but for what {@link Permissions#joining} returns.
 */
public interface PermissionChecker {
  /**
   * Decides whether the subject may act on the resource. Names that nobody granted anything to or
   * on leave no trace.
   *
   * @param action a name as in {@link Grant}, without wildcards
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  Decision check(Subject subject, String action, Resource resource);

  /**
   * Returns only if the subject may act on the resource. A refusal is audited, which {@link #check}
   * is not, but no flood of them floods the log: of each reason the first five in ten seconds are
   * recorded one by one, the others counted, and the count is recorded by the next call after those
   * ten seconds. A count that is open when the process ends is lost. A failure to audit is logged
   * and changes no answer; nothing is audited while the storage cannot be read ({@code STALE}).
   *
   * <p>Inside a transaction the record stands or falls with it, so that no second connection is
   * needed: where a refusal makes the transaction roll back and must be known all the same, require
   * before it begins.
   *
   * @throws dev.gatehouse.error.DeniedException if it may not, with the reason
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  void require(Subject subject, String action, Resource resource);

  /**
   * Decides as {@link #check} does, and tells every grant that speaks of the matter, how the
   * subject comes by it, and what became of it. Much slower than {@link #check}: for people.
   *
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  Explanation explain(Subject subject, String action, Resource resource);
}
