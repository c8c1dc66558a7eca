package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/**
 * The statements for H2, row by row in JDBC batches: there is no network to save, and H2 finds a
 * row by its key faster than it joins an array. Within H2 writers meet anyway, so a priority has
 * one lane.
 */
final class H2TaskSql implements TaskSql {
  static final TaskSql INSTANCE = new H2TaskSql();

  private static final int CLAIM_TRIES = 10;

  private static final ClaimBound BOUND = new ClaimBound(Dialect.H2);

  private static final String DUE =
      "SELECT "
          + TaskRows.CLAIMED
          + " FROM gh_task WHERE lane = ? AND due_ms >= ? AND due_ms <= ? AND state = 0"
          + " AND (due_ms > ? OR id > ?)%s ORDER BY lane, due_ms, id LIMIT ?";

  /** The fence tells whether the row is still as it was read. */
  private static final String LEASE =
      "UPDATE gh_task SET state = 1, owner = ?, fence = fence + 1, attempt = attempt + 1"
          + " WHERE id = ? AND fence = ? AND state = 0";

  private static final String EARLIEST =
      "SELECT due_ms FROM gh_task WHERE lane = ? AND state = 0%s"
          + " ORDER BY lane, due_ms, id LIMIT 1";

  private static final String COUNT =
      "SELECT COUNT(*), COUNT(CASE WHEN state = 0 AND due_ms <= ? THEN 1 END),"
          + " COUNT(CASE WHEN state = 1 THEN 1 END) FROM (SELECT state, due_ms FROM gh_task"
          + " WHERE lane = ? ORDER BY lane, due_ms, id LIMIT ?)";

  private static final String HELD =
      "SELECT id, fence, cancel, due_ms FROM gh_task"
          + " WHERE lane = ? AND due_ms <= ? AND state = 1 AND owner = ?"
          + " ORDER BY lane, due_ms, id LIMIT ?";

  private static final String HELD_ONE =
      "SELECT id, fence, cancel FROM gh_task WHERE id = ? AND state = 1 AND owner = ?";

  private static final String LOST =
      "SELECT y.lane, y.due_ms, y.id, y.lost, y.nr FROM (SELECT x.lane, x.due_ms, x.id,"
          + " CASE WHEN x.state = 1 AND "
          + NOBODY_LIVE
          + " THEN 1 ELSE 0 END AS lost, ROW_NUMBER() OVER (ORDER BY x.due_ms, x.id) AS nr"
          + " FROM (SELECT lane, due_ms, id, state, owner FROM gh_task"
          + " WHERE lane = ? AND due_ms >= ? AND due_ms <= ? AND (due_ms > ? OR id > ?)"
          + " ORDER BY lane, due_ms, id LIMIT ?) x) y"
          + " WHERE y.lost = 1 OR y.nr = ?";

  private static final String LOCK =
      "SELECT "
          + TaskRows.LOCKED
          + " FROM gh_task WHERE id = ? AND state = 1 AND owner = ? FOR UPDATE";

  private static final String HELD_UNDER =
      " WHERE id = ? AND fence = ? AND owner = ? AND state = 1 AND cancel = 0";

  private static final String FINISH =
      "INSERT INTO gh_task_done(id, due_ms, attempt, fence, attempt_started_ms, attempt_ended_ms,"
          + " http_status, result, status, outcome, error, ended_ms, "
          + TaskRows.WHAT
          + ") SELECT id, due_ms, attempt, fence, ?, ?, ?, ?, 2, 0, '', ?, "
          + TaskRows.WHAT
          + " FROM OLD TABLE (DELETE FROM gh_task"
          + HELD_UNDER
          + ")";

  private static final String DROP = "DELETE FROM gh_task" + HELD_UNDER;

  private H2TaskSql() {}

  @Override
  public Dialect dialect() {
    return Dialect.H2;
  }

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public int lane(TaskRow row) {
    return row.priority().code();
  }

  @Override
  public Collection<Long> insert(Handle handle, int node, List<TaskRow> rows) {
    return new TaskInserts(this, node).insert(handle, rows, new TaskNumbers(handle).take(rows));
  }

  @Override
  public Alone insertAlone(int node, TaskRow row) {
    return new TaskInserts(this, node).alone(row);
  }

  @Override
  public List<ClaimedTask> claim(Handle handle, Claim claim, List<LaneShare> lanes) {
    OptionalLong until = BOUND.find(handle, claim);
    List<ClaimedTask> claimed = new ArrayList<>();
    if (until.isPresent()) {
      for (LaneShare share : lanes) {
        claimed.addAll(lease(handle, claim, due(handle, claim, share, until.getAsLong())));
      }
    }
    return claimed;
  }

