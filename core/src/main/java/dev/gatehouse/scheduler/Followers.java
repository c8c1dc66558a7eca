package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Which of the tasks that come to their lines in one transaction stand directly behind one that
 * begins: they stay here and follow it. Not safe: confine to one thread.
 */
final class Followers {
  private final GateRules rules;
  private final GateStore gates;
  private final ToIntFunction<String> lengths;
  private final Map<String, Run> runs = new HashMap<>();

  /** One that begins, and those that follow it. */
  record Run(String line, HeldTask first, List<HeldTask> followers) {}

  /** The tasks that wait in a line, in order, but for the one that begins. */
  private final Map<String, List<Long>> behind = new HashMap<>();

  /**
   * Followers.
   *
   * @param lengths of how many tasks a line's run should be
   */
  Followers(GateRules rules, GateStore gates, ToIntFunction<String> lengths) {
    this.rules = rules;
    this.gates = gates;
    this.lengths = lengths;
  }

  /** The task begins, and if its line is all it goes through, others may follow. */
  void begins(HeldTask task) {
    if (rules.isOnly(task.row())) {
      GateRules.line(task.row())
          .ifPresent(line -> runs.put(line, new Run(line, task, new ArrayList<>())));
    }
  }

  /** Takes in one that comes next; false if it does not. */
  boolean takes(HeldTask task, String line) {
    Run run = runs.get(line);
    if (run == null || !rules.isOnly(task.row())) {
      return false;
    }
    List<Long> order = behind.computeIfAbsent(line, name -> behind(run));
    int next = run.followers().size();
    boolean follows = next < order.size() && order.get(next) == task.row().id();
    if (follows) {
      run.followers().add(task);
    }
    return follows;
  }

  private List<Long> behind(Run run) {
    int length = lengths.applyAsInt(run.line());
    if (length == 1) {
      return List.of();
    }
    return gates.waiting(run.line(), length).stream()
        .map(GateStore.Place::taskId)
        .filter(id -> id != run.first().row().id())
        .limit(length - 1L)
        .toList();
  }

  /** Those that begin with their lines as all that they go through. */
  List<Run> runs() {
    return List.copyOf(runs.values());
  }
}
