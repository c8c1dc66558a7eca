package dev.gatehouse.scheduler;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a node has done within about the last minute, from marks of its counts that are five seconds
 * apart. Safe for use by multiple threads.
 */
final class RecentWork {
  private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long APART_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LongSupplier nanoTime;
  private final Supplier<Counts> counts;

  // Guarded by the monitor: the first is as old as the window, or the oldest there is.
  private final Deque<Mark> marks = new ArrayDeque<>();

  /** What was done since the start. */
  record Counts(long claims, long claimed, long flushes, long settled, StorageTraffic traffic) {}

  private record Mark(long nanoTime, Counts counts) {}

  /** Nothing was done yet. */
  RecentWork(LongSupplier nanoTime, Supplier<Counts> counts) {
    this.nanoTime = nanoTime;
    this.counts = counts;
    marks.add(new Mark(nanoTime.getAsLong(), counts.get()));
  }

  /** To be called at least as often as marks are apart; cheap. */
  synchronized void note() {
    long now = nanoTime.getAsLong();
    if (now - marks.getLast().nanoTime() >= APART_NANOS) {
      marks.add(new Mark(now, counts.get()));
      forgetOld(now);
    }
  }

  private void forgetOld(long now) {
    Mark first = marks.removeFirst();
    while (!marks.isEmpty() && now - marks.getFirst().nanoTime() >= WINDOW_NANOS) {
      first = marks.removeFirst();
    }
    marks.addFirst(first);
  }

  /** Up to the present. */
  synchronized SchedulerStatus.Rates rates() {
    long now = nanoTime.getAsLong();
    forgetOld(now);
    Mark first = marks.getFirst();
    long nanos = now - first.nanoTime();
    if (nanos <= 0) {
      return SchedulerStatus.Rates.NONE;
    }
    Counts was = first.counts();
    Counts is = counts.get();
    double seconds = nanos / 1e9;
    return new SchedulerStatus.Rates(
        Duration.ofNanos(nanos),
        (is.claims() - was.claims()) / seconds,
        (is.claimed() - was.claimed()) / seconds,
        (is.flushes() - was.flushes()) / seconds,
        (is.settled() - was.settled()) / seconds,
        (is.traffic().statements() - was.traffic().statements()) / seconds,
        (is.traffic().commits() - was.traffic().commits()) / seconds);
  }
}
