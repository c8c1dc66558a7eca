package dev.gatehouse.scheduler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Begins tasks that crashed before few at a time, and has the store know of it first. When a node
 * is lost, all that it held is suspected at first, for what is begun is written nowhere; from then
 * on a crash counts only against those that the store knows as begun. The more often they crashed,
 * the fewer are begun together, down to one: so what kills its nodes is told from what was there by
 * chance, and what was not begun is never given up.
 *
 * <p>One of them counts as begun until its end is written, or it was under way for {@link
 * #PATIENCE_NANOS}: long tasks do not hold up the others for ever. First come, first served, but
 * for one that another has locked, which goes behind. {@link #takes} is safe for use by multiple
 * threads, the rest is called by one at a time.
 */
final class Suspects {
  static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** How often to look whether those that are begun have been for long. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final int MANY = 1_000;
  private static final int FEW = 30;
  private static final TaskProgress BEGUN = new TaskProgress(0, "");

  private final TaskStore store;
  private final int maxCrashes;
  private final EngineClock clock;
  private final Holdings holdings;
  private final Waker waker;
  private final Queue<HeldTask> waiting = new ConcurrentLinkedQueue<>();
  private final List<HeldTask> begun = new ArrayList<>();

  Suspects(SchedulerParts parts, Holdings holdings, EngineClock clock, Waker waker) {
    store = parts.store();
    maxCrashes = parts.options().maxCrashes();
    this.holdings = holdings;
    this.clock = clock;
    this.waker = waker;
  }

  /** Takes in a held task that must wait for its turn; false if it need not. */
  boolean takes(HeldTask held) {
    if (!held.isSuspect() || held.isCleared()) {
      return false;
    }
    waiting.add(held);
    waker.wake(Waker.Role.GATEKEEPER);
    return true;
  }

  /**
   * Has those begin whose turn it is, and returns how many. Asks the store if there are any; what
   * that fails for waits for the next call.
   */
  int flush() {
    int all = 0;
    for (int some = flushSome(); some > 0; some = flushSome()) {
      all += some;
    }
    return all;
  }

  /** Nanoseconds until {@link #flush} may have something to do unbidden. */
  long nanosToLook() {
    return waiting.isEmpty() ? Long.MAX_VALUE : LOOK_NANOS;
  }

  private int flushSome() {
    waiting.removeIf(held -> !held.isWaiting());
    if (waiting.isEmpty()) {
      return 0;
    }
    long now = clock.nanoTime();
    begun.removeIf(held -> !isBegun(held, now));
    List<HeldTask> next = next();
    Map<Integer, List<ProgressReport>> byNode = new HashMap<>();
    for (HeldTask held : next) {
      byNode
          .computeIfAbsent(held.node().number(), node -> new ArrayList<>())
          .add(new ProgressReport(held.row().id(), held.fence(), BEGUN));
    }
    Set<Long> passedOver = new HashSet<>();
    byNode.forEach((node, reports) -> passedOver.addAll(store.progress(node, reports)));
    for (HeldTask held : next) {
      waiting.remove();
      if (passedOver.contains(held.row().id())) {
        waiting.add(held);
      } else {
        begun.add(held);
        held.clear();
        holdings.due().add(held);
      }
    }
    return next.size() - passedOver.size();
  }

  private boolean isBegun(HeldTask held, long now) {
    boolean isHeld = holdings.find(held.row().id(), held.fence()) == held;
    return isHeld && !(held.isUnderWay() && now - held.startedNanos() >= PATIENCE_NANOS);
  }

  /** As many of the first as may be begun together, with all that are. */
  private List<HeldTask> next() {
    List<HeldTask> next = new ArrayList<>();
    int limit = begun.stream().mapToInt(this::together).min().orElse(MANY);
    Iterator<HeldTask> first = waiting.iterator();
    while (first.hasNext()) {
      HeldTask held = first.next();
      limit = Math.min(limit, together(held));
      if (begun.size() + next.size() >= limit) {
        return next;
      }
      next.add(held);
    }
    return next;
  }

  private int together(HeldTask held) {
    int crashes = held.task().crashes();
    int left = maxCrashes - crashes;
    if (crashes > 2 || left <= 0) {
      return 1;
    }
    return crashes == 2 || left == 1 ? FEW : MANY;
  }
}
