package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Scheduled.Outcome;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.UnreadableTaskException;
import dev.gatehouse.storage.jdbc.TaskSql.Claim;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * What is asked of single tasks: each request locks the task's row first. What changes a ready row
 * makes its fence grow, so that a claim that has read the row before does not take it as it was.
 */
final class JdbcTaskRequests {
  private static final String REVIVE =
      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, "
          + TaskRows.WHAT
          + ") SELECT id, ?, ?, 0, 0, 0, fence, NULL, 0, "
          + TaskRows.WHAT
          + " FROM gh_task_done WHERE id = ?";

  private static final String RECORD_LAST =
      "INSERT INTO gh_task_attempt(task_id, fence, number, started_ms, ended_ms, outcome,"
          + " http_status, error) SELECT id, fence, attempt, attempt_started_ms, attempt_ended_ms,"
          + " outcome, http_status, error FROM gh_task_done WHERE id = ? AND outcome IS NOT NULL";

  private static final String PAUSE =
      "UPDATE gh_task SET lane = -1, cancel = 2, fence = fence + 1 WHERE id = ? AND cancel = 0";

  private static final String RESUME =
      "UPDATE gh_task SET lane = ?, cancel = 0, fence = fence + 1 WHERE id = ?";

  private static final String RESCHEDULE =
      "UPDATE gh_task SET due_ms = ?, fence = fence + 1 WHERE id = ?";

  private static final String LOCK_PARKED =
      "SELECT id FROM gh_task WHERE id = ? AND lane = -2 FOR UPDATE SKIP LOCKED";

  private static final String UNPARK =
      "UPDATE gh_task SET lane = ?, fence = fence + 1 WHERE id = ? AND lane = -2";

  private static final String PARKED =
      "SELECT " + TaskRows.CLAIMED + " FROM gh_task%s WHERE %s AND lane = " + TaskChanges.PARKED;

  private static final String LEASE_PARKED =
      "UPDATE gh_task SET lane = ?, state = 1, owner = ?, fence = fence + 1, attempt = attempt + 1"
          + " WHERE id = ?";

  private static final String REPLACE =
      "UPDATE gh_task SET lane = ?, cancel = ?, due_ms = ?, state = 0, owner = NULL, attempt = 0,"
          + " percent = NULL, note = NULL, crashes = 0, fence = fence + 1, kind = ?, name = ?, payload = ?, timeout_ms = ?,"
          + " retry = ?, created_ms = ?, runtime_ms = ?, priority = ?, limit_key = ?, key_limit = ?,"
          + " workflow_id = ? WHERE id = ?";

  private static final String ASK = "UPDATE gh_task SET cancel = ? WHERE id = ?";

  private final Handle handle;
  private final TaskSql sql;

  JdbcTaskRequests(Handle handle, TaskSql sql) {
    this.handle = handle;
    this.sql = sql;
  }

  Cancellation cancel(OptionalLong applicationId, long id, long nowMillis) {
    LockedTask task = lock(applicationId, id).orElse(null);
    return task == null ? Cancellation.NOT_FOUND : cancel(task, nowMillis);
  }

  /** Waits for nobody: empty if another has locked the task. */
  Optional<Cancellation> tryCancel(OptionalLong applicationId, long id, long nowMillis) {
    boolean open =
        handle
            .createQuery("SELECT id FROM gh_task WHERE id = ?")
            .bind(0, id)
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    boolean unlocked =
        open
            && handle
                .createQuery("SELECT id FROM gh_task WHERE id = ? FOR UPDATE SKIP LOCKED")
                .bind(0, id)
                .mapTo(Long.class)
                .findOne()
                .isPresent();
    return open && !unlocked ? Optional.empty() : Optional.of(cancel(applicationId, id, nowMillis));
  }

  private Cancellation cancel(LockedTask task, long nowMillis) {
    if (task.status().isFinal()) {
      return Cancellation.TOO_LATE;
    }
    if (task.status() == TaskStatus.RUNNING) {
      ask(task, Asked.CANCEL);
      return Cancellation.REQUESTED;
    }
    TaskChanges changes = new TaskChanges(nowMillis);
    changes.end(task, null, TaskStatus.CANCELLED, null);
    changes.write(handle, sql);
    return Cancellation.CANCELLED;
  }

  private void ask(LockedTask task, Asked asked) {
    handle.execute(ASK, asked.code(), task.id());
  }

