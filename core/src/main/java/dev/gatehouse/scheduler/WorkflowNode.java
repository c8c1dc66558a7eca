package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * One node of a {@link Workflow}: a task, and what must have ended before it is scheduled. The
 * task's delay counts from that moment; its retries, timeout, priority and application are its own.
 * Immutable: each method returns a new node.
 */
public final class WorkflowNode {
  /** Most nodes that one may depend on. */
  public static final int MAX_AFTER = 100;

  private static final int MAX_NAME = 64;

  private final String name;
  private final Task task;
  private final Set<String> after;
  private final IfFailed ifFailed;

  private WorkflowNode(String name, Task task, Set<String> after, IfFailed ifFailed) {
    this.name = name;
    this.task = task;
    this.after = Collections.unmodifiableSet(after);
    this.ifFailed = ifFailed;
  }

  /**
   * A node that depends on no other.
   *
   * @param name 1..64 characters, unique within the workflow, case counts
   * @param task without a number of its owner's, for the number could be taken when it is scheduled
   */
  public static WorkflowNode of(String name, Task task) {
    Check.name(name, MAX_NAME, "node");
    Check.that(
        requireNonNull(task, "task").taskNo().isEmpty(),
        () -> "task of a node must be unnumbered, that of '" + Check.shown(name) + "' was not");
    return new WorkflowNode(name, task, Set.of(), IfFailed.STOP);
  }

  /**
   * Depends on these nodes too: it begins when all of them have ended. 100 at most in all.
   *
   * @throws IllegalArgumentException if it is one of them, or they are too many
   */
  public WorkflowNode after(String... nodes) {
    Set<String> all = new LinkedHashSet<>(after);
    for (String node : nodes) {
      Check.name(node, MAX_NAME, "after");
      Check.that(
          !node.equals(name),
          () -> "node must not be after itself, '" + Check.shown(name) + "' was");
      all.add(node);
    }
    Check.range(
        all.size(), 0, MAX_AFTER, "number of nodes that '" + Check.shown(name) + "' is after");
    return new WorkflowNode(name, task, all, ifFailed);
  }

  /** What becomes of the workflow if this node comes to nothing. Default {@link IfFailed#STOP}. */
  public WorkflowNode ifFailed(IfFailed value) {
    return new WorkflowNode(name, task, after, requireNonNull(value, "ifFailed"));
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Its work. */
  public Task task() {
    return task;
  }

  /** The nodes that it depends on, in the order in which they were given. */
  public Set<String> after() {
    return after;
  }

  /** What becomes of the workflow if this node comes to nothing. */
  public IfFailed ifFailed() {
    return ifFailed;
  }

  /** The name: the task's content may be secret. */
  @Override
  public String toString() {
    return "WorkflowNode " + name;
  }
}
