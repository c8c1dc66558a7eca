package dev.gatehouse.scheduler;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * How many due tasks a node should hold unbegun: as many as it could begin within about a second,
 * which is one for every permit that is free, and as many as it began in the last second. So what
 * it takes from the store doubles from claim to claim while handlers are quick, and while they are
 * slow the rest is left to other nodes, and in the store's order.
 *
 * <p>It takes some tens if that is less, for the sake of priorities, and keeps them if it is alone.
 * Beside others it gives back what it cannot begin so soon, and takes none while it can begin none;
 * alone it has one ready. Safe for use by multiple threads.
 */
final class Pace {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int MARKS = 8;

  /** So that claims are of many, of which each priority has its share. */
  private static final int LEAST = 2 * TaskStore.MANY;

  private final DueQueue due;
  private final EngineClock clock;
  private final Permits permits;
  private final int maxRunning;
  private final int capacity;
  private final BooleanSupplier others;

  // Guarded by the monitor: how many had begun at some times, a ring of the last second's.
  private final long[] nanos = new long[MARKS + 1];
  private final long[] begun = new long[MARKS + 1];
  private int oldest;
  private int marks;

  /**
   * A pace.
   *
   * @param others whether there are other nodes
   */
  Pace(
      DueQueue due,
      Permits permits,
      EngineClock clock,
      SchedulerOptions options,
      BooleanSupplier others) {
    this.due = due;
    this.permits = permits;
    this.clock = clock;
    maxRunning = options.maxRunning();
    capacity = options.capacity();
    this.others = others;
    mark(clock.nanoTime(), 0);
  }

  private long soon() {
    return permits.availablePermits() + begunLately();
  }

  /** How many to take, up to the capacity. */
  int target() {
    long soon = soon();
    if (soon == 0) {
      return others.getAsBoolean() ? 0 : 1;
    }
    return (int) Math.min(capacity, Math.max(LEAST, soon));
  }

  /** How many to keep if more are held for some time. */
  int kept() {
    return others.getAsBoolean() ? (int) Math.min(capacity, soon()) : target();
  }

  /** How many more than are held should be; less than 0 if fewer. */
  int room() {
    return target() - due.size();
  }

  /**
   * Whether so few are held that it is worth a claim; if not, the claimer is roused when it is so.
   * That is with half of what should be held while handlers are quick, for few claims, and else
   * with three quarters, for what is urgent must not wait until many have begun.
   */
  boolean hasRoom() {
    int target = target();
    if (target == 0) {
      permits.rouseClaimer();
      target = target();
    }
    if (target == 0) {
      return false;
    }
    int some = target > 2 * maxRunning ? target / 2 : target / 4;
    int enough = Math.max(some, Math.min(TaskStore.MANY, target / 2));
    int left = target - Math.max(1, Math.min(Claimer.BATCH, enough));
    if (due.size() <= left) {
      return true;
    }
    due.rouseAt(left);
    return false;
  }

  /**
   * For how many there should be room for a claim to be worth it, 1 or more: so many that as few
   * claims are made of quick tasks as if none were waited for, and so few that it does not take
   * long until there is.
   */
  int enough() {
    return (int) Math.max(1, Math.min(Claimer.BATCH, begunLately() / 10));
  }

  /** How many began within the last second, about. */
  synchronized long begunLately() {
    long now = clock.nanoTime();
    long count = due.begun();
    while (marks > 1 && now - nanos[next(oldest)] >= SECOND) {
      oldest = next(oldest);
      marks--;
    }
    long passed = Math.max(SECOND, now - nanos[oldest]);
    long lately = (long) ((double) (count - begun[oldest]) * SECOND / passed);
    if (marks > 1) {
      // After a pause the average says little.
      lately = Math.max(lately, count - begun[next(oldest)]);
    }
    if (now - nanos[(oldest + marks - 1) % nanos.length] >= SECOND / MARKS) {
      mark(now, count);
    }
    return lately;
  }

  private int next(int mark) {
    return (mark + 1) % nanos.length;
  }

  private void mark(long now, long count) {
    int last = (oldest + marks) % nanos.length;
    nanos[last] = now;
    begun[last] = count;
    if (marks < nanos.length) {
      marks++;
    } else {
      oldest = next(oldest);
    }
  }
}
