package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.GateQueue.Left;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Gates that another passage has locked, whose process may be frozen within it, and what waits to
 * come there again. For a while, which grows, nobody asks for such a gate: so it holds up none of
 * the others. Not safe: confine to one thread.
 */
final class ShutGates {
  private static final Duration FIRST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofSeconds(2);

  /** For a task whose row a host's transaction has locked. */
  private static final long ROW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final int MOST_GATES = 10_000;

  /**
   * What a passage left, for it found gates or tasks locked.
   *
   * @param gates those that it asked for and did not get
   */
  record Later(Set<String> gates, Queue<HeldTask> arrived, Queue<Left> left, Set<String> touched) {
    Later() {
      this(new HashSet<>(), new ArrayDeque<>(), new ArrayDeque<>(), new HashSet<>());
    }

    boolean isEmpty() {
      return arrived.isEmpty() && left.isEmpty() && touched.isEmpty();
    }
  }

  private record Waiting(Later what, long untilNanos) {}

  private final Map<String, Pause> pauses = new HashMap<>();
  private final PriorityQueue<Waiting> waiting;

  ShutGates(long nanoTime) {
    waiting =
        new PriorityQueue<>(
            Comparator.comparingLong(one -> one.untilNanos() - nanoTime)); // times may wrap around
  }

  /** The gates that are not to be asked for. */
  Set<String> names(long nanoTime) {
    Set<String> names = new HashSet<>();
    pauses.forEach(
        (name, pause) -> {
          if (pause.nanosLeft(nanoTime) > 0) {
            names.add(name);
          }
        });
    return names;
  }

  /** A passage got these gates, and left that. */
  void passed(Collection<String> locked, Later later, long nanoTime) {
    pauses.keySet().removeAll(locked);
    if (pauses.size() > MOST_GATES) {
      pauses.clear();
    }
    for (String gate : later.gates()) {
      pauses.computeIfAbsent(gate, name -> new Pause(FIRST, LONGEST)).begin(nanoTime);
    }
    if (!later.isEmpty()) {
      // Of those only that are still shut: others may never be asked for again.
      List<Pause> shut =
          pauses.values().stream().filter(pause -> pause.nanosLeft(nanoTime) > 0).toList();
      long pause = Math.min(Pause.nanosToFirst(shut, nanoTime), ROW_NANOS);
      waiting.add(new Waiting(later, nanoTime + pause));
    }
  }

  /** What is to come again. */
  List<Later> takeDue(long nanoTime) {
    ArrayDeque<Later> due = new ArrayDeque<>();
    while (nanosToLook(nanoTime) == 0) {
      due.add(waiting.remove().what());
    }
    return List.copyOf(due);
  }

  /** Nanoseconds until something is to come again; {@link Long#MAX_VALUE} if nothing is. */
  long nanosToLook(long nanoTime) {
    Waiting first = waiting.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.untilNanos() - nanoTime);
  }
}
