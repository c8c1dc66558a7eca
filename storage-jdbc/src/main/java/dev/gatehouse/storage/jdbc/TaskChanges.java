package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of tasks whose rows this transaction has locked: collected first, then written in a
 * batch for each table.
 */
final class TaskChanges {
  /** The lane of what waits to be admitted; no claim looks there. */
  static final int PARKED = -2;

  /** What was asked to pause leaves the lanes, in which claims look. */
  private static final String READY =
      "UPDATE gh_task SET state = 0, owner = NULL, lane = CASE WHEN cancel = 2 THEN -1 ELSE COALESCE(?, lane) END,"
          + " cancel = CASE cancel WHEN 2 THEN 2 ELSE 0 END, percent = NULL, note = NULL, due_ms = ?, attempt = ?, crashes = ?"
          + " WHERE id = ? AND fence = ? AND state = 1";

  private static final String DROP_ENDED = "DELETE FROM gh_task WHERE id = ? AND fence = ?";

  private static final String RECORD =
      "INSERT INTO gh_task_attempt(task_id, fence, number, started_ms, ended_ms, outcome,"
          + " http_status, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

  private final long nowMillis;
  private final List<Settled> settled = new ArrayList<>();
  private final List<Ready> ready = new ArrayList<>();
  private final List<EndedTask> ended = new ArrayList<>();
  private final List<Recorded> recorded = new ArrayList<>();

  TaskChanges(long nowMillis) {
    this.nowMillis = nowMillis;
  }

  /** Ready again, with the attempt that has ended now, or null. */
  void ready(LockedTask task, @Nullable Attempt attempt, long dueMillis) {
    settled.add(new Settled(task.id(), TaskStatus.WAITING));
    ready.add(new Ready(task, dueMillis, false));
    if (attempt != null) {
      recorded.add(new Recorded(task.id(), attempt));
    }
  }

  /** Waits until it is admitted. */
  void park(LockedTask task) {
    settled.add(new Settled(task.id(), TaskStatus.WAITING));
    ready.add(new Ready(task, task.dueMillis(), true));
  }

  /** Final, through the attempt or, if that is null, without one. */
  void end(LockedTask task, @Nullable Attempt attempt, TaskStatus status, @Nullable String result) {
    settled.add(new Settled(task.id(), status));
    ended.add(new EndedTask(task, attempt, status, result));
  }

  /** Writes all of it; what each task became, in the order in which they were told. */
  List<Settled> write(Handle handle, TaskSql sql) {
    if (!ready.isEmpty()) {
      writeReady(handle.prepareBatch(READY));
    }
    if (!ended.isEmpty()) {
      sql.copyEnded(handle, nowMillis, ended);
      dropEnded(handle.prepareBatch(DROP_ENDED));
    }
    if (!recorded.isEmpty()) {
      writeAttempts(handle.prepareBatch(RECORD));
    }
    return List.copyOf(settled);
  }

  private void writeReady(PreparedBatch batch) {
    for (Ready change : ready) {
      batch
          .bind(0, change.parked() ? (Integer) PARKED : null)
          .bind(1, change.dueMillis())
          .bind(2, change.task().attempt())
          .bind(3, change.task().crashes())
          .bind(4, change.task().id())
          .bind(5, change.task().fence())
          .add();
    }
    batch.execute();
  }

  private void dropEnded(PreparedBatch batch) {
    for (EndedTask change : ended) {
      batch.bind(0, change.task().id()).bind(1, change.task().fence()).add();
    }
    batch.execute();
  }

  private void writeAttempts(PreparedBatch batch) {
    for (Recorded row : recorded) {
      Attempt attempt = row.attempt();
      batch
          .bind(0, row.id())
          .bind(1, attempt.fence())
          .bind(2, attempt.number())
          .bind(3, attempt.startedAt().toEpochMilli())
          .bind(4, attempt.endedAt().toEpochMilli())
          .bind(5, AttemptCode.of(attempt.outcome()))
          .bind(6, attempt.httpStatus())
          .bind(7, attempt.error())
          .add();
    }
    batch.execute();
  }

  private record Ready(LockedTask task, long dueMillis, boolean parked) {}

  private record Recorded(long id, Attempt attempt) {}
}
