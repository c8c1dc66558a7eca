package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tasks of which some can only begin when others have ended. Nodes that depend on nothing begin at
 * once, all others when the last of those that they depend on has ended; what is ready runs side by
 * side. Immutable.
 */
public final class Workflow {
  /** Most nodes. */
  public static final int MAX_NODES = 1_000;

  /** Most bytes of all contents together, in UTF-8. */
  public static final int MAX_CONTENT = 16 << 20;

  private static final int SHOWN_LENGTH = 200;

  private final String name;
  private final List<WorkflowNode> nodes;
  private final Map<String, Integer> numbers = new HashMap<>();

  private Workflow(String name, List<WorkflowNode> nodes) {
    this.name = name;
    this.nodes = nodes;
    for (WorkflowNode node : nodes) {
      Check.that(
          numbers.putIfAbsent(node.name(), numbers.size()) == null,
          () -> "names of nodes must differ, two were '" + Check.shown(node.name()) + "'");
    }
  }

  /** As {@link #of(String, List)}. */
  public static Workflow of(String name, WorkflowNode... nodes) {
    return of(name, Arrays.asList(requireNonNull(nodes, "nodes")));
  }

  /**
   * A workflow of these nodes, which may be given in any order.
   *
   * @param name for people, 1..64 characters
   * @param nodes 1..1,000, whose contents have at most 16 MiB in all
   * @throws IllegalArgumentException if they are too few, too many or too large, if two have one
   *     name, if one depends on a node that is not among them, or if some depend on each other in a
   *     circle; the message names the nodes
   */
  public static Workflow of(String name, List<WorkflowNode> nodes) {
    Check.text(name, 1, 64, "name");
    Check.range(requireNonNull(nodes, "nodes").size(), 1, MAX_NODES, "number of nodes");
    Workflow workflow = new Workflow(name, List.copyOf(nodes));
    workflow.requireKnown();
    workflow.requireSmall();
    workflow.requireAcyclic();
    return workflow;
  }

  private void requireKnown() {
    for (WorkflowNode node : nodes) {
      for (String after : node.after()) {
        Check.that(
            numbers.containsKey(after),
            () ->
                "'"
                    + Check.shown(node.name())
                    + "' must be after nodes of the workflow, was after '"
                    + Check.shown(after)
                    + "'");
      }
    }
  }

  private void requireSmall() {
    long bytes = 0;
    for (WorkflowNode node : nodes) {
      bytes += node.task().content().getBytes(StandardCharsets.UTF_8).length;
    }
    Check.range(bytes, 0, MAX_CONTENT, "bytes of all contents");
  }

  /** Takes away what depends on nothing that is left, again and again: only circles stay. */
  private void requireAcyclic() {
    List<List<Integer>> dependents = new ArrayList<>();
    nodes.forEach(node -> dependents.add(new ArrayList<>()));
    int[] open = new int[nodes.size()];
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < open.length; i++) {
      List<Integer> after = after(i);
      open[i] = after.size();
      for (int number : after) {
        dependents.get(number).add(i);
      }
      if (open[i] == 0) {
        free.add(i);
      }
    }
    for (int next = 0; next < free.size(); next++) {
      for (int dependent : dependents.get(free.get(next))) {
        open[dependent]--;
        if (open[dependent] == 0) {
          free.add(dependent);
        }
      }
    }
    if (free.size() < nodes.size()) {
      throw new IllegalArgumentException(
          "nodes must not be after each other in a circle, were: " + shown(circle(open)));
    }
  }

  /** From any node that is left, what it is after that is left too leads into a circle. */
  private List<String> circle(int[] open) {
    int at = 0;
    while (open[at] == 0) {
      at++;
    }
    List<Integer> path = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    while (seen.add(at)) {
      path.add(at);
      at = after(at).stream().filter(number -> open[number] > 0).findFirst().orElseThrow();
    }
    List<String> circle = new ArrayList<>();
    for (int number : path.subList(path.indexOf(at), path.size())) {
      circle.add(nodes.get(number).name());
    }
    return circle;
  }

  private static String shown(List<String> circle) {
    StringBuilder text = new StringBuilder();
    for (String node : circle) {
      if (text.length() > SHOWN_LENGTH) {
        return text.append("... (").append(circle.size()).append(" nodes)").toString();
      }
      text.append('\'').append(Check.shown(node)).append("' after ");
    }
    return text.append('\'').append(Check.shown(circle.get(0))).append('\'').toString();
  }

  /** The numbers of the nodes that a node depends on, ascending. */
  List<Integer> after(int number) {
    List<Integer> after = new ArrayList<>();
    nodes.get(number).after().forEach(node -> after.add(numbers.get(node)));
    Collections.sort(after);
    return after;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Its nodes, in the order in which they were given. */
  public List<WorkflowNode> nodes() {
    return nodes;
  }

  /** The name: contents may be secret. */
  @Override
  public String toString() {
    return "Workflow " + name;
  }
}