  /**
   * Of two claims at a time the second waits for the first, finds its rows taken, and looks again;
   * it does so only while it holds no row itself, so claims cannot wait for each other.
   */
  @Override
  public List<ClaimedTask> claimEarliest(Handle handle, Claim claim, int limit) {
    OptionalLong until = BOUND.find(handle, claim);
    for (int tries = 0; until.isPresent() && tries < CLAIM_TRIES; tries++) {
      List<ClaimedTask> due = new ArrayList<>();
      for (Priority priority : Priority.values()) {
        long from = claim.exclusion().dueFromMillis();
        LaneShare all = new LaneShare(priority.code(), from, 0, limit);
        due.addAll(due(handle, claim, all, until.getAsLong()));
      }
      due.sort(LaneCursors.BY_DUE);
      List<ClaimedTask> claimed = lease(handle, claim, due.subList(0, Math.min(limit, due.size())));
      if (due.isEmpty() || !claimed.isEmpty()) {
        return claimed;
      }
    }
    return new ArrayList<>();
  }

  /** What a claim may try to lease, as it will be then. */
  private static List<ClaimedTask> due(Handle handle, Claim claim, LaneShare share, long until) {
    Excluding excluding = new Excluding(Dialect.H2, claim.exclusion());
    return Sql.use(
        handle,
        DUE.formatted(excluding.and()),
        query -> {
          bind(query, share, until);
          query.setInt(excluding.set(query, 6), share.share());
          return Sql.rows(query, results -> TaskRows.claimed(results, 1));
        });
  }

  private static void bind(PreparedStatement query, LaneShare share, long until)
      throws SQLException {
    query.setInt(1, share.lane());
    query.setLong(2, share.due());
    query.setLong(3, until);
    query.setLong(4, share.due());
    query.setLong(5, share.id());
  }

  /** Leases those that nobody else took meanwhile, in order of id; a deadlock is tried again. */
  private static List<ClaimedTask> lease(Handle handle, Claim claim, List<ClaimedTask> due) {
    if (due.isEmpty()) {
      return List.of();
    }
    List<ClaimedTask> ordered = new ArrayList<>(due);
    ordered.sort(Comparator.comparingLong(task -> task.row().id()));
    int[] counts =
        Sql.use(
            handle,
            LEASE,
            update -> {
              for (ClaimedTask task : ordered) {
                update.setInt(1, claim.node());
                update.setLong(2, task.row().id());
                update.setLong(3, task.fence() - 1);
                update.addBatch();
              }
              return update.executeBatch();
            });
    return counted(ordered, counts);
  }

