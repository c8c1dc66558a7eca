package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A host's unit test: the partner refuses an order for a while, and keeps up only one customer. */
class OrdersTest {
  private final List<String> passedOn = new ArrayList<>();
  private boolean refused;

  private TaskResult passOn(TaskContext context) {
    String order = context.taskNo().orElseThrow();
    if (order.equals("anna-1") && !refused) {
      refused = true;
      return TaskResult.retryAfter(Duration.ofSeconds(30), "come back later");
    }
    passedOn.add(order);
    return TaskResult.done();
  }

  @Test
  void passOn_oneOrderIsRefusedForAWhile_onlyItsCustomerWaits() {
    try (VirtualGatehouse virtual =
        VirtualGatehouse.create(
            builder -> builder.handler(Orders.PASS_ON, this::passOn).scheduler(Orders.options()))) {
      Orders.passOn(virtual.gatehouse(), "anna", "anna-1");
      Orders.passOn(virtual.gatehouse(), "anna", "anna-2");
      Orders.passOn(virtual.gatehouse(), "ben", "ben-1");
      virtual.advance(Duration.ofSeconds(10));
      assertThat(passedOn).containsExactly("ben-1");
      virtual.advance(Duration.ofMinutes(1));
      assertThat(passedOn).containsExactly("ben-1", "anna-1", "anna-2");
    }
  }
}
