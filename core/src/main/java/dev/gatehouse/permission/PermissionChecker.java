package dev.gatehouse.permission;

import dev.gatehouse.permission.PermissionView.Request;
import java.util.List;

/**
 * Answers what subjects may do. What no grant allows is denied; a grant that denies wins over any
 * that allow; a grant that has expired by the clock, to the millisecond, does not count either way.
 * A denial whose {@link Condition} cannot be told counts, an allowance does not.
 *
 * <p>An answer comes from memory, without a lock or I/O, but for one thread every 500 ms (see
 * {@link Permissions.Settings#freshness}) that asks the storage whether anything has changed. Safe
 * for use by multiple threads, but for what {@link Permissions#joining} returns.
 */
public interface PermissionChecker {
  /**
   * Decides whether the subject may act on the resource. Names that nobody granted anything to or
   * on leave no trace. No use is taken of a grant that counts them.
   *
   * @param action a name as in {@link Grant}, without wildcards
   * @param attributes what {@link Condition}s are judged by
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  Decision check(Subject subject, String action, Resource resource, Attributes attributes);

  /** As {@link #check(Subject, String, Resource, Attributes)}, without attributes. */
  default Decision check(Subject subject, String action, Resource resource) {
    return check(subject, action, resource, Attributes.NONE);
  }

  /**
   * The decisions on each of the requests of one subject, in their order, as {@link #check} has
   * them. Of {@link Permissions} all are of one version, which is looked for once.
   *
   * @param attributes what {@link Condition}s are judged by, the same for all
   */
  default List<Decision> checkAll(Subject subject, List<Request> requests, Attributes attributes) {
    return requests.stream()
        .map(request -> check(subject, request.action(), request.resource(), attributes))
        .toList();
  }

  /** As {@link #checkAll(Subject, List, Attributes)}, without attributes. */
  default List<Decision> checkAll(Subject subject, List<Request> requests) {
    return checkAll(subject, requests, Attributes.NONE);
  }

  /**
   * Returns only if the subject may act on the resource. If only grants that count their uses allow
   * it, one use of the first of them that has any left, in order of their ids, is taken, in a
   * transaction, so that as many calls return as there are uses, on all nodes together.
   *
   * <p>A refusal is audited, which {@link #check} is not, but no flood of them floods the log: of
   * each reason the first five in ten seconds are recorded one by one, the others counted, and the
   * count is recorded by the next call after those ten seconds. A count that is open when the
   * process ends is lost. A failure to audit a refusal is logged and changes no answer; nothing is
   * audited while the storage cannot be read ({@code STALE}). Which allowances are audited, {@link
   * Permissions.Settings#audited} says; each use that is taken is.
   *
   * <p>Inside a transaction use and record stand or fall with it, so that no second connection is
   * needed: where a refusal makes the transaction roll back and must be known all the same, require
   * before it begins; and require inside it what is used up by what the transaction does.
   *
   * @param attributes what {@link Condition}s are judged by
   * @throws dev.gatehouse.error.DeniedException if it may not, with the reason
   * @throws dev.gatehouse.error.StorageException if a use must be taken, or an allowance recorded,
   *     and the storage fails
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  void require(Subject subject, String action, Resource resource, Attributes attributes);

  /** As {@link #require(Subject, String, Resource, Attributes)}, without attributes. */
  default void require(Subject subject, String action, Resource resource) {
    require(subject, action, resource, Attributes.NONE);
  }

  /**
   * Decides as {@link #check} does, and tells every grant that speaks of the matter, how the
   * subject comes by it, and what became of it. Much slower than {@link #check}: for people.
   *
   * @param attributes what {@link Condition}s are judged by
   * @throws IllegalArgumentException if the action is no name that could be granted
   */
  Explanation explain(Subject subject, String action, Resource resource, Attributes attributes);

  /** As {@link #explain(Subject, String, Resource, Attributes)}, without attributes. */
  default Explanation explain(Subject subject, String action, Resource resource) {
    return explain(subject, action, resource, Attributes.NONE);
  }
}
