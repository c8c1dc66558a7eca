package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * How a tree is doing. Immutable.
 *
 * @param size leaves of the tree
 * @param isSequencing whether this node has the lease, as far as it knows
 * @param pending records that wait for their place; not counted beyond 1,024
 * @param lag how long this node has seen the oldest of them wait; zero while it does not look
 * @param refused records that were set aside for their MAC; not counted beyond 1,024
 * @param fault why the tree does not grow, which anchor could not be asked whether it may, or why
 *     the last head could not be anchored
 */
public record AuditTreeStatus(
    long size,
    boolean isSequencing,
    int pending,
    Duration lag,
    int refused,
    Optional<String> fault) {
  /** Checks that nothing is missing. */
  public AuditTreeStatus {
    requireNonNull(lag, "lag");
    requireNonNull(fault, "fault");
  }
}
