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
   * Returns only if the subject may act on the resource.
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