  TaskChange pause(OptionalLong applicationId, long id) {
    return change(
        applicationId,
        id,
        task -> {
          if (task.status() == TaskStatus.RUNNING) {
            ask(task, Asked.PAUSE);
            return TaskChange.REQUESTED;
          }
          handle.execute(PAUSE, id);
          return TaskChange.DONE;
        });
  }

  TaskChange resume(OptionalLong applicationId, long id) {
    return change(
        applicationId,
        id,
        task -> {
          if (task.asked() != Asked.PAUSE) {
            return TaskChange.DONE;
          }
          if (task.status() == TaskStatus.RUNNING) {
            ask(task, Asked.NOTHING);
          } else {
            handle.execute(RESUME, sql.lane(reads().lockedOpen(id)), id);
          }
          return TaskChange.DONE;
        });
  }

  TaskChange reschedule(OptionalLong applicationId, long id, long dueMillis) {
    return change(
        applicationId,
        id,
        task -> {
          if (task.status() == TaskStatus.RUNNING) {
            return TaskChange.RUNNING;
          }
          handle.execute(RESCHEDULE, dueMillis, id);
          unpark(id);
          return TaskChange.DONE;
        });
  }

  private void unpark(long id) {
    handle.execute(UNPARK, sql.lane(reads().lockedOpen(id)), id);
  }

  /** Makes parked tasks ready whose rows nobody has locked. */
  Collection<Long> admit(Collection<Long> ids) {
    List<Long> admitted = new ArrayList<>();
    for (long id : ids.stream().sorted().toList()) {
      boolean parked =
          handle.createQuery(LOCK_PARKED).bind(0, id).mapTo(Long.class).findOne().isPresent();
      if (parked) {
        try {
          unpark(id);
          admitted.add(id);
        } catch (UnreadableTaskException e) {
          UnreadableTasks.pause(handle, e);
        }
      }
    }
    return admitted;
  }

