package dev.gatehouse.audit;

import dev.gatehouse.check.Check;

/**
 * How many records a query finds, as far as they were counted. Immutable.
 *
 * @param records how many were counted, the cap at most
 * @param hasMore whether there may be more: the cap was reached, or as many records were looked at
 *     as a count may; false only if there are no more
 */
public record AuditCount(int records, boolean hasMore) {
  /** Checks the number. */
  public AuditCount {
    Check.range(records, 0, AuditLog.MAX_COUNTED, "records");
  }
}
