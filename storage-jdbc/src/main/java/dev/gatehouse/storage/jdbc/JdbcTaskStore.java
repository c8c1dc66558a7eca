package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.jdbc.TaskNumbers.TaskNumber;
import dev.gatehouse.transaction.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * The TaskStore of a {@link JdbcStorage}. Tasks that are ready or leased are in {@code gh_task};
 * the one that ends a task moves it to {@code gh_task_done} in the same transaction, so that the
 * table that is polled stays small.
 *
 * <p>A lease is columns without an index: claims go by due time, so what is leased stands at the
 * head of the due index, and whoever looks for leases reads that head only. Whoever changes several
 * tasks locks them in order of id, and whoever takes several numbers does it in order of number.
 */
final class JdbcTaskStore implements TaskStore {
  private static final int SHOWN_ATTEMPTS = 1_000;

  private static final String INSERT =
      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, "
          + TaskSql.WHAT
          + ") VALUES (?, ?, ?, 0, 0, 0, 0, NULL, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String FIND =
      "SELECT id, state AS status, due_ms, attempt, cancel, 0 AS ended_ms,"
          + " CAST(NULL AS VARBINARY(262144)) AS result, "
          + TaskSql.WHAT
          + " FROM gh_task WHERE id = ? UNION ALL"
          + " SELECT id, status, due_ms, attempt, 0, ended_ms, result, "
          + TaskSql.WHAT
          + " FROM gh_task_done WHERE id = ?";

  private static final String REVIVE =
      "INSERT INTO gh_task(id, lane, due_ms, state, attempt, crashes, fence, owner, cancel, "
          + TaskSql.WHAT
          + ") SELECT id, ?, ?, 0, 0, 0, fence, NULL, 0, "
          + TaskSql.WHAT
          + " FROM gh_task_done WHERE id = ?";

  private final Database database;

  JdbcTaskStore(Database database) {
    this.database = database;
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    return new JdbcTaskStore(database.joining(transaction));
  }

  @Override
  public List<Long> insert(List<TaskRow> tasks) {
    Check.range(tasks.size(), 1, MAX_BATCH, "number of tasks");
    return database.use(handle -> insert(handle, tasks));
  }

  private static List<Long> insert(Handle handle, List<TaskRow> rows) {
    Map<TaskNumber, Long> owners = new TaskNumbers(handle).take(rows);
    List<Long> ids = new ArrayList<>();
    PreparedBatch batch = handle.prepareBatch(INSERT);
    for (TaskRow row : rows) {
      long id = TaskNumber.of(row).map(owners::get).orElse(row.id());
      ids.add(id);
      if (id == row.id()) {
        bind(batch, row).add();
      }
    }
    if (batch.size() > 0) {
      batch.execute();
    }
    return ids;
  }

  private static PreparedBatch bind(PreparedBatch batch, TaskRow row) {
    return batch
        .bind(0, row.id())
        .bind(1, TaskSql.lane(row.id()))
        .bind(2, row.runtimeMillis())
        .bind(3, row.applicationId())
        .bind(4, row.kind())
        .bind(5, row.taskNo())
        .bind(6, row.name())
        .bind(7, TaskSql.bytes(row.content()))
        .bind(8, row.timeoutMillis())
        .bind(9, row.retry())
        .bind(10, row.createdMillis())
        .bind(11, row.runtimeMillis());
  }

