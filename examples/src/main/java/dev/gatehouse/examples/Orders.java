package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.scheduler.Limit;
import dev.gatehouse.scheduler.SchedulerOptions;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskId;
import java.time.Duration;

/** A part of a host: a partner that can take only so much, and customers who want their order. */
public final class Orders {
  /** The name of the handler that passes an order on to the partner. */
  public static final String PASS_ON = "pass-on";

  private Orders() {}

  /** The partner takes three orders at a time and ten a second, however many nodes there are. */
  public static SchedulerOptions options() {
    return SchedulerOptions.builder()
        .limit(PASS_ON, Limit.concurrent(3).andRate(10, Duration.ofSeconds(1)))
        .build();
  }

  /** Passes an order on, after all earlier ones of the same customer. */
  public static TaskId passOn(Gatehouse gatehouse, String customer, String order) {
    return gatehouse
        .scheduler()
        .schedule(Task.of(order).handler(PASS_ON).inOrder("customer-" + customer));
  }
}
