package dev.gatehouse.scheduler;

import dev.gatehouse.scheduler.Purging.Purged;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Deletes final tasks and workflows that were kept long enough, a batch at a time, as what else its
 * thread has to do must not wait for all there are. Not safe: confine to one thread.
 */
final class Purge implements Supplier<Purged> {
  private static final int TASKS = 1_000;
  private static final int WORKFLOWS = 20;

  private final SchedulerParts parts;
  private final EngineClock clock;
  private final List<Kind> kinds;

  /** Those of which there may be more, in turns. */
  private final Deque<Kind> left = new ArrayDeque<>();

  private boolean found;

  /** Answers whether a whole batch was there. */
  private interface Kind {
    boolean purge();
  }

  Purge(SchedulerParts parts, EngineClock clock) {
    this.parts = parts;
    this.clock = clock;
    kinds =
        List.of(
            () -> purge(TaskStatus.FINISHED),
            () -> purge(TaskStatus.CANCELLED),
            () -> purge(TaskStatus.FAILED),
            this::purgeWorkflows);
  }

  /** Deletes a batch; asks the store. */
  @Override
  public Purged get() {
    if (left.isEmpty()) {
      found = false;
      left.addAll(kinds);
    }
    Kind kind = left.remove();
    boolean mayBeMore = true;
    try {
      mayBeMore = kind.purge();
    } finally {
      if (mayBeMore) {
        left.add(kind);
      }
    }
    if (!left.isEmpty()) {
      return Purged.SOME;
    }
    return found ? Purged.ALL : Purged.NOTHING;
  }

  private boolean purge(TaskStatus status) {
    SchedulerOptions options = parts.options();
    long kept =
        (status == TaskStatus.FAILED ? options.failedRetention() : options.retention()).toMillis();
    return isAll(parts.store().purge(status, clock.millis() - kept, TASKS), TASKS);
  }

  private boolean purgeWorkflows() {
    long before = clock.millis() - parts.options().retention().toMillis();
    return isAll(parts.workflows().purge(before, WORKFLOWS), WORKFLOWS);
  }

  private boolean isAll(int count, int limit) {
    found |= count > 0;
    return count == limit;
  }
}
