package dev.gatehouse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.NodeState;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.WorkflowDetail;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.scheduler.Workflows;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A host's unit test: an order from the reservation to the thank-you. */
class FulfilmentTest {
  private static VirtualGatehouse virtual(TaskResult billed, TaskResult thanked) {
    return VirtualGatehouse.create(
        builder ->
            builder
                .handler("reserve", context -> TaskResult.done())
                .handler("pack", context -> TaskResult.done("17"))
                .handler(
                    "bill",
                    context -> context.attempt() == 1 ? TaskResult.failed("bank away") : billed)
                .handler("thank", context -> thanked)
                .handler("ship", Fulfilment::ship));
  }

  @Test
  void order_bankAwayAtFirst_isShippedWhenBilled() {
    TaskResult noAddress = TaskResult.failedForGood("no address");
    try (VirtualGatehouse virtual = virtual(TaskResult.done("\"R-1\""), noAddress)) {
      WorkflowId id = Fulfilment.order(virtual.gatehouse(), "A-7");

      virtual.runDue();
      assertThat(virtual.gatehouse().workflows().workflow(id).node("ship").state())
          .isEqualTo(NodeState.WAITING);
      virtual.restart();
      virtual.advance(Duration.ofMinutes(1));
      Workflows workflows = virtual.gatehouse().workflows();
      assertThat(workflows.resultOf(id, "ship")).contains("{\"parcel\":17,\"invoice\":\"R-1\"}");

      virtual.advance(Duration.ofDays(1));
      WorkflowDetail detail = workflows.workflow(id);
      assertThat(detail.node("thank").state()).isEqualTo(NodeState.FAILED);
      assertThat(detail.status()).isEqualTo(WorkflowStatus.FINISHED);
    }
  }

  @Test
  void order_notToBeBilled_isNotShipped() {
    TaskResult refused = TaskResult.failedForGood("card refused");
    try (VirtualGatehouse virtual = virtual(refused, TaskResult.done())) {
      WorkflowId id = Fulfilment.order(virtual.gatehouse(), "A-8");

      virtual.advance(Duration.ofDays(2));

      WorkflowDetail detail = virtual.gatehouse().workflows().workflow(id);
      assertThat(detail.status()).isEqualTo(WorkflowStatus.FAILED);
      assertThat(detail.node("ship").state()).isEqualTo(NodeState.CANCELLED);
      assertThat(detail.node("pack").state()).isEqualTo(NodeState.FINISHED);
    }
  }
}
