package dev.gatehouse.scheduler;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * All tasks that this node holds: the window of those claimed ahead, in order of due time, those
 * under way, in order of the end of their time, and those that wait to be settled. Without locks.
 * Safe for use by multiple threads.
 */
final class Holdings {
  private final int capacity;
  private final ConcurrentMap<Long, HeldTask> byId = new ConcurrentHashMap<>();
  private final ConcurrentSkipListSet<HeldTask> window =
      new ConcurrentSkipListSet<>(HeldTask.BY_DUE);
  private final ConcurrentSkipListSet<HeldTask> underWay =
      new ConcurrentSkipListSet<>(HeldTask.BY_DEADLINE);

  Holdings(int capacity) {
    this.capacity = capacity;
  }

  /** How many more tasks there is room for. */
  int room() {
    return Math.max(0, capacity - byId.size());
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Takes a claimed task in; returns the one under an older fence that it replaces. */
  @Nullable HeldTask add(HeldTask held) {
    HeldTask replaced = byId.put(held.row().id(), held);
    window.add(held);
    return replaced;
  }

  void begun(HeldTask held) {
    window.remove(held);
    underWay.add(held);
  }

  /** It waits to be settled, or nobody cares any more. */
  void ended(HeldTask held) {
    window.remove(held);
    underWay.remove(held);
  }

  /** It is no longer this node's. */
  void remove(HeldTask held) {
    ended(held);
    byId.remove(held.row().id(), held);
  }

  /** The task if it is held under that fence. */
  @Nullable HeldTask find(long id, long fence) {
    HeldTask held = byId.get(id);
    return held != null && held.fence() == fence ? held : null;
  }

  /** The task, under whatever fence it is held. */
  @Nullable HeldTask find(long id) {
    return byId.get(id);
  }

  List<HeldTask> all() {
    return List.copyOf(byId.values());
  }

  /** Those whose attempt has begun and not ended. */
  List<HeldTask> underWay() {
    return List.copyOf(underWay);
  }

  /** The next to start; it stays in the window. */
  @Nullable HeldTask nextDue() {
    return window.isEmpty() ? null : firstOrNull(window);
  }

  /** Takes it for starting; false if someone else has. */
  boolean take(HeldTask held) {
    return window.remove(held);
  }

  /** Puts back what could not be started after all. */
  void putBack(HeldTask held) {
    window.add(held);
  }

  /** The attempt whose time is up first. */
  @Nullable HeldTask nextDeadline() {
    return underWay.isEmpty() ? null : firstOrNull(underWay);
  }

  private static @Nullable HeldTask firstOrNull(ConcurrentSkipListSet<HeldTask> set) {
    var all = set.iterator();
    return all.hasNext() ? all.next() : null;
  }
}
