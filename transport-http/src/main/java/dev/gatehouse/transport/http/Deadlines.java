package dev.gatehouse.transport.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Knows what is under way, and tells whose time is up. One look at all of them is planned, for the
 * earliest end: most are over before their end, and a timer for each would wake a thread for each.
 * Safe for use by multiple threads.
 */
final class Deadlines {
  private final Set<UnderWay> underWay = ConcurrentHashMap.newKeySet();
  private final Consumer<UnderWay> whenUp;
  private final ScheduledThreadPoolExecutor timer;

  /** When the next look is, by {@link System#nanoTime}; null if there is none. */
  private volatile @Nullable Long planned;

  Deadlines(Consumer<UnderWay> whenUp, ThreadFactory threads) {
    this.whenUp = whenUp;
    timer = new ScheduledThreadPoolExecutor(1, threads, new ThreadPoolExecutor.DiscardPolicy());
  }

  void add(UnderWay one) {
    underWay.add(one);
    if (isSooner(one.endNanoTime())) {
      plan(one.endNanoTime());
    }
  }

  void remove(UnderWay one) {
    underWay.remove(one);
  }

  private boolean isSooner(long at) {
    Long present = planned;
    return present == null || at - present < 0;
  }

  private synchronized void plan(long at) {
    if (isSooner(at)) {
      Long look = at;
      planned = look;
      ScheduledFuture<?> unused =
          timer.schedule(() -> look(look), at - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }

  /** Who is added meanwhile is seen here, or sees that no look is planned. */
  private void look(Long plan) {
    synchronized (this) {
      if (!plan.equals(planned)) {
        return;
      }
      planned = null;
    }
    long now = System.nanoTime();
    Long next = null;
    for (UnderWay one : underWay) {
      long end = one.endNanoTime();
      if (end - now <= 0) {
        whenUp.accept(one);
      } else if (next == null || end - next < 0) {
        next = end;
      }
    }
    if (next != null) {
      plan(next);
    }
  }

  /** Gives all that are under way to the action, whatever their time; nothing is told any more. */
  void close(Consumer<UnderWay> action) {
    timer.shutdownNow();
    underWay.forEach(action);
  }
}
