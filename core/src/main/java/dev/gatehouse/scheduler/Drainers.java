package dev.gatehouse.scheduler;

import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Has workers do the tasks that are due. A drainer, once on a worker's thread, does task after task
 * until the queue is empty, so that a thread is woken only when none is awake; each has a permit.
 *
 * <p>There are as many seats for drainers as processors: quick tasks need no more. A drainer whose
 * task takes {@link #SLOW_NANOS} waits for something, presumably, and loses its seat to another as
 * soon as there is work; so slow tasks hold up no others, up to the last permit. While all seats
 * are lost from one look to the next, drainers without a seat are added, twice as many each time.
 * One that has no seat goes on while its tasks are slow, and ends after a quick one.
 *
 * <p>No task is forgotten: who adds to the queue looks at the seats afterwards, a drainer gives its
 * seat up before it looks at the queue for the last time, and rouses the timer if there is a task.
 * While there are tasks, the timer's thread {@linkplain #look looks} again and again, unless all
 * permits are taken: then it is roused when one is free. Safe for use by multiple threads; {@link
 * #look} is called by one at a time.
 */
final class Drainers {
  /** A task that takes longer is slow; well above a quick one, well below what people notice. */
  static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  private static final long FIRST_LOOK_NANOS = 2 * SLOW_NANOS;
  private static final long LONGEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int NO_SEAT = -1;

  private final Runner runner;
  private final Queue<HeldTask> due;
  private final EngineClock clock;
  private final Executor workers;
  private final Permits permits;
  private final AtomicReferenceArray<@Nullable Drainer> seats;

  // Used by the thread that looks.
  private long lookNanos = FIRST_LOOK_NANOS;
  private int extra;

  Drainers(
      Runner runner, Queue<HeldTask> due, EngineClock clock, Executor workers, int processors) {
    this.runner = runner;
    this.due = due;
    this.clock = clock;
    this.workers = workers;
    permits = runner.permits();
    seats = new AtomicReferenceArray<>(processors);
  }

  /**
   * Sees to it that tasks are done, as far as there are free seats; to be called after some were
   * added to the queue.
   *
   * @return how many seats were taken from slow drainers
   */
  int rouse() {
    int slow = 0;
    int tasks = due.size();
    long now = clock.nanoTime();
    for (int seat = 0; seat < seats.length() && tasks > 0; seat++) {
      Drainer holder = seats.get(seat);
      if (holder != null && !holder.isSlow(now)) {
        tasks -= holder.isBusy() ? 0 : 1;
      } else if (!permits.tryAcquire()) {
        return slow;
      } else {
        Drainer fresh = new Drainer(seat);
        if (seats.compareAndSet(seat, holder, fresh)) {
          slow += holder == null ? 0 : 1;
          tasks--;
          start(fresh);
        } else {
          permits.release();
        }
      }
    }
    return slow;
  }

  /**
   * Adds drainers if those there are do not get on with the queue.
   *
   * @return nanoseconds until it should be called again
   */
  long look() {
    if (due.isEmpty()) {
      lookNanos = FIRST_LOOK_NANOS;
      extra = 0;
      return Long.MAX_VALUE;
    }
    boolean quick = hasQuick();
    int slow = rouse();
    if (slow == seats.length()) {
      extra = Math.max(slow, 2 * extra);
      addExtra();
    } else if (quick) {
      extra = 0;
    }
    lookNanos = slow > 0 ? FIRST_LOOK_NANOS : Math.min(2 * lookNanos, LONGEST_LOOK_NANOS);
    return permits.areTaken() ? Long.MAX_VALUE : lookNanos;
  }

  private boolean hasQuick() {
    long now = clock.nanoTime();
    for (int seat = 0; seat < seats.length(); seat++) {
      Drainer holder = seats.get(seat);
      if (holder != null && holder.lastWasQuick && !holder.isSlow(now)) {
        return true;
      }
    }
    return false;
  }

  private void addExtra() {
    int tasks = Math.min(extra, due.size());
    for (int i = 0; i < tasks && permits.tryAcquire(); i++) {
      start(new Drainer(NO_SEAT));
    }
  }

  /** The drainer takes over the caller's permit. */
  private void start(Drainer drainer) {
    boolean accepted = false;
    try {
      workers.execute(drainer);
      accepted = true;
    } finally {
      if (!accepted && !drainer.begun) {
        drainer.end(true);
      }
    }
  }

  private final class Drainer implements Runnable {
    private int seat;
    private boolean begun;

    /** When the task that it does was begun; 0 if it does none. */
    private final AtomicLong busySince = new AtomicLong();

    volatile boolean lastWasQuick;

    Drainer(int seat) {
      this.seat = seat;
    }

    boolean isBusy() {
      return busySince.get() != 0;
    }

    boolean isSlow(long now) {
      long since = busySince.get();
      return since != 0 && now - since >= SLOW_NANOS;
    }

    @Override
    public void run() {
      begun = true;
      boolean permit = true;
      try {
        boolean more = true;
        boolean first = true;
        while (more) {
          HeldTask next = due.poll();
          if (next == null) {
            more = false;
          } else if (next.isWaiting()) {
            if (!first) {
              // What a handler did to its thread is not the next one's, nor the host's on its own.
              Thread.interrupted();
            }
            first = false;
            permit = attempt(next);
            more = permit && (!lastWasQuick || hasSeat());
          }
        }
      } finally {
        end(permit);
      }
    }

    /** Returns whether there is a permit for the next. */
    private boolean attempt(HeldTask held) {
      long start = clock.nanoTime();
      busySince.setRelease(start);
      boolean permitGone = runner.run(held);
      boolean quick = clock.nanoTime() - start < SLOW_NANOS;
      if (quick != lastWasQuick) {
        lastWasQuick = quick;
      }
      busySince.setRelease(0);
      return !permitGone || permits.tryAcquire();
    }

    private boolean hasSeat() {
      return (seat != NO_SEAT && seats.get(seat) == this) || takeSeat();
    }

    private boolean takeSeat() {
      long now = clock.nanoTime();
      for (int i = 0; i < seats.length(); i++) {
        Drainer holder = seats.get(i);
        boolean free = holder == null || holder.isSlow(now);
        if (free && seats.compareAndSet(i, holder, this)) {
          seat = i;
          return true;
        }
      }
      return false;
    }

    private void leaveSeat() {
      if (seat != NO_SEAT) {
        seats.compareAndSet(seat, this, null);
      }
    }

    /** Gives up what it has; if tasks came before the seat was free, the timer looks for them. */
    void end(boolean permit) {
      leaveSeat();
      if (!due.isEmpty()) {
        permits.want();
      }
      if (permit) {
        permits.release();
      }
    }
  }
}
