package dev.gatehouse.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a workflow through what is reported to it: a function of both, without I/O. First
 * all reports are applied, in their order, then what is ready begins. Not safe: confine to one
 * thread.
 */
final class WorkflowPlan {
  private final WorkflowRow before;
  private final WorkflowStep[] steps;
  private final Map<Long, Integer> byTask = new HashMap<>();
  private final BitSet changed = new BitSet();
  private final long nowMillis;
  private WorkflowStatus status;
  private int open;
  private int @Nullable [][] dependents;

  WorkflowPlan(WorkflowRow row, List<WorkflowStep> steps, long nowMillis) {
    before = row;
    this.steps = steps.toArray(WorkflowStep[]::new);
    this.nowMillis = nowMillis;
    status = row.status();
    for (WorkflowStep step : steps) {
      byTask.put(step.taskId(), step.number());
      open += step.state().isFinal() ? 0 : 1;
    }
  }

  /**
   * Applies a report.
   *
   * @return whether it counts: what comes after the end, of a node or of the workflow, does not
   */
  boolean apply(WorkflowReport report) {
    if (report.isToCancel()) {
      return open > 0 && status == WorkflowStatus.RUNNING && end(WorkflowStatus.CANCELLING);
    }
    Integer number = byTask.get(report.taskId());
    if (number == null || steps[number].state() != NodeState.BEGUN) {
      return false;
    }
    put(number, NodeState.after(report.status()));
    WorkflowStep step = steps[number];
    if (step.isLost() && status == WorkflowStatus.RUNNING) {
      switch (step.ifFailed()) {
        case STOP -> end(WorkflowStatus.STOPPING);
        case SKIP_DEPENDENTS -> skipAfter(number);
        case CONTINUE -> {}
      }
    }
    return true;
  }

  private boolean end(WorkflowStatus ending) {
    status = ending;
    for (WorkflowStep step : steps) {
      if (step.state() == NodeState.WAITING) {
        put(step.number(), NodeState.CANCELLED);
      }
    }
    return true;
  }

  private void skipAfter(int lost) {
    Deque<Integer> next = new ArrayDeque<>();
    next.add(lost);
    while (!next.isEmpty()) {
      for (int dependent : dependents()[next.remove()]) {
        if (steps[dependent].state() == NodeState.WAITING) {
          put(dependent, NodeState.SKIPPED);
          next.add(dependent);
        }
      }
    }
  }

  private int[][] dependents() {
    int[][] known = dependents;
    if (known == null) {
      List<List<Integer>> lists = new ArrayList<>();
      Arrays.stream(steps).forEach(step -> lists.add(new ArrayList<>()));
      for (WorkflowStep step : steps) {
        step.after().forEach(number -> lists.get(number).add(step.number()));
      }
      known =
          lists.stream()
              .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
              .toArray(int[][]::new);
      dependents = known;
    }
    return known;
  }

  private void put(int number, NodeState state) {
    steps[number] = steps[number].with(state, nowMillis);
    changed.set(number);
    open -= state.isFinal() ? 1 : 0;
  }

  /** Lets all nodes begin that are ready; to be called once, after the last report. */
  List<WorkflowStep> begin() {
    List<WorkflowStep> begun = new ArrayList<>();
    if (status != WorkflowStatus.RUNNING) {
      return begun;
    }
    for (int i = 0; i < steps.length; i++) {
      if (steps[i].state() == NodeState.WAITING && isReady(steps[i])) {
        put(i, NodeState.BEGUN);
        begun.add(steps[i]);
      }
    }
    return begun;
  }

  private boolean isReady(WorkflowStep step) {
    for (int number : step.after()) {
      if (!steps[number].lets()) {
        return false;
      }
    }
    return true;
  }

  /** The workflow as it stands then. */
  WorkflowRow row() {
    return open == 0 ? before.with(ended(), nowMillis) : before.with(status, nowMillis);
  }

  private WorkflowStatus ended() {
    return switch (status) {
      case CANCELLING -> WorkflowStatus.CANCELLED;
      case STOPPING -> WorkflowStatus.FAILED;
      case RUNNING ->
          Arrays.stream(steps).allMatch(WorkflowStep::lets)
              ? WorkflowStatus.FINISHED
              : WorkflowStatus.FAILED;
      case FINISHED, CANCELLED, FAILED -> status;
    };
  }

  /** The nodes that changed. */
  List<WorkflowStep> changed() {
    return changed.stream().mapToObj(number -> steps[number]).toList();
  }
}
