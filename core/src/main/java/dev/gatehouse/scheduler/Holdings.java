package dev.gatehouse.scheduler;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All tasks that this node holds: those claimed ahead, those due and not begun, those at gates,
 * those under way, and those that wait to be settled. Without locks. Safe for use by multiple
 * threads; {@link #moveDue} is called by one at a time.
 */
final class Holdings {
  private final int capacity;
  private final int quarter;
  private final int forDue;
  private final ConcurrentMap<Long, HeldTask> byId = new ConcurrentHashMap<>();
  private final Window window = new Window();
  private final DueQueue due;
  private final ContentBudget contents;
  private final UnderWay underWay;
  private final GateQueue gates;

  /** How many follow others in runs: they are held, and no worker can begin them. */
  private final AtomicInteger following = new AtomicInteger();

  /** For how many the claimer waits to have room; 0 if it does not. */
  private volatile int wanted;

  /** How many of the window and of the due may have been taken away since they were swept. */
  private final AtomicInteger dropped = new AtomicInteger();

  Holdings(SchedulerOptions options, long nanoTime, GateQueue gates, Waker waker) {
    capacity = options.capacity();
    quarter = Math.max(1, capacity / 4);
    forDue = Math.min(options.maxRunning(), (capacity + 2) / 4);
    this.gates = gates;
    due = new DueQueue(waker);
    contents = new ContentBudget(options.maxHeldBytes());
    underWay = new UnderWay(nanoTime);
  }

  /** How many more tasks there is room for. */
  int room() {
    return Math.max(0, capacity - byId.size());
  }

  /**
   * How many more that are not due yet there is room for: some places are kept for what is due, as
   * it could begin while the others wait for their time.
   */
  int roomAhead() {
    return Math.max(0, room() - forDue);
  }

  /** Whether there is room for so many of these, or for a quarter of all. */
  boolean hasRoomAhead(int tasks) {
    return roomAhead() >= Math.min(tasks, quarter);
  }

  /**
   * Whether there is room for so many tasks, or a quarter of all; if not, {@link #hasRoomAgain}
   * tells when there is.
   */
  boolean hasRoom(int tasks) {
    wanted = Math.min(tasks, quarter);
    return hasRoomAgain();
  }

  /** Whether there is room by now for what there was none; true once. */
  boolean hasRoomAgain() {
    int tasks = wanted;
    if (tasks == 0 || room() < tasks || !contents.hasRoom(tasks)) {
      return false;
    }
    wanted = 0;
    return true;
  }

  /** How much of contents may be held. */
  ContentBudget contents() {
    return contents;
  }

  int size() {
    return byId.size();
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Takes a claimed task in; returns the one under an older fence that it replaces. */
  @Nullable HeldTask add(HeldTask held) {
    contents.add(held.row());
    HeldTask replaced = byId.put(held.row().id(), held);
    if (replaced != null) {
      contents.remove(replaced.row());
    }
    return replaced;
  }

  /** It is to begin when it is due. */
  void await(HeldTask held, long nowMillis) {
    if (held.beginMillis() <= nowMillis) {
      due.add(held);
    } else {
      window.add(held);
    }
  }

  /**
   * Moves those of the window that are due to the end of the queue.
   *
   * @return when the next of them is due, in epoch milliseconds, or {@link Long#MAX_VALUE}
   */
  long moveDue(long nowMillis) {
    if (dropped.get() > capacity) {
      dropped.set(0);
      window.sweep();
      due.sweep();
    }
    window.moveDue(nowMillis, due);
    return window.nextDueMillis();
  }

  /** When the next that is held ahead of its time is to begin, as {@link #moveDue} says. */
  long nextMillis() {
    return window.nextDueMillis();
  }

  /** Those to begin now. */
  DueQueue due() {
    return due;
  }

  /** A task was taken away before it began. */
  void dropped() {
    dropped.incrementAndGet();
  }

  /** Those that are due and wait at gates, and what else there is to do there. */
  GateQueue gates() {
    return gates;
  }

  UnderWay underWay() {
    return underWay;
  }

  /** It is no longer this node's. */
  void remove(HeldTask held) {
    underWay.remove(held);
    if (byId.remove(held.row().id(), held)) {
      contents.remove(held.row());
    }
    breakOff(held);
  }

  /** To be kept by all runs. */
  AtomicInteger following() {
    return following;
  }

  /** How many more may follow: the most of what is held should be what can begin. */
  int roomForFollowers() {
    return Math.max(0, Math.min(room(), capacity / 4 - following.get()));
  }

  /** If it was the first of a run, who follows comes to the gate by itself. */
  void breakOff(HeldTask held) {
    LineRun run = held.run();
    if (run != null) {
      run.breakOff(held).forEach(gates::takes);
    }
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

  /** When the first of those that have not begun is or was due, in epoch milliseconds. */
  OptionalLong earliestWaiting() {
    return byId.values().stream().filter(HeldTask::isWaiting).mapToLong(HeldTask::dueMillis).min();
  }

  List<HeldTask> all() {
    return List.copyOf(byId.values());
  }
}
