package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Tasks held ahead of their time, by the millisecond at which they are to begin. The order is that
 * of due times alone, so clocks may be set in either direction. A task that is taken away is not
 * removed but skipped when its time comes, or when {@link #sweep} is called.
 *
 * <p>{@link #add} is safe for use by multiple threads, the rest is called by one at a time.
 */
final class Window {
  private final Queue<HeldTask> added = new ConcurrentLinkedQueue<>();

  // Used by the thread that moves.
  private final TreeMap<Long, List<HeldTask>> byDue = new TreeMap<>();

  void add(HeldTask held) {
    added.add(held);
  }

  /** Moves those due at that time or before to the queue, in order of due time. */
  void moveDue(long nowMillis, Queue<? super HeldTask> due) {
    sort();
    Map.Entry<Long, List<HeldTask>> first = byDue.firstEntry();
    while (first != null && first.getKey() <= nowMillis) {
      byDue.pollFirstEntry();
      for (HeldTask held : first.getValue()) {
        if (held.isWaiting()) {
          due.add(held);
        }
      }
      first = byDue.firstEntry();
    }
  }

  /** When the next is due, in epoch milliseconds; {@link Long#MAX_VALUE} if there is none. */
  long nextDueMillis() {
    return byDue.isEmpty() ? Long.MAX_VALUE : byDue.firstKey();
  }

  /** Forgets those that were taken away. */
  void sweep() {
    sort();
    byDue.values().forEach(tasks -> tasks.removeIf(held -> !held.isWaiting()));
    byDue.values().removeIf(List::isEmpty);
  }

  /** Claims come in order of due time, so most tasks go where the one before went. */
  private void sort() {
    @Nullable List<HeldTask> last = null;
    long lastDue = 0;
    for (HeldTask held = added.poll(); held != null; held = added.poll()) {
      if (last == null || held.beginMillis() != lastDue) {
        lastDue = held.beginMillis();
        last = byDue.computeIfAbsent(lastDue, due -> new ArrayList<>(4));
      }
      last.add(held);
    }
  }
}
