package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random workflows, whose nodes fail and are delayed at random, beside a model of what they should
 * do; some are cancelled on the way. {@code -Dgatehouse.seed=N} repeats a run.
 */
class WorkflowModelTest {
  private static final int WORKFLOWS = 400;
  private static final int MOST_NODES = 12;
  private static final int MOST_MINUTES = 4;

  private record Node(List<Integer> after, IfFailed ifFailed, boolean fails, int delay) {}

  /** A workflow made at random: node n has the name "n". */
  private record Sample(List<Node> nodes, int cancelAt) {
    static Sample of(Random random) {
      int count = 1 + random.nextInt(MOST_NODES);
      List<Node> nodes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        double share = random.nextDouble();
        nodes.add(
            new Node(
                IntStream.range(0, i).filter(j -> random.nextDouble() < share).boxed().toList(),
                IfFailed.of(random.nextInt(3)),
                random.nextInt(4) == 0,
                random.nextInt(MOST_MINUTES)));
      }
      int cancelAt = random.nextInt(4) == 0 ? random.nextInt(2 * MOST_MINUTES) : -1;
      return new Sample(nodes, cancelAt);
    }

    Workflow workflow() {
      List<WorkflowNode> drafts = new ArrayList<>();
      for (int i = 0; i < nodes.size(); i++) {
        Node node = nodes.get(i);
        drafts.add(
            WorkflowNode.of(
                    "" + i,
                    Task.unnumbered()
                        .handler("work")
                        .content("" + i)
                        .retryPolicy(RetryPolicy.NONE)
                        .in(Duration.ofMinutes(node.delay())))
                .after(node.after().stream().map(String::valueOf).toArray(String[]::new))
                .ifFailed(node.ifFailed()));
      }
      return Workflow.of("sample", drafts);
    }
  }

  /** What should become of it: minute by minute, and within one by number. */
  private static final class Model {
    private record Due(int minute, int node) {}

    private final Sample sample;
    private final NodeState[] states;
    private final List<Integer> ran = new ArrayList<>();
    private final PriorityQueue<Due> due =
        new PriorityQueue<>(Comparator.comparingInt(Due::minute).thenComparingInt(Due::node));
    private WorkflowStatus status = WorkflowStatus.RUNNING;

    Model(Sample sample) {
      this.sample = sample;
      states = new NodeState[sample.nodes().size()];
      Arrays.fill(states, NodeState.WAITING);
      begin(0);
      while (!due.isEmpty() && status == WorkflowStatus.RUNNING) {
        Due next = due.remove();
        if (sample.cancelAt() >= 0 && next.minute() > sample.cancelAt()) {
          end(WorkflowStatus.CANCELLED);
        } else {
          run(next);
        }
      }
      if (status == WorkflowStatus.RUNNING) {
        boolean well = IntStream.range(0, states.length).allMatch(this::lets);
        status = well ? WorkflowStatus.FINISHED : WorkflowStatus.FAILED;
      }
    }

    private void run(Due next) {
      ran.add(next.node());
      Node node = sample.nodes().get(next.node());
      states[next.node()] = node.fails() ? NodeState.FAILED : NodeState.FINISHED;
      if (node.fails() && node.ifFailed() == IfFailed.STOP) {
        end(WorkflowStatus.FAILED);
      } else {
        begin(next.minute());
      }
    }

    private void end(WorkflowStatus end) {
      status = end;
      for (int i = 0; i < states.length; i++) {
        states[i] = states[i].isFinal() ? states[i] : NodeState.CANCELLED;
      }
    }

    private void begin(int minute) {
      for (int i = 0; i < states.length; i++) {
        if (states[i] == NodeState.WAITING) {
          List<Integer> after = sample.nodes().get(i).after();
          if (after.stream().anyMatch(this::isInTheWay)) {
            states[i] = NodeState.SKIPPED;
          } else if (after.stream().allMatch(this::lets)) {
            states[i] = NodeState.BEGUN;
            due.add(new Due(minute + sample.nodes().get(i).delay(), i));
          }
        }
      }
    }

    private boolean isInTheWay(int node) {
      return states[node].isFinal() && !lets(node);
    }

    private boolean lets(int node) {
      return states[node] == NodeState.FINISHED
          || (states[node] == NodeState.FAILED
              && sample.nodes().get(node).ifFailed() == IfFailed.CONTINUE);
    }
  }

  @Test
  void randomWorkflows_asTheModel() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < WORKFLOWS; i++) {
      Sample sample = Sample.of(random);
      Model model = new Model(sample);
      List<Integer> ran = new ArrayList<>();
      try (VirtualGatehouse virtual =
          VirtualGatehouse.create(
              builder ->
                  builder.handler(
                      "work",
                      context -> {
                        int node = Integer.parseInt(context.content());
                        ran.add(node);
                        return sample.nodes().get(node).fails()
                            ? TaskResult.failedForGood("no")
                            : TaskResult.done();
                      }))) {
        Workflows workflows = virtual.gatehouse().workflows();
        WorkflowId id = workflows.schedule(sample.workflow());
        if (sample.cancelAt() >= 0) {
          virtual.advance(Duration.ofMinutes(sample.cancelAt()));
          workflows.cancel(id);
        }
        virtual.advance(Duration.ofDays(1));

        WorkflowDetail detail = workflows.workflow(id);
        assertThat(detail.nodes())
            .as("seed %s, workflow %s: %s", seed, i, sample)
            .extracting(WorkflowDetail.Node::state)
            .containsExactly(model.states);
        assertThat(detail.status()).as("seed %s, workflow %s", seed, i).isEqualTo(model.status);
        assertThat(ran).as("seed %s, workflow %s", seed, i).isEqualTo(model.ran);
      }
    }
  }
}
