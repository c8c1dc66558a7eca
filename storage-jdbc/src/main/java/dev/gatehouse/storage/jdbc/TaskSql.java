package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What of the tasks' SQL is H2's own, all in one place: how a claim skips what others take, how a
 * number is taken without an error, how a set of ids is bound, and the number of lanes.
 *
 * <p>A lane is a part of the due index, so that claims of different nodes need not meet. Within H2
 * writers meet anyway, so it has one.
 */
final class TaskSql {
  /** What a task is, in the order of {@link #row}. */
  static final String WHAT =
      "application_id, kind, task_no, name, payload, timeout_ms, retry, created_ms, runtime_ms";

  /** Does nothing if the number is taken; fails with 23505 if that happens at the same time. */
  static final String TAKE_NUMBER =
      "INSERT INTO gh_task_key(application_id, task_no, task_id) SELECT ?, ?, ?"
          + " WHERE NOT EXISTS(SELECT 1 FROM gh_task_key WHERE application_id = ? AND task_no = ?)";

  static final String EARLIEST =
      "SELECT due_ms FROM gh_task WHERE lane = 0 AND state = 0"
          + " ORDER BY lane, due_ms, id FETCH FIRST 1 ROW ONLY";

  static final String HELD =
      "SELECT id, fence, cancel FROM gh_task"
          + " WHERE lane = 0 AND due_ms <= ? AND state = 1 AND owner = ?"
          + " ORDER BY lane, due_ms, id FETCH FIRST ? ROWS ONLY";

  static final String HELD_BY_LOST =
      "SELECT t.id, t.fence, t.attempt, t.crashes, t.cancel, t.due_ms FROM gh_task t"
          + " WHERE t.lane = 0 AND t.due_ms <= ? AND t.state = 1 AND NOT EXISTS"
          + "(SELECT 1 FROM gh_node n WHERE n.node = t.owner AND n.state = 1)"
          + " ORDER BY t.lane, t.due_ms, t.id FETCH FIRST ? ROWS ONLY FOR UPDATE";

  private static final String LOCK =
      "SELECT id, fence, attempt, crashes, cancel, due_ms FROM gh_task"
          + " WHERE id = ANY(?) AND state = 1 AND owner = ? ORDER BY id FOR UPDATE";

  private static final int CLAIM_TRIES = 10;

  /**
   * How many ids are bound at a time: H2 finds rows by the primary key, but then compares each with
   * the whole array once more; and a subquery over UNNEST it would run again for every row.
   */
  private static final int CHUNK = 64;

  private static final String DUE =
      "SELECT id FROM gh_task WHERE lane = 0 AND due_ms <= ? AND state = 0"
          + " ORDER BY lane, due_ms, id FETCH FIRST ? ROWS ONLY";

  private static final String LEASE =
      "SELECT id, due_ms, attempt, crashes, fence, "
          + WHAT
          + " FROM FINAL TABLE (UPDATE gh_task"
          + " SET state = 1, owner = ?, fence = fence + 1, attempt = attempt + 1"
          + " WHERE id = ANY(?) AND state = 0"
          + " AND EXISTS(SELECT 1 FROM gh_node WHERE node = ? AND state = 1 AND expires_ms > ?))";

  private TaskSql() {}

  static int lane(long id) {
    return 0;
  }

  /**
   * Leases to a live node what is due and nobody's, in order of (due time, id). Of two claims at a
   * time the second waits for the first, finds its rows taken, and looks again; it does so only
   * while it holds no row itself, so claims cannot wait for each other.
   */
  static List<ClaimedTask> claim(Handle handle, int node, long now, long dueUntil, int limit) {
    for (int tries = 0; tries < CLAIM_TRIES; tries++) {
      List<Long> due =
          handle.createQuery(DUE).bind(0, dueUntil).bind(1, limit).mapTo(Long.class).list();
      if (due.isEmpty()) {
        return List.of();
      }
      List<ClaimedTask> claimed =
          inChunks(
              due,
              ids ->
                  handle
                      .createQuery(LEASE)
                      .bind(0, node)
                      .bindArray(1, Long.class, ids)
                      .bind(2, node)
                      .bind(3, now)
                      .map((results, context) -> claimed(results))
                      .list());
      if (!claimed.isEmpty()) {
        return claimed.stream()
            .sorted(
                Comparator.comparingLong(ClaimedTask::dueMillis)
                    .thenComparingLong(task -> task.row().id()))
            .toList();
      }
    }
    return List.of();
  }

  /** Locks those that the node holds, in order of id, so that no two settlements deadlock. */
  static List<LockedTask> lock(Handle handle, int node, Collection<Long> wanted) {
    return inChunks(
        wanted,
        ids ->
            handle
                .createQuery(LOCK)
                .bindArray(0, Long.class, ids)
                .bind(1, node)
                .map((results, context) -> leased(results))
                .list());
  }

  static LockedTask leased(ResultSet results) throws SQLException {
    return new LockedTask(
        results.getLong("id"),
        results.getLong("fence"),
        results.getInt("attempt"),
        results.getInt("crashes"),
        results.getInt("cancel") == 1,
        results.getLong("due_ms"),
        TaskStatus.RUNNING);
  }

  private static <T> List<T> inChunks(
      Collection<Long> ids, Function<List<Long>, List<T>> statement) {
    List<Long> sorted = ids.stream().sorted().toList();
    List<T> results = new ArrayList<>(sorted.size());
    for (int from = 0; from < sorted.size(); from += CHUNK) {
      int to = Math.min(from + CHUNK, sorted.size());
      results.addAll(statement.apply(sorted.subList(from, to)));
    }
    return results;
  }

  private static ClaimedTask claimed(ResultSet results) throws SQLException {
    return new ClaimedTask(
        row(results),
        results.getLong("due_ms"),
        results.getInt("attempt"),
        results.getInt("crashes"),
        results.getLong("fence"));
  }

  /** The task of a result that has {@code id} and {@link #WHAT}. */
  static TaskRow row(ResultSet results) throws SQLException {
    return new TaskRow(
        results.getLong("id"),
        results.getLong("application_id"),
        results.getString("kind"),
        results.getString("task_no"),
        results.getString("name"),
        requireNonNull(text(results.getBytes("payload"))),
        results.getInt("timeout_ms"),
        results.getString("retry"),
        results.getLong("created_ms"),
        results.getLong("runtime_ms"));
  }

  /** JSON is kept in UTF-8, so that no character set or collation of the database touches it. */
  static byte @Nullable [] bytes(@Nullable String json) {
    return json == null ? null : json.getBytes(StandardCharsets.UTF_8);
  }

  static @Nullable String text(byte @Nullable [] utf8) {
    return utf8 == null ? null : new String(utf8, StandardCharsets.UTF_8);
  }
}