  private static <T> List<T> counted(List<T> rows, int[] counts) {
    List<T> counted = new ArrayList<>(rows.size());
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] == 1) {
        counted.add(rows.get(i));
      }
    }
    return counted;
  }

  @Override
  public OptionalLong earliestDue(Handle handle, Exclusion exclusion) {
    Excluding excluding = new Excluding(Dialect.H2, exclusion);
    return Sql.use(
        handle,
        EARLIEST.formatted(excluding.andDue()),
        query -> {
          List<Long> dues = new ArrayList<>();
          for (Priority priority : Priority.values()) {
            query.setInt(1, priority.code());
            excluding.setDue(query, 2);
            dues.addAll(Sql.rows(query, results -> results.getLong(1)));
          }
          return dues.stream().mapToLong(Long::longValue).min();
        });
  }

  @Override
  public List<LaneCount> count(Handle handle, long now, int limit) {
    return Sql.use(
        handle,
        COUNT,
        query -> {
          List<LaneCount> counts = new ArrayList<>();
          for (Priority priority : Priority.values()) {
            query.setLong(1, now);
            query.setInt(2, priority.code());
            query.setInt(3, limit);
            counts.addAll(
                Sql.rows(
                    query, row -> new LaneCount(row.getLong(1), row.getLong(2), row.getLong(3))));
          }
          return counts;
        });
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, long dueUntil, int limit) {
    return Sql.use(
        handle,
        HELD,
        query -> {
          List<HeldRow> held = new ArrayList<>();
          for (Priority priority : Priority.values()) {
            query.setInt(1, priority.code());
            query.setLong(2, dueUntil);
            query.setInt(3, node);
            query.setInt(4, limit);
            held.addAll(Sql.rows(query, HeldRow::of));
          }
          return HeldRow.earliest(held, limit);
        });
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, Collection<Long> ids) {
    return Sql.use(
        handle,
        HELD_ONE,
        query -> {
          List<LeasedTask> leased = new ArrayList<>();
          for (long id : ids) {
            query.setLong(1, id);
            query.setInt(2, node);
            leased.addAll(Sql.rows(query, TaskRows::leased));
          }
          return leased;
        });
  }

  @Override
  public List<Seen> held(Handle handle, String holder, List<LaneShare> lanes, long dueUntil) {
    return Sql.use(
        handle,
        LOST.replace(NOBODY_LIVE, holder),
        query -> {
          List<Seen> seen = new ArrayList<>();
          for (LaneShare share : lanes) {
            bind(query, share, dueUntil);
            query.setInt(6, share.share());
            query.setInt(7, share.share());
            seen.addAll(Sql.rows(query, row -> Seen.of(row, share.share())));
          }
          return seen;
        });
  }

  @Override
  public List<LockedTask> lock(Handle handle, int node, Collection<Long> ids, IfLocked ifLocked) {
    return Sql.use(
        handle,
        ifLocked == IfLocked.PASS_OVER ? LOCK + " SKIP LOCKED" : LOCK,
        query -> {
          List<LockedTask> locked = new ArrayList<>();
          for (long id : ids.stream().sorted().toList()) {
            query.setLong(1, id);
            query.setInt(2, node);
            locked.addAll(Sql.rows(query, TaskRows::locked));
          }
          return locked;
        });
  }

  @Override
  public Collection<Long> finish(
      Handle handle,
      int node,
      Collection<Settlement.Finish> settlements,
      long endedMillis,
      IfLocked ifLocked) {
    List<Settlement.Finish> ordered = byId(unlocked(handle, node, settlements, ifLocked));
    return Sql.use(
        handle,
        FINISH,
        insert -> {
          for (Settlement.Finish finish : ordered) {
            Attempt attempt = finish.attempt();
            insert.setLong(1, attempt.startedAt().toEpochMilli());
            insert.setLong(2, attempt.endedAt().toEpochMilli());
            insert.setObject(3, attempt.httpStatus(), Types.INTEGER);
            insert.setBytes(4, TaskRows.bytes(finish.result()));
            insert.setLong(5, endedMillis);
            setHeldUnder(insert, 6, finish, node);
            insert.addBatch();
          }
          return ids(counted(ordered, insert.executeBatch()));
        });
  }

  @Override
  public Collection<Long> drop(
      Handle handle, int node, Collection<? extends Settlement> settlements, IfLocked ifLocked) {
    List<Settlement> ordered = byId(unlocked(handle, node, settlements, ifLocked));
    List<Settlement> dropped =
        Sql.use(
            handle,
            DROP,
            delete -> {
              for (Settlement settlement : ordered) {
                setHeldUnder(delete, 1, settlement, node);
                delete.addBatch();
              }
              return counted(ordered, delete.executeBatch());
            });
    return ids(dropped);
  }

  private static <S extends Settlement> List<S> byId(Collection<? extends S> settlements) {
    List<S> ordered = new ArrayList<>(settlements);
    ordered.sort(Comparator.comparingLong(Settlement::id));
    return ordered;
  }

  private static List<Long> ids(List<? extends Settlement> settlements) {
    return settlements.stream().map(Settlement::id).toList();
  }

  private static void setHeldUnder(
      PreparedStatement statement, int first, Settlement settlement, int node) throws SQLException {
    statement.setLong(first, settlement.id());
    statement.setLong(first + 1, settlement.fence());
    statement.setInt(first + 2, node);
  }

  @Override
  public boolean tidy(Handle handle, long ended) {
    return true; // H2 clears away by itself.
  }

  @Override
  public int purge(Handle handle, TaskStatus status, long endedBefore, int limit) {
    List<Long> ids =
        handle
            .createQuery(
                "SELECT id FROM gh_task_done WHERE status = ? AND ended_ms < ?"
                    + " ORDER BY ended_ms, id LIMIT ? FOR UPDATE")
            .bind(0, status.code())
            .bind(1, endedBefore)
            .bind(2, limit)
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
  }

  private static void delete(Handle handle, List<Long> ids, String sql) {
    Sql.use(
        handle,
        sql,
        delete -> {
          for (long id : ids.stream().sorted().toList()) {
            delete.setLong(1, id);
            delete.addBatch();
          }
          return delete.executeBatch();
        });
  }
}
