package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Where tasks stand and what became of their attempts, whichever table they are in. */
final class TaskReads {
  private static final int SHOWN_ATTEMPTS = 1_000;

  private static final String ATTEMPTS =
      "SELECT number, fence, started_ms, ended_ms, outcome, http_status, error"
          + " FROM gh_task_attempt WHERE task_id = ? UNION ALL"
          + " SELECT attempt, fence, attempt_started_ms, attempt_ended_ms, outcome, http_status,"
          + " error FROM gh_task_done WHERE id = ? AND outcome IS NOT NULL"
          + " ORDER BY fence DESC LIMIT ?";

  private static final String OPEN =
      "SELECT id, state, due_ms, attempt, cancel, 0, NULL, percent, note, "
          + TaskRows.WHAT
          + " FROM gh_task WHERE id = ?";

  private static final String DONE =
      "SELECT id, status, due_ms, attempt, 0, ended_ms, result, NULL, NULL, "
          + TaskRows.WHAT
          + " FROM gh_task_done";

  private static final String DONE_ONE = DONE + " WHERE id = ?";

  private static final String AHEAD =
      "SELECT retry, failed, MAX(due_ms) AS due_ms, MAX(timeout_ms) AS timeout_ms"
          + " FROM (SELECT retry, attempt - crashes - state AS failed, due_ms, timeout_ms"
          + " FROM gh_task WHERE application_id = :application"
          + " AND (attempt > 0 OR due_ms <= :until)) AS ahead"
          + " WHERE retry > :retry OR (retry = :retry AND failed > :failed)"
          + " GROUP BY retry, failed ORDER BY retry, failed LIMIT :limit";

  private final Handle handle;

  TaskReads(Handle handle) {
    this.handle = handle;
  }

  /** In several looks, for it may be on its way from one table to another. */
  Optional<TaskState> find(long id) {
    for (int look = 0; look < 2; look++) {
      Optional<TaskState> found =
          state(OPEN, id)
              .or(() -> state(DONE_ONE, id))
              .or(() -> new FinishedPages(handle).find(id).map(FinishedPages.Found::state));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Whether the task has ended, by what this transaction sees. */
  boolean hasEnded(long id) {
    return state(DONE_ONE, id).isPresent() || new FinishedPages(handle).find(id).isPresent();
  }

  /** The open task, whose row this transaction has locked. */
  TaskRow lockedOpen(long id) {
    return state(OPEN + Sql.latest(handle), id).orElseThrow().row();
  }

  /** The task that has ended, whose row this transaction has locked. */
  TaskRow lockedDone(long id) {
    return state(DONE_ONE + Sql.latest(handle), id).orElseThrow().row();
  }

  private Optional<TaskState> state(String sql, long id) {
    return handle.createQuery(sql).bind(0, id).map((row, context) -> TaskRows.state(row)).findOne();
  }

  List<TaskState> failed(OptionalLong applicationId, long afterId, int limit) {
    // The status as a literal, so that a partial index can serve.
    String sql =
        DONE
            + " WHERE status = "
            + TaskStatus.FAILED.code()
            + " AND id > ?"
            + (applicationId.isPresent() ? " AND application_id = ?" : "")
            + " ORDER BY id LIMIT ?";
    int next = 0;
    Query query = handle.createQuery(sql).bind(next++, afterId);
    if (applicationId.isPresent()) {
      query.bind(next++, applicationId.getAsLong());
    }
    return query.bind(next, limit).map((row, context) -> TaskRows.state(row)).list();
  }

  /** Groups of open tasks after that one. Leased ones are in state 1, and at work on one more. */
  List<RetriesAhead> ahead(long applicationId, long dueUntil, RetriesAhead last, int limit) {
    return handle
        .createQuery(AHEAD)
        .bind("application", applicationId)
        .bind("until", dueUntil)
        .bind("retry", last.retry())
        .bind("failed", last.failed())
        .bind("limit", limit)
        .map(
            (row, context) ->
                new RetriesAhead(
                    row.getString("retry"),
                    row.getInt("failed"),
                    row.getLong("due_ms"),
                    row.getInt("timeout_ms")))
        .list();
  }

  /** A task on a page has one attempt, and none elsewhere; looked for as in {@link #find}. */
  List<Attempt> attempts(long id) {
    List<Attempt> attempts = List.of();
    for (int look = 0; look < 2 && attempts.isEmpty(); look++) {
      attempts = attemptsInRows(id);
      if (attempts.isEmpty()) {
        attempts =
            new FinishedPages(handle)
                .find(id)
                .map(found -> List.of(found.task().attempt()))
                .orElse(List.of());
      }
    }
    return attempts;
  }

  private List<Attempt> attemptsInRows(long id) {
    List<Attempt> attempts =
        new ArrayList<>(
            handle
                .createQuery(ATTEMPTS)
                .bind(0, id)
                .bind(1, id)
                .bind(2, SHOWN_ATTEMPTS)
                .map((results, context) -> attempt(results))
                .list());
    Collections.reverse(attempts);
    return List.copyOf(attempts);
  }

  private static Attempt attempt(ResultSet results) throws SQLException {
    return new Attempt(
        results.getInt("number"),
        results.getLong("fence"),
        Instant.ofEpochMilli(results.getLong("started_ms")),
        Instant.ofEpochMilli(results.getLong("ended_ms")),
        AttemptCode.outcome(results.getInt("outcome")),
        results.getObject("http_status", Integer.class),
        results.getString("error"));
  }

  /** How those of the tasks stand that are not final. */
  List<OpenTask> open(Dialect dialect, Collection<Long> ids) {
    List<OpenTask> open = new ArrayList<>();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids.stream().distinct().toList())) {
      open.addAll(
          Sql.use(
              handle,
              "SELECT id, fence, state, lane FROM gh_task WHERE " + some.in("id"),
              query -> {
                some.set(query, 1);
                return Sql.rows(query, TaskRows::open);
              }));
    }
    return open;
  }
}
