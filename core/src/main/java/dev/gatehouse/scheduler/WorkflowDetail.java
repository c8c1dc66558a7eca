package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A workflow and where it stands. Immutable.
 *
 * @param id the workflow
 * @param applicationId whose it is; empty for the host's own
 * @param name for people
 * @param status where it stands
 * @param createdAt when it was scheduled
 * @param endedAt when it became final
 * @param nodes in the order in which they were given
 */
public record WorkflowDetail(
    WorkflowId id,
    OptionalLong applicationId,
    String name,
    WorkflowStatus status,
    Instant createdAt,
    Optional<Instant> endedAt,
    List<Node> nodes) {
  /** Checks that nothing is missing, and copies the list. */
  public WorkflowDetail {
    requireNonNull(id, "id");
    requireNonNull(applicationId, "applicationId");
    requireNonNull(name, "name");
    requireNonNull(status, "status");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(endedAt, "endedAt");
    nodes = List.copyOf(nodes);
  }

  /**
   * The node of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Node node(String name) {
    requireNonNull(name, "name");
    return nodes.stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("node must be the workflow's, was " + name));
  }

  static WorkflowDetail of(WorkflowRow row, List<WorkflowStep> steps) {
    return new WorkflowDetail(
        new WorkflowId(row.id()),
        row.applicationId() == 0 ? OptionalLong.empty() : OptionalLong.of(row.applicationId()),
        row.name(),
        row.status(),
        Instant.ofEpochMilli(row.createdMillis()),
        instant(row.endedMillis()),
        steps.stream().map(step -> node(step, steps)).toList());
  }

  private static Node node(WorkflowStep step, List<WorkflowStep> steps) {
    return new Node(
        step.name(),
        step.after().stream().map(number -> steps.get(number).name()).toList(),
        step.ifFailed(),
        step.state(),
        step.hasTask() ? Optional.of(new TaskId(step.taskId())) : Optional.empty(),
        instant(step.endedMillis()));
  }

  private static Optional<Instant> instant(long millis) {
    return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }

  /** The id and the status. */
  @Override
  public String toString() {
    return "Workflow " + id + " " + status;
  }

  /**
   * A node and where it stands; its result is told by {@link Workflows#resultOf}, as many of them
   * may be large. Immutable.
   *
   * @param name within the workflow
   * @param after the nodes that it depends on
   * @param ifFailed what becomes of the workflow if it comes to nothing
   * @param state where it stands
   * @param task its task, once that was scheduled; it may be forgotten before the workflow is
   * @param endedAt when the workflow took note of its end
   */
  public record Node(
      String name,
      List<String> after,
      IfFailed ifFailed,
      NodeState state,
      Optional<TaskId> task,
      Optional<Instant> endedAt) {
    /** Checks that nothing is missing, and copies the list. */
    public Node {
      requireNonNull(name, "name");
      after = List.copyOf(after);
      requireNonNull(ifFailed, "ifFailed");
      requireNonNull(state, "state");
      requireNonNull(task, "task");
      requireNonNull(endedAt, "endedAt");
    }
  }
}
