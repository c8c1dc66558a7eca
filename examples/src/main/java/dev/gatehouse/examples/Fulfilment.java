package dev.gatehouse.examples;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.IfFailed;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.scheduler.Workflow;
import dev.gatehouse.scheduler.WorkflowId;
import dev.gatehouse.scheduler.WorkflowNode;
import java.time.Duration;

/**
 * A part of a host: what an order takes. Packing and billing go side by side once the goods are
 * reserved, shipping waits for both, and a thank-you that cannot be sent is no reason to fail.
 */
public final class Fulfilment {
  private Fulfilment() {}

  /** Begins it; whatever process dies meanwhile, it goes on where it stopped. */
  public static WorkflowId order(Gatehouse gatehouse, String number) {
    Task work = Task.unnumbered().content("\"" + number + "\"");
    RetryPolicy patient = RetryPolicy.linear(Duration.ofMinutes(1), 10);
    return gatehouse
        .workflows()
        .schedule(
            Workflow.of(
                "order " + number,
                WorkflowNode.of("reserve", work.handler("reserve")),
                WorkflowNode.of("pack", work.handler("pack")).after("reserve"),
                WorkflowNode.of("bill", work.handler("bill").retryPolicy(patient)).after("reserve"),
                WorkflowNode.of("thank", work.handler("thank").in(Duration.ofDays(1)))
                    .after("bill")
                    .ifFailed(IfFailed.CONTINUE),
                WorkflowNode.of("ship", work.handler("ship")).after("pack", "bill")));
  }

  /** Does the work of {@code ship}: puts what billing returned on what packing returned. */
  public static TaskResult ship(TaskContext context) {
    String parcel = context.resultOf("pack").orElseThrow();
    String invoice = context.resultOf("bill").orElseThrow();
    return TaskResult.done("{\"parcel\":" + parcel + ",\"invoice\":" + invoice + "}");
  }
}
