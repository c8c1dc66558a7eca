package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskContext;
import dev.gatehouse.scheduler.TaskResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A handler that counts who of a group is at work at a time. The content says the task's number and
 * its groups, one word each; every fifth attempt fails.
 */
final class CountedWork {
  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(3);

  private final Map<String, Set<TaskContext>> atWork = new ConcurrentHashMap<>();
  private final Map<String, Integer> most = new ConcurrentHashMap<>();
  private final Map<String, Queue<Integer>> successes = new ConcurrentHashMap<>();

  TaskResult handle(TaskContext context) {
    String[] words = context.content().replace("\"", "").split(" ", -1);
    int number = Integer.parseInt(words[0]);
    for (int i = 1; i < words.length; i++) {
      begin(words[i], context);
    }
    try {
      LockSupport.parkNanos(NANOS);
      if ((number + context.attempt()) % 5 == 0) {
        return TaskResult.failed("every fifth");
      }
      for (int i = 1; i < words.length; i++) {
        successes.computeIfAbsent(words[i], name -> new ConcurrentLinkedQueue<>()).add(number);
      }
      return TaskResult.done();
    } finally {
      for (int i = 1; i < words.length; i++) {
        group(words[i]).remove(context);
      }
    }
  }

  private void begin(String name, TaskContext context) {
    Set<TaskContext> group = group(name);
    group.add(context);
    int now = (int) group.stream().filter(other -> !other.isCancelled()).count();
    most.merge(name, now, Math::max);
  }

  private Set<TaskContext> group(String name) {
    return atWork.computeIfAbsent(name, key -> ConcurrentHashMap.newKeySet());
  }

  /** How many of each group were at work at most, but for attempts that were told to stop. */
  Map<String, Integer> most() {
    return most;
  }

  /** The numbers of tasks of each group in the order in which they succeeded. */
  Map<String, List<Integer>> successes() {
    Map<String, List<Integer>> all = new HashMap<>();
    successes.forEach((name, numbers) -> all.put(name, List.copyOf(numbers)));
    return all;
  }
}
