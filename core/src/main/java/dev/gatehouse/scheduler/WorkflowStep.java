package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.List;

/**
 * A node of a workflow as stores keep it, without its work. Immutable.
 *
 * @param number its place in the workflow, 0..999
 * @param taskId the id that its task has or will have: no other node's, of whatever workflow, and
 *     higher than those of lower numbers
 * @param name 1..64 characters, unique within the workflow
 * @param after the numbers of at most 100 nodes that it depends on, ascending
 * @param ifFailed what becomes of the workflow if it comes to nothing
 * @param state where it stands
 * @param endedMillis when it became final, in epoch milliseconds; 0 while it is not
 */
public record WorkflowStep(
    int number,
    long taskId,
    String name,
    List<Integer> after,
    IfFailed ifFailed,
    NodeState state,
    long endedMillis) {
  /** Checks that stores can keep it as it is, and copies the list. */
  public WorkflowStep {
    Check.range(number, 0, Workflow.MAX_NODES - 1, "number");
    Check.range(taskId, 1, Long.MAX_VALUE, "taskId");
    Check.text(name, 1, 64, "name");
    after = List.copyOf(after);
    Check.range(after.size(), 0, WorkflowNode.MAX_AFTER, "number of nodes it is after");
    int last = -1;
    for (int one : after) {
      Check.range(one, last + 1, Workflow.MAX_NODES - 1, "after");
      last = one;
    }
    requireNonNull(ifFailed, "ifFailed");
    requireNonNull(state, "state");
    Check.range(endedMillis, 0, Long.MAX_VALUE, "endedMillis");
  }

  /** This one in that state, since then if it is final. */
  WorkflowStep with(NodeState value, long nowMillis) {
    return new WorkflowStep(
        number, taskId, name, after, ifFailed, value, value.isFinal() ? nowMillis : 0);
  }

  /** Whether its task was scheduled. */
  boolean hasTask() {
    return state != NodeState.WAITING && state != NodeState.SKIPPED;
  }

  /** Whether it came to nothing by itself. */
  boolean isLost() {
    return state == NodeState.FAILED || state == NodeState.CANCELLED;
  }

  /** Whether what depends on it may begin, as far as it is concerned. */
  boolean lets() {
    return state == NodeState.FINISHED || (isLost() && ifFailed == IfFailed.CONTINUE);
  }
}