  /** Leases those that are parked and that nobody has locked. */
  List<ClaimedTask> admitHeld(Dialect dialect, Claim claim, Collection<Long> ids) {
    OptionalLong bound = new ClaimBound(dialect).find(handle, claim);
    if (bound.isEmpty()) {
      return List.of();
    }
    List<ClaimedTask> claimed = new ArrayList<>();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids.stream().distinct().sorted().toList())) {
      String lock =
          PARKED.formatted(dialect.byKey(), some.in("id"))
              + " AND due_ms <= ? ORDER BY id FOR UPDATE SKIP LOCKED";
      claimed.addAll(
          Sql.use(
              handle,
              lock,
              query -> {
                query.setLong(some.set(query, 1), bound.getAsLong());
                return Sql.rows(query, row -> TaskRows.claimed(row, 1));
              }));
    }
    claimed.removeIf(task -> claim.exclusion().covers(task.row()));
    lease(claim.node(), claimed);
    return claimed.stream().sorted(LaneCursors.BY_DUE).toList();
  }

  private void lease(int node, List<ClaimedTask> claimed) {
    if (claimed.isEmpty()) {
      return;
    }
    Sql.use(
        handle,
        LEASE_PARKED,
        update -> {
          for (ClaimedTask task : claimed) {
            update.setInt(1, sql.lane(task.row()));
            update.setInt(2, node);
            update.setLong(3, task.row().id());
            update.addBatch();
          }
          return update.executeBatch();
        });
  }

  Optional<Outcome> replace(TaskRow row, IfTaken ifTaken) {
    LockedTask task =
        lock(OptionalLong.empty(), row.id(), ifTaken == IfTaken.SUPERSEDE).orElse(null);
    if (task == null) {
      return Optional.empty();
    }
    if (task.status() != TaskStatus.WAITING && ifTaken != IfTaken.SUPERSEDE) {
      return Optional.of(Outcome.KEPT);
    }
    if (task.status().isFinal()) {
      revive(task, row.runtimeMillis());
    }
    boolean paused = task.asked() == Asked.PAUSE;
    handle.execute(
        REPLACE,
        paused ? -1 : sql.lane(row),
        (paused ? Asked.PAUSE : Asked.NOTHING).code(),
        row.runtimeMillis(),
        row.kind(),
        row.name(),
        TaskRows.bytes(row.content()),
        row.timeoutMillis(),
        row.retry(),
        row.createdMillis(),
        row.runtimeMillis(),
        row.priority().code(),
        row.key(),
        TaskRows.keyLimit(row),
        TaskRows.workflowId(row),
        row.id());
    return Optional.of(Outcome.REPLACED);
  }

  private TaskChange change(
      OptionalLong applicationId, long id, Function<LockedTask, TaskChange> change) {
    LockedTask task = lock(applicationId, id).orElse(null);
    if (task == null) {
      return TaskChange.NOT_FOUND;
    }
    boolean over = task.status().isFinal() || task.cancelRequested();
    return over ? TaskChange.TOO_LATE : change.apply(task);
  }

  Requeue requeue(OptionalLong applicationId, long id, long nowMillis, boolean force) {
    LockedTask task = lock(applicationId, id, force).orElse(null);
    if (task == null) {
      return Requeue.NOT_FOUND;
    }
    if (task.status() == TaskStatus.WAITING) {
      return Requeue.WAITING;
    }
    if (task.status() == TaskStatus.RUNNING && !force) {
      return Requeue.RUNNING;
    }
    if (task.status() == TaskStatus.FINISHED && !force) {
      return Requeue.FINISHED;
    }
    revive(task, nowMillis);
    return Requeue.REQUEUED;
  }

  /** Makes a task ready that is locked, its page with it if it is on one. */
  private void revive(LockedTask task, long nowMillis) {
    if (task.status() == TaskStatus.RUNNING) {
      ask(task, Asked.NOTHING);
      TaskChanges changes = new TaskChanges(nowMillis);
      changes.ready(task.anew(), null, nowMillis);
      changes.write(handle, sql);
      return;
    }
    if (task.status() == TaskStatus.FINISHED) {
      FinishedPages pages = new FinishedPages(handle);
      pages.lock(task.id()).ifPresent(pages::toRow);
    }
    TaskRow row = reads().lockedDone(task.id());
    handle.execute(RECORD_LAST, task.id());
    handle.execute(REVIVE, sql.lane(row), nowMillis, task.id());
    handle.execute("DELETE FROM gh_task_done WHERE id = ?", task.id());
  }

  private TaskReads reads() {
    return new TaskReads(handle);
  }

  /**
   * The task, locked if it is open. Between a look into one table and one into another it may move
   * the other way, so a second round follows before it counts as missing.
   */
  private Optional<LockedTask> lock(OptionalLong applicationId, long id) {
    return lock(applicationId, id, false);
  }

  /**
   * As {@link #lock(OptionalLong, long)}; one that has ended is locked only if it may be revived,
   * for on a page that would lock many others with it.
   *
   * <p>A query that locks what is not there locks, in a host's transaction on MariaDB, the gap
   * where it would be: nobody else could add a task there until the host commits. So one that has
   * ended by what the host sees is not looked for among the open ones first.
   */
  private Optional<LockedTask> lock(OptionalLong applicationId, long id, boolean toRevive) {
    String columns = "SELECT id, fence, attempt, application_id, due_ms, ";
    String open = columns + "crashes, cancel, state AS status FROM gh_task WHERE id = ? FOR UPDATE";
    String done =
        columns
            + "0 AS crashes, 0 AS cancel, status FROM gh_task_done WHERE id = ?"
            + (toRevive ? " FOR UPDATE" : "");
    boolean ended = Sql.readsSnapshot(handle) && reads().hasEnded(id);
    for (int look = 0; look < 2; look++) {
      Optional<Owned> task =
          ended
              ? locked(done, id).or(() -> onPage(id, toRevive)).or(() -> locked(open, id))
              : locked(open, id).or(() -> locked(done, id)).or(() -> onPage(id, toRevive));
      if (task.isPresent()) {
        return task.filter(
                owned ->
                    applicationId.isEmpty() || applicationId.getAsLong() == owned.applicationId())
            .map(Owned::task);
      }
    }
    return Optional.empty();
  }

  private record Owned(long applicationId, LockedTask task) {}

  private Optional<Owned> locked(String text, long id) {
    return handle
        .createQuery(text)
        .bind(0, id)
        .map((row, context) -> new Owned(row.getLong("application_id"), locked(row)))
        .findOne();
  }

  private Optional<Owned> onPage(long id, boolean toRevive) {
    FinishedPages pages = new FinishedPages(handle);
    return (toRevive ? pages.lock(id) : pages.find(id))
        .map(FinishedPages.Found::task)
        .map(task -> new Owned(task.row().applicationId(), task.locked()));
  }

  private static LockedTask locked(ResultSet results) throws SQLException {
    return new LockedTask(
        results.getLong("id"),
        results.getLong("fence"),
        results.getInt("attempt"),
        results.getInt("crashes"),
        TaskRows.asked(results.getInt("cancel")),
        results.getLong("due_ms"),
        TaskRows.status(results.getInt("status")));
  }
}
