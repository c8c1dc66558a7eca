package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkflowTest {
  private static final Task TASK = Task.unnumbered().handler("work");

  private static WorkflowNode node(String name, String... after) {
    return WorkflowNode.of(name, TASK).after(after);
  }

  @Test
  void of_nodesInAnyOrder_kept() {
    Workflow workflow =
        Workflow.of("w", node("d", "c", "b"), node("b", "a"), node("c", "a"), node("a"));

    assertThat(workflow.nodes()).extracting(WorkflowNode::name).containsExactly("d", "b", "c", "a");
    assertThat(workflow.after(0)).containsExactly(1, 2);
    assertThat(workflow.after(3)).isEmpty();
    assertThat(workflow).hasToString("Workflow w");
  }

  @Test
  void of_circle_namesIt() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Workflow.of(
                    "w",
                    node("start"),
                    node("last", "c"),
                    node("a", "c", "start"),
                    node("b", "a"),
                    node("c", "b")))
        .withMessage(
            "nodes must not be after each other in a circle, were: 'c' after 'b' after 'a' after"
                + " 'c'");
  }

  @Test
  void of_circleOfTwo_namesIt() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", node("a", "b"), node("b", "a")))
        .withMessageEndingWith("'a' after 'b' after 'a'");
  }

  @Test
  void of_circleOfAThousand_messageStaysShort() {
    List<WorkflowNode> nodes =
        IntStream.range(0, 1_000).mapToObj(i -> node("n" + i, "n" + (i + 1) % 1_000)).toList();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", nodes))
        .withMessageContaining("'n0' after 'n1' after")
        .withMessageEndingWith("' after ... (1000 nodes)")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  @Test
  void of_unknownNode_namesBoth() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", node("a"), node("b", "A")))
        .withMessage("'b' must be after nodes of the workflow, was after 'A'");
  }

  @Test
  void of_nameTwice_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", node("a"), node("b"), node("a")))
        .withMessage("names of nodes must differ, two were 'a'");
  }

  @Test
  void of_numberOfNodes_oneToAThousand() {
    List<WorkflowNode> most = new ArrayList<>();
    IntStream.range(0, 1_000).forEach(i -> most.add(node("n" + i)));

    assertThat(Workflow.of("w", most).nodes()).hasSize(1_000);
    most.add(node("one more"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", most))
        .withMessage("number of nodes must be in 1..1000, was 1001");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w"))
        .withMessage("number of nodes must be in 1..1000, was 0");
  }

  @Test
  void of_contentsTogether_upTo16MiB() {
    String string = "\"" + "x".repeat((1 << 18) - 4) + "\"";
    String content = "[" + String.join(",", Collections.nCopies(4, string)) + "]   ";
    assertThat(content).hasSize(1 << 20);
    List<WorkflowNode> nodes = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      nodes.add(WorkflowNode.of("n" + i, TASK.content(content)));
    }

    assertThat(Workflow.of("w", nodes).nodes()).hasSize(16);
    nodes.add(WorkflowNode.of("more", TASK.content("1")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Workflow.of("w", nodes))
        .withMessage("bytes of all contents must be in 0..16777216, was 16777217");
  }

  @Test
  void of_badName_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Workflow.of("", node("a")));
    assertThatIllegalArgumentException().isThrownBy(() -> Workflow.of("x".repeat(65), node("a")));
    assertThatIllegalArgumentException().isThrownBy(() -> Workflow.of("a\nb", node("a")));
  }

  @Test
  void node_badName_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> node(""));
    assertThatIllegalArgumentException().isThrownBy(() -> node("x".repeat(65)));
    assertThatIllegalArgumentException().isThrownBy(() -> node("a\u200bb"));
    assertThatIllegalArgumentException().isThrownBy(() -> node("a", " b"));
    assertThat(node("x".repeat(64)).name()).hasSize(64);
  }

  @Test
  void node_afterItself_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> node("a", "b", "a"))
        .withMessage("node must not be after itself, 'a' was");
  }

  @Test
  void node_afterMany_upToAHundred() {
    String[] most = IntStream.range(0, 100).mapToObj(i -> "n" + i).toArray(String[]::new);

    assertThat(node("a", most).after("n0", "n1").after()).hasSize(100);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> node("a", most).after("one more"))
        .withMessage("number of nodes that 'a' is after must be in 0..100, was 101");
  }

  @Test
  void node_numberedTask_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WorkflowNode.of("a", Task.of("order-1").handler("work")))
        .withMessage("task of a node must be unnumbered, that of 'a' was not");
  }

  @Test
  void node_defaults_stopAndNothingBefore() {
    WorkflowNode node = node("a");

    assertThat(node.ifFailed()).isEqualTo(IfFailed.STOP);
    assertThat(node.after()).isEmpty();
    assertThat(node.ifFailed(IfFailed.CONTINUE).ifFailed()).isEqualTo(IfFailed.CONTINUE);
    assertThat(node).hasToString("WorkflowNode a");
    assertThatNullPointerException().isThrownBy(() -> node.ifFailed(null));
    assertThatNullPointerException().isThrownBy(() -> node.after((String) null));
  }
}
