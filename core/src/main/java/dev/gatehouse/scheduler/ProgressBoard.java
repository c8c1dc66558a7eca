package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What handlers said of their progress and is not written yet: of each attempt the last word.
 * {@link #report} is safe for use by multiple threads, {@link #write} is called by one at a time.
 */
final class ProgressBoard {
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final TaskStore store;
  private final EngineClock clock;
  private final Map<HeldTask, TaskProgress> unwritten = new ConcurrentHashMap<>();
  private long writtenNanos; // used by the thread that writes

  ProgressBoard(TaskStore store, EngineClock clock) {
    this.store = store;
    this.clock = clock;
    writtenNanos = clock.nanoTime() - REST_NANOS;
  }

  /** Takes it down, to be written within a second or two; no effect once the attempt has ended. */
  void report(HeldTask held, TaskProgress progress) {
    if (held.isUnderWay()) {
      unwritten.put(held, progress);
    }
  }

  /**
   * Writes what was said of attempts that are under way, if it has written nothing for a second.
   * Asks the store only if there is something to write.
   */
  void write() {
    long now = clock.nanoTime();
    // A row that a handler's transaction may have locked is not waited for.
    unwritten.keySet().removeIf(held -> !held.isUnderWay() || held.isCompleting());
    if (unwritten.isEmpty() || now - writtenNanos < REST_NANOS) {
      return;
    }
    writtenNanos = now;
    Map<Integer, List<ProgressReport>> byNode = new HashMap<>();
    Map<Long, HeldTask> taken = new HashMap<>();
    int count = 0;
    for (HeldTask held : List.copyOf(unwritten.keySet())) {
      TaskProgress progress = count < TaskStore.MAX_BATCH ? unwritten.remove(held) : null;
      if (progress != null) {
        count++;
        taken.put(held.row().id(), held);
        byNode
            .computeIfAbsent(held.node().number(), node -> new ArrayList<>())
            .add(new ProgressReport(held.row().id(), held.fence(), progress));
      }
    }
    byNode.forEach(
        (node, reports) -> {
          Set<Long> passedOver = Set.copyOf(store.progress(node, reports));
          for (ProgressReport report : reports) {
            HeldTask held = taken.get(report.id());
            if (held != null && passedOver.contains(report.id())) {
              unwritten.putIfAbsent(held, report.progress());
            }
          }
        });
  }
}