  @Override
  public List<ClaimedTask> claim(int node, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          long now = database.now(handle);
          List<ClaimedTask> claimed = TaskSql.claim(handle, node, now, dueUntilMillis, limit);
          if (!claimed.isEmpty()) {
            long lastDue = claimed.get(claimed.size() - 1).dueMillis();
            new JdbcNodes(handle, now).claimed(node, lastDue);
          }
          return claimed;
        });
  }

  @Override
  public OptionalLong earliestDue() {
    return database.use(handle -> one(handle.createQuery(TaskSql.EARLIEST)));
  }

  private static OptionalLong one(Query query) {
    return query.mapTo(Long.class).findOne().map(OptionalLong::of).orElseGet(OptionalLong::empty);
  }

  @Override
  public List<Settled> settle(int node, List<Settlement> settlements, long nowMillis) {
    Check.range(settlements.size(), 1, MAX_BATCH, "number of settlements");
    Map<Long, Settlement> byId = new HashMap<>();
    for (Settlement settlement : settlements) {
      Check.that(
          byId.put(settlement.id(), settlement) == null,
          "settlements must name each task once, named twice: " + settlement.id());
    }
    return database.use(handle -> settle(handle, node, byId, nowMillis));
  }

  private static List<Settled> settle(
      Handle handle, int node, Map<Long, Settlement> settlements, long nowMillis) {
    List<LockedTask> held = TaskSql.lock(handle, node, settlements.keySet());
    TaskChanges changes = new TaskChanges(nowMillis);
    for (LockedTask task : held) {
      Settlement settlement = requireNonNull(settlements.get(task.id()));
      if (settlement.fence() == task.fence()) {
        settle(changes, task, settlement);
      }
    }
    return changes.write(handle);
  }

  private static void settle(TaskChanges changes, LockedTask held, Settlement settlement) {
    Attempt attempt = settlement.attempt();
    LockedTask task = attempt == null ? held.unbegun() : held;
    if (attempt != null) {
      changes.record(task, attempt);
    }
    if (task.cancelRequested() || settlement instanceof Settlement.Cancel) {
      changes.end(task, TaskStatus.CANCELLED, null);
    } else if (settlement instanceof Settlement.Finish finish) {
      changes.end(task, TaskStatus.FINISHED, finish.result());
    } else if (settlement instanceof Settlement.Retry retry) {
      changes.ready(task, retry.dueMillis());
    } else if (settlement instanceof Settlement.Release release) {
      changes.ready(task, release.dueMillis());
    } else {
      changes.end(task, TaskStatus.FAILED, null);
    }
  }

  @Override
  public List<LeasedTask> leased(int node, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle ->
            handle
                .createQuery(TaskSql.HELD)
                .bind(0, dueUntilMillis)
                .bind(1, node)
                .bind(2, limit)
                .map(
                    (results, context) ->
                        new LeasedTask(
                            results.getLong("id"),
                            results.getLong("fence"),
                            results.getInt("cancel") == 1))
                .list());
  }

  @Override
  public Cancellation cancel(OptionalLong applicationId, long id, long nowMillis) {
    return database.use(
        handle -> {
          LockedTask task = lock(handle, applicationId, id).orElse(null);
          if (task == null) {
            return Cancellation.NOT_FOUND;
          }
          if (task.status().isFinal()) {
            return Cancellation.TOO_LATE;
          }
          if (task.status() == TaskStatus.RUNNING) {
            handle.execute("UPDATE gh_task SET cancel = 1 WHERE id = ?", id);
            return Cancellation.REQUESTED;
          }
          TaskChanges changes = new TaskChanges(nowMillis);
          changes.end(task, TaskStatus.CANCELLED, null);
          changes.write(handle);
          return Cancellation.CANCELLED;
        });
  }

  @Override
  public Requeue requeue(OptionalLong applicationId, long id, long nowMillis, boolean force) {
    return database.use(
        handle -> {
          LockedTask task = lock(handle, applicationId, id).orElse(null);
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
          revive(handle, task, nowMillis);
          return Requeue.REQUEUED;
        });
  }

  private static void revive(Handle handle, LockedTask task, long nowMillis) {
    if (task.status() == TaskStatus.RUNNING) {
      TaskChanges changes = new TaskChanges(nowMillis);
      changes.ready(task.anew(), nowMillis);
      changes.write(handle);
      return;
    }
    handle.execute(REVIVE, TaskSql.lane(task.id()), nowMillis, task.id());
    handle.execute("DELETE FROM gh_task_done WHERE id = ?", task.id());
  }

  /**
   * The task, locked wherever it is. Between a look into one table and one into the other it may
   * move the other way, so a second round follows before it counts as missing.
   */
  private static Optional<LockedTask> lock(Handle handle, OptionalLong applicationId, long id) {
    String columns = "SELECT id, fence, attempt, application_id, due_ms, ";
    String open = columns + "crashes, cancel, state AS status FROM gh_task WHERE id = ? FOR UPDATE";
    String done =
        columns + "0 AS crashes, 0 AS cancel, status FROM gh_task_done WHERE id = ? FOR UPDATE";
    for (String sql : List.of(open, done, open, done)) {
      Optional<LockedTask> task =
          handle
              .createQuery(sql)
              .bind(0, id)
              .map((results, context) -> locked(results, applicationId))
              .findOne();
      if (task.isPresent()) {
        return task;
      }
    }
    return Optional.empty();
  }

  private static @Nullable LockedTask locked(ResultSet results, OptionalLong applicationId)
      throws SQLException {
    if (applicationId.isPresent()
        && applicationId.getAsLong() != results.getLong("application_id")) {
      return null;
    }
    return new LockedTask(
        results.getLong("id"),
        results.getLong("fence"),
        results.getInt("attempt"),
        results.getInt("crashes"),
        results.getInt("cancel") == 1,
        results.getLong("due_ms"),
        status(results.getInt("status")));
  }

  private static TaskStatus status(int code) {
    for (TaskStatus status : TaskStatus.values()) {
      if (status.code() == code) {
        return status;
      }
    }
    throw new StorageException("unknown status of a task: " + code);
  }

  @Override
  public Optional<TaskState> find(OptionalLong applicationId, long id) {
    return database
        .use(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind(0, id)
                    .bind(1, id)
                    .map((results, context) -> state(results))
                    .findOne())
        .filter(
            state ->
                applicationId.isEmpty()
                    || applicationId.getAsLong() == state.row().applicationId());
  }

  private static TaskState state(ResultSet results) throws SQLException {
    return new TaskState(
        TaskSql.row(results),
        status(results.getInt("status")),
        results.getLong("due_ms"),
        results.getInt("attempt"),
        results.getInt("cancel") == 1,
        results.getLong("ended_ms"),
        TaskSql.text(results.getBytes("result")));
  }

  @Override
  public OptionalLong findId(long applicationId, String taskNo) {
    TaskNumber number = new TaskNumber(applicationId, requireNonNull(taskNo, "taskNo"));
    return database
        .use(handle -> new TaskNumbers(handle).find(number))
        .map(OptionalLong::of)
        .orElseGet(OptionalLong::empty);
  }

  @Override
  public List<Attempt> attempts(long id) {
    List<Attempt> latestFirst =
        database.use(
            handle ->
                handle
                    .createQuery(
                        "SELECT number, fence, started_ms, ended_ms, outcome, http_status, error"
                            + " FROM gh_task_attempt WHERE task_id = ? ORDER BY task_id DESC,"
                            + " fence DESC FETCH FIRST ? ROWS ONLY")
                    .bind(0, id)
                    .bind(1, SHOWN_ATTEMPTS)
                    .map((results, context) -> attempt(results))
                    .list());
    List<Attempt> attempts = new ArrayList<>(latestFirst);
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

  @Override
  public int purge(long endedBeforeMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          List<Long> ids =
              handle
                  .createQuery(
                      "SELECT id FROM gh_task_done WHERE ended_ms < ?"
                          + " ORDER BY ended_ms, id FETCH FIRST ? ROWS ONLY FOR UPDATE")
                  .bind(0, endedBeforeMillis)
                  .bind(1, limit)
                  .mapTo(Long.class)
                  .list();
          delete(
              handle,
              ids,
              "DELETE FROM gh_task_key WHERE (application_id, task_no) ="
                  + " (SELECT application_id, task_no FROM gh_task_done WHERE id = ?)");
          delete(handle, ids, "DELETE FROM gh_task_attempt WHERE task_id = ?");
          delete(handle, ids, "DELETE FROM gh_task_done WHERE id = ?");
          return ids.size();
        });
  }

  private static void delete(Handle handle, List<Long> ids, String sql) {
    if (ids.isEmpty()) {
      return;
    }
    PreparedBatch batch = handle.prepareBatch(sql);
    ids.stream().sorted(Comparator.naturalOrder()).forEach(id -> batch.bind(0, id).add());
    batch.execute();
  }

  @Override
  public NodeLease join(String boot, Duration duration) {
    return database.use(handle -> nodes(handle).join(boot, duration));
  }

  @Override
  public Optional<NodeLease> renew(int node, String boot, Duration duration) {
    return database.use(handle -> nodes(handle).renew(node, boot, duration));
  }

  @Override
  public void leave(int node, String boot) {
    database.<@Nullable Object>use(
        handle -> {
          nodes(handle).leave(node, boot);
          return null;
        });
  }

  private JdbcNodes nodes(Handle handle) {
    return new JdbcNodes(handle, database.now(handle));
  }

  /** In two steps: a claim locks tasks, then its node, so this must not hold nodes meanwhile. */
  @Override
  public List<Settled> recover(int maxCrashes, long nowMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    database.<@Nullable Object>use(
        handle -> {
          nodes(handle).markLost();
          return null;
        });
    return database.use(handle -> free(handle, maxCrashes, nowMillis, limit));
  }

  private List<Settled> free(Handle handle, int maxCrashes, long nowMillis, int limit) {
    JdbcNodes nodes = nodes(handle);
    OptionalLong claimedUntil = nodes.lostClaimedUntil();
    if (claimedUntil.isEmpty()) {
      return List.of();
    }
    List<LockedTask> held =
        handle
            .createQuery(TaskSql.HELD_BY_LOST)
            .bind(0, claimedUntil.getAsLong())
            .bind(1, limit)
            .map((results, context) -> TaskSql.leased(results))
            .list();
    TaskChanges changes = new TaskChanges(nowMillis);
    held.forEach(task -> recover(changes, task.crashed(), maxCrashes, nowMillis));
    if (held.size() < limit) {
      nodes.forgetLost();
    }
    return changes.write(handle);
  }

  private static void recover(
      TaskChanges changes, LockedTask task, int maxCrashes, long nowMillis) {
    Instant now = Instant.ofEpochMilli(nowMillis);
    changes.record(
        task,
        new Attempt(
            task.attempt(),
            task.fence(),
            now,
            now,
            Attempt.Outcome.CRASHED,
            null,
            "the node that ran it was lost"));
    if (task.cancelRequested()) {
      changes.end(task, TaskStatus.CANCELLED, null);
    } else if (task.crashes() > maxCrashes) {
      changes.end(task, TaskStatus.FAILED, null);
    } else {
      changes.ready(task, task.dueMillis());
    }
  }
}
