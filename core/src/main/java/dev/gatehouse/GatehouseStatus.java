package dev.gatehouse;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.SchedulerStatus;

/**
 * How a Gatehouse is doing. Immutable.
 *
 * @param scheduler its tasks
 */
public record GatehouseStatus(SchedulerStatus scheduler) {
  /** Checks that nothing is missing. */
  public GatehouseStatus {
    requireNonNull(scheduler, "scheduler");
  }
}
