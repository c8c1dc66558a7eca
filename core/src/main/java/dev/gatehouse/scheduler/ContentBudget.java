package dev.gatehouse.scheduler;

import dev.gatehouse.json.Json;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds the contents that a node holds. What a claim will bring is not known before, but by those
 * before it: so the first is small, and none takes more tasks than would be twice the budget if all
 * had the largest content there may be. A character counts as one byte. Safe for use by multiple
 * threads; {@link #claimed} is for the one that claims.
 */
final class ContentBudget {
  /** How much of what was learned is left after each claim. */
  private static final double MEMORY = 0.9;

  private final long budget;
  private final LongAdder held = new LongAdder();

  // Written by the thread that claims.
  private volatile double perTask = Json.MAX_BYTES;

  private volatile boolean learned;

  ContentBudget(long bytes) {
    budget = bytes;
  }

  void add(TaskRow row) {
    held.add(row.content().length());
  }

  void remove(TaskRow row) {
    held.add(-row.content().length());
  }

  /** Learns from what a claim brought. */
  void claimed(List<ClaimedTask> tasks) {
    if (tasks.isEmpty()) {
      return;
    }
    double mean =
        tasks.stream().mapToLong(task -> task.row().content().length()).average().orElse(0);
    perTask = learned ? Math.max(mean, MEMORY * perTask) : mean;
    learned = true;
  }

  /** How many tasks may be claimed: none if the budget is used up, else at least one. */
  int tasks() {
    long left = budget - held.sum();
    if (left <= 0) {
      return 0;
    }
    double most = (learned ? 2.0 : 1.0) * budget / Json.MAX_BYTES;
    double fitting = Math.min(most, left / Math.max(1, perTask));
    return (int) Math.max(1, Math.min(TaskStore.MAX_BATCH, fitting));
  }

  /** Whether those fit as well. */
  boolean hasRoomFor(Collection<TaskRow> rows) {
    long bytes = rows.stream().mapToLong(row -> row.content().length()).sum();
    return held.sum() + bytes <= budget;
  }

  /** Whether as many as that fit, if they are like those before, or a quarter of it is free. */
  boolean hasRoom(int tasks) {
    return (double) (budget - held.sum()) >= Math.min(budget / 4.0, Math.max(1, tasks * perTask));
  }
}
