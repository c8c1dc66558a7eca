package dev.gatehouse.scheduler;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The attempts under way, and a bound of when the first of them is out of time. They are in no
 * order: nearly all end long before their time, so only the earliest end ever seen is kept, and
 * when it comes, all are looked through for the next. Safe for use by multiple threads; {@link
 * #expire} is called by one at a time.
 */
final class UnderWay {
  private static final long NONE = Long.MAX_VALUE;

  private final Set<HeldTask> attempts = ConcurrentHashMap.newKeySet();
  private final long originNanos;

  /** Nanoseconds since the origin, for the monotonic clock may wrap. */
  private final AtomicLong earliest = new AtomicLong(NONE);

  /** Nothing under way; the monotonic clock shows that time, or did a moment ago. */
  UnderWay(long originNanos) {
    this.originNanos = originNanos;
  }

  /** Takes in an attempt that has begun; true if it is out of time before all others. */
  boolean add(HeldTask held) {
    attempts.add(held);
    return lower(held);
  }

  void remove(HeldTask held) {
    attempts.remove(held);
  }

  int size() {
    return attempts.size();
  }

  List<HeldTask> all() {
    return List.copyOf(attempts);
  }

  /**
   * Passes on those whose time is up.
   *
   * @return nanoseconds until there may be more
   */
  long expire(long nanoTime, Consumer<HeldTask> out) {
    long now = nanoTime - originNanos;
    long known = earliest.get();
    if (now < known) {
      return known == NONE ? NONE : known - now;
    }
    // Forgotten first: what comes in during the search and is not found lowers it by itself.
    earliest.set(NONE);
    for (HeldTask held : attempts) {
      if (sinceOrigin(held) <= now) {
        out.accept(held);
      } else {
        lower(held);
      }
    }
    long next = earliest.get();
    return next == NONE ? NONE : next - now;
  }

  /** Nanoseconds until the first is out of time, exactly; looks through all. */
  long nanosToFirst(long nanoTime) {
    long now = nanoTime - originNanos;
    long first = NONE;
    for (HeldTask held : attempts) {
      first = Math.min(first, sinceOrigin(held));
    }
    return first == NONE ? NONE : first - now;
  }

  private boolean lower(HeldTask held) {
    long end = sinceOrigin(held);
    long known = earliest.get();
    while (end < known) {
      if (earliest.compareAndSet(known, end)) {
        return true;
      }
      known = earliest.get();
    }
    return false;
  }

  private long sinceOrigin(HeldTask held) {
    return held.deadlineNanos() - originNanos;
  }
}
