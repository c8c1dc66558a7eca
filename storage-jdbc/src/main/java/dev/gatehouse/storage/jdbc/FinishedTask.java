package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A task that finished with its first attempt, under its first fence. Its due time is the one that
 * it was scheduled with. Immutable.
 */
record FinishedTask(
    TaskRow row,
    long startedMillis,
    long endedMillis,
    @Nullable Integer httpStatus,
    @Nullable String result) {
  private static final int FIRST = 1;

  static FinishedTask of(Settlement.Finish finish) {
    Attempt attempt = finish.attempt();
    return new FinishedTask(
        finish.row(),
        attempt.startedAt().toEpochMilli(),
        attempt.endedAt().toEpochMilli(),
        attempt.httpStatus(),
        finish.result());
  }

  /** Whether the task finished as these do. */
  static boolean isFirst(Attempt attempt) {
    return attempt.fence() == FIRST && attempt.number() == FIRST;
  }

  TaskState state(long recordedMillis) {
    return new TaskState(
        row,
        TaskStatus.FINISHED,
        row.runtimeMillis(),
        FIRST,
        Asked.NOTHING,
        recordedMillis,
        result,
        null);
  }

  Attempt attempt() {
    return new Attempt(
        FIRST,
        FIRST,
        Instant.ofEpochMilli(startedMillis),
        Instant.ofEpochMilli(endedMillis),
        Outcome.SUCCESS,
        httpStatus,
        "");
  }

  LockedTask locked() {
    return new LockedTask(
        row.id(), FIRST, FIRST, 0, Asked.NOTHING, row.runtimeMillis(), TaskStatus.FINISHED);
  }
}
