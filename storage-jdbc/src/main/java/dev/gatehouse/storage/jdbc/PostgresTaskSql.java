package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * The statements for PostgreSQL: each handles a whole batch, given as arrays, so that its text, and
 * with it its plan, is one for all sizes. Rows that change are looked up by an array of keys: a
 * join is planned by guesses at sizes, and where a row lies ({@code ctid}) is nothing that others
 * who speak PostgreSQL's language know of.
 */
final class PostgresTaskSql implements TaskSql {
  static final TaskSql INSTANCE = new PostgresTaskSql();

  private static final Lanes LANES = new Lanes(4, 2);
  private static final long MOST_UNTIDY = 200_000;

  /** The latest due time that may be claimed: none if the node is not live. */
  private static final String BOUND =
      "(SELECT LEAST(?, expires_ms + "
          + TaskStore.MAX_AHEAD.toMillis()
          + ") FROM gh_node WHERE node = ? AND state = 1 AND expires_ms > "
          + Dialect.POSTGRESQL.givenOrNow()
          + ")";

  private static final String LEASE =
      " UPDATE gh_task SET state = 1, owner = ?, fence = fence + 1, attempt = attempt + 1"
          + " WHERE id = ANY(ARRAY(SELECT c.id FROM c)) AND state = 0 RETURNING "
          + TaskRows.CLAIMED;

  /**
   * One scan of the due index for each lane; the place is for what is {@link Excluding excluded},
   * as in those that follow. Rows are locked before they are changed, so that those which others
   * are about to claim are passed over instead of waited for.
   */
  private static final String CLAIM =
      "WITH c AS MATERIALIZED (SELECT x.id"
          + " FROM unnest(?::smallint[], ?::bigint[], ?::bigint[], ?::int[])"
          + " AS l(lane, due, id, share)"
          + " CROSS JOIN LATERAL (SELECT t.id FROM gh_task t"
          + " WHERE t.lane = l.lane AND (t.due_ms, t.id) > (l.due, l.id) AND t.due_ms <= "
          + BOUND
          + " AND t.state = 0%s ORDER BY t.due_ms, t.id LIMIT l.share FOR UPDATE SKIP LOCKED) x)"
          + LEASE;

  private static final String CLAIM_EARLIEST =
      "WITH c AS MATERIALIZED (SELECT x.id FROM generate_series(0, ?) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT t.due_ms, t.id FROM gh_task t"
          + " WHERE t.lane = l.lane AND t.due_ms <= "
          + BOUND
          + " AND t.state = 0%s ORDER BY t.due_ms, t.id LIMIT ? FOR UPDATE SKIP LOCKED) x"
          + " ORDER BY x.due_ms, x.id LIMIT ?)"
          + LEASE;

  private static final String EARLIEST =
      "SELECT MIN(x.due_ms) FROM generate_series(0, ?) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT t.due_ms FROM gh_task t"
          + " WHERE t.lane = l.lane AND t.state = 0%s ORDER BY t.due_ms, t.id LIMIT 1) x";

  private static final String COUNT =
      "SELECT COUNT(*), COUNT(*) FILTER (WHERE x.state = 0 AND x.due_ms <= ?),"
          + " COUNT(*) FILTER (WHERE x.state = 1) FROM generate_series(0, ?) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT t.state, t.due_ms FROM gh_task t"
          + " WHERE t.lane = l.lane ORDER BY t.due_ms, t.id LIMIT ?) x GROUP BY l.lane";

  private static final String HELD =
      "SELECT x.id, x.fence, x.cancel FROM generate_series(0, ?) AS l(lane)"
          + " CROSS JOIN LATERAL (SELECT t.id, t.fence, t.cancel, t.due_ms FROM gh_task t"
          + " WHERE t.lane = l.lane AND t.due_ms <= ? AND t.state = 1 AND t.owner = ?"
          + " ORDER BY t.due_ms, t.id LIMIT ?) x ORDER BY x.due_ms, x.id LIMIT ?";

  /** For a transaction that may keep no plan to indexes, see {@link Profile#keepToIndexes}. */
  private static final String HELD_OF =
      "SELECT x.id, x.fence, x.cancel FROM unnest(?::bigint[]) AS s(id)"
          + " CROSS JOIN LATERAL (SELECT * FROM gh_task t WHERE t.id = s.id OFFSET 0) x"
          + " WHERE x.state = 1 AND x.owner = ?";

  private static final String LOST =
      "SELECT y.lane, y.due_ms, y.id, y.lost, y.nr FROM (SELECT l.lane, l.share, x.due_ms, x.id,"
          + " CASE WHEN x.state = 1 AND "
          + NOBODY_LIVE
          + " THEN 1 ELSE 0 END AS lost, ROW_NUMBER() OVER (PARTITION BY l.lane ORDER BY x.due_ms, x.id) AS nr"
          + " FROM unnest(?::smallint[], ?::bigint[], ?::bigint[], ?::int[])"
          + " AS l(lane, due, id, share)"
          + " CROSS JOIN LATERAL (SELECT t.due_ms, t.id, t.state, t.owner FROM gh_task t"
          + " WHERE t.lane = l.lane AND (t.due_ms, t.id) > (l.due, l.id) AND t.due_ms <= ?"
          + " ORDER BY t.due_ms, t.id LIMIT l.share) x) y WHERE y.lost = 1 OR y.nr = y.share";

  private static final String LOCK =
      "SELECT x.* FROM unnest(?::bigint[]) AS s(id) CROSS JOIN LATERAL (SELECT "
          + TaskRows.LOCKED
          + " FROM gh_task t WHERE t.id = s.id AND t.state = 1 AND t.owner = ? FOR UPDATE";

  private static final String LOCK_OR_WAIT = LOCK + ") x";
  private static final String LOCK_OR_PASS_OVER = LOCK + " SKIP LOCKED) x";

  /** All of one fence, so that it is compared again if a row changes meanwhile. */
  private static final String DELETE =
      "DELETE FROM gh_task WHERE id = ANY(?::bigint[]) AND fence = ? AND owner = ? AND state = 1 AND cancel = 0";

  private static final String DROP = DELETE + " RETURNING id";

  /** Those that were claimed before may have failed attempts. */
  private static final String DROP_WITH_ATTEMPTS =
      "WITH d AS ("
          + DROP
          + "), a AS (DELETE FROM gh_task_attempt WHERE task_id = ANY(ARRAY(SELECT id FROM d)))"
          + " SELECT id FROM d";

  private static final String FINISH =
      "WITH d AS ("
          + DELETE
          + " RETURNING id, due_ms, attempt, fence, "
          + TaskRows.WHAT
          + ") INSERT INTO gh_task_done(id, due_ms, attempt, fence, attempt_started_ms,"
          + " attempt_ended_ms, http_status, result, status, outcome, error, ended_ms, "
          + TaskRows.WHAT
          + ") SELECT d.id, d.due_ms, d.attempt, d.fence, s.started_ms, s.ended_ms, s.http_status,"
          + " s.result, 2, 0, '', ?, "
          + TaskRows.WHAT
          + " FROM d JOIN unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::int[], ?::bytea[])"
          + " AS s(id, started_ms, ended_ms, http_status, result) ON s.id = d.id RETURNING id";

  private PostgresTaskSql() {}

  @Override
  public Dialect dialect() {
    return Dialect.POSTGRESQL;
  }

  @Override
  public int lanes() {
    return LANES.count();
  }

  @Override
  public int lane(TaskRow row) {
    return LANES.of(row);
  }

  private static int lastLane() {
    return LANES.all() - 1;
  }

  @Override
  public Collection<Long> insert(Handle handle, int node, List<TaskRow> rows) {
    return PostgresTaskInserts.insert(handle, node, rows);
  }

  @Override
  public List<ClaimedTask> claim(Handle handle, Claim claim, List<LaneShare> lanes) {
    Excluding excluding = new Excluding(Dialect.POSTGRESQL, claim.exclusion());
    return Sql.rows(
        handle,
        CLAIM.formatted(excluding.and()),
        query -> {
          setLanes(query, lanes);
          setBound(query, 5, claim);
          query.setInt(excluding.set(query, 8), claim.node());
        },
        TaskRows::claimed);
  }

  @Override
  public List<ClaimedTask> claimEarliest(Handle handle, Claim claim, int limit) {
    Excluding excluding = new Excluding(Dialect.POSTGRESQL, claim.exclusion());
    return Sql.rows(
        handle,
        CLAIM_EARLIEST.formatted(excluding.andDue()),
        query -> {
          query.setInt(1, lastLane());
          setBound(query, 2, claim);
          int index = excluding.setDue(query, 5);
          query.setInt(index, limit);
          query.setInt(index + 1, limit);
          query.setInt(index + 2, claim.node());
        },
        TaskRows::claimed);
  }

  private static void setLanes(PreparedStatement query, List<LaneShare> lanes) throws SQLException {
    ArrayArguments.setShorts(query, 1, lanes, share -> share.lane());
    ArrayArguments.setLongs(query, 2, lanes, LaneShare::due);
    ArrayArguments.setLongs(query, 3, lanes, LaneShare::id);
    ArrayArguments.setInts(query, 4, lanes, LaneShare::share);
  }

  private static void setBound(PreparedStatement query, int first, Claim claim)
      throws SQLException {
    query.setLong(first, claim.dueUntil());
    query.setInt(first + 1, claim.node());
    query.setObject(first + 2, claim.now(), Types.BIGINT);
  }

  @Override
  public OptionalLong earliestDue(Handle handle, Exclusion exclusion) {
    Excluding excluding = new Excluding(Dialect.POSTGRESQL, exclusion);
    return Sql.use(
        handle,
        EARLIEST.formatted(excluding.andDue()),
        query -> {
          query.setInt(1, lastLane());
          excluding.setDue(query, 2);
          try (ResultSet results = query.executeQuery()) {
            results.next();
            long due = results.getLong(1);
            return results.wasNull() ? OptionalLong.empty() : OptionalLong.of(due);
          }
        });
  }

  @Override
  public List<LaneCount> count(Handle handle, long now, int limit) {
    return Sql.rows(
        handle,
        COUNT,
        query -> {
          query.setLong(1, now);
          query.setInt(2, lastLane());
          query.setInt(3, limit);
        },
        row -> new LaneCount(row.getLong(1), row.getLong(2), row.getLong(3)));
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, long dueUntil, int limit) {
    return Sql.rows(
        handle,
        HELD,
        query -> {
          query.setInt(1, lastLane());
          query.setLong(2, dueUntil);
          query.setInt(3, node);
          query.setInt(4, limit);
          query.setInt(5, limit);
        },
        TaskRows::leased);
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, Collection<Long> ids) {
    return Sql.rows(
        handle,
        HELD_OF,
        query -> {
          ArrayArguments.setLongs(query, 1, ids, Long::longValue);
          query.setInt(2, node);
        },
        TaskRows::leased);
  }

  @Override
  public List<Seen> held(Handle handle, String holder, List<LaneShare> lanes, long dueUntil) {
    return Sql.rows(
        handle,
        LOST.replace(NOBODY_LIVE, holder),
        query -> {
          setLanes(query, lanes);
          query.setLong(5, dueUntil);
        },
        row -> Seen.of(row, lanes.get(0).share()));
  }

  @Override
  public List<LockedTask> lock(Handle handle, int node, Collection<Long> ids, IfLocked ifLocked) {
    return Sql.rows(
        handle,
        ifLocked == IfLocked.PASS_OVER ? LOCK_OR_PASS_OVER : LOCK_OR_WAIT,
        query -> {
          ArrayArguments.setLongs(query, 1, ids.stream().sorted().toList(), Long::longValue);
          query.setInt(2, node);
        },
        TaskRows::locked);
  }

  @Override
  public Collection<Long> finish(
      Handle handle,
      int node,
      Collection<Settlement.Finish> settlements,
      long endedMillis,
      IfLocked ifLocked) {
    return byFence(
        unlocked(handle, node, settlements, ifLocked),
        (fence, group) ->
            Sql.rows(
                handle,
                FINISH,
                query -> {
                  setDropped(query, group, fence, node);
                  query.setLong(4, endedMillis);
                  ArrayArguments.setLongs(query, 5, group, Settlement.Finish::id);
                  ArrayArguments.setLongs(
                      query, 6, group, s -> s.attempt().startedAt().toEpochMilli());
                  ArrayArguments.setLongs(
                      query, 7, group, s -> s.attempt().endedAt().toEpochMilli());
                  ArrayArguments.setArray(query, 8, "int4", group, s -> s.attempt().httpStatus());
                  ArrayArguments.setArrayOfBytes(query, 9, group, s -> TaskRows.bytes(s.result()));
                },
                results -> results.getLong(1)));
  }

  @Override
  public Collection<Long> drop(
      Handle handle, int node, Collection<? extends Settlement> settlements, IfLocked ifLocked) {
    return byFence(
        unlocked(handle, node, settlements, ifLocked),
        (fence, group) -> drop(handle, DROP, node, fence, group));
  }

  @Override
  public Collection<Long> forget(
      Handle handle, int node, Collection<Settlement.Forget> settlements, IfLocked ifLocked) {
    return byFence(
        unlocked(handle, node, settlements, ifLocked),
        (fence, group) -> drop(handle, fence > 1 ? DROP_WITH_ATTEMPTS : DROP, node, fence, group));
  }

  private static List<Long> drop(
      Handle handle, String sql, int node, long fence, List<? extends Settlement> group) {
    return Sql.rows(
        handle, sql, query -> setDropped(query, group, fence, node), results -> results.getLong(1));
  }

  private static void setDropped(
      PreparedStatement query, List<? extends Settlement> settlements, long fence, int node)
      throws SQLException {
    ArrayArguments.setLongs(query, 1, settlements, Settlement::id);
    query.setLong(2, fence);
    query.setInt(3, node);
  }

  /** Nearly all have the same fence, for few tasks are claimed twice. */
  private static <S extends Settlement> Collection<Long> byFence(
      Collection<? extends S> settlements, BiFunction<Long, List<S>, List<Long>> settle) {
    Map<Long, List<S>> groups = new TreeMap<>();
    for (S settlement : settlements) {
      groups.computeIfAbsent(settlement.fence(), fence -> new ArrayList<>()).add(settlement);
    }
    List<Long> ids = new ArrayList<>(settlements.size());
    groups.forEach((fence, group) -> ids.addAll(settle.apply(fence, group)));
    return ids;
  }

  /**
   * What deletes and leases leave is cleared away by autovacuum once a minute at most: by then it
   * may be millions of rows, which fill gigabytes and stand in the way of every claim. It reads
   * every block that has changed, so it waits until there is a task to clear away for each block,
   * but not for more than {@link #MOST_UNTIDY}: the table stays as large as it ever was. A server
   * that knows no {@code VACUUM} clears away by itself.
   */
  @Override
  public boolean tidy(Handle handle, long ended) {
    try {
      boolean worthwhile = isWorthwhile(handle, ended);
      if (worthwhile) {
        Sql.use(handle, "VACUUM (SKIP_LOCKED, TRUNCATE FALSE) gh_task", PreparedStatement::execute);
      }
      return worthwhile;
    } catch (JdbiException e) {
      if (Thrown.isRefused(e)) {
        return true;
      }
      throw e;
    }
  }

  private static boolean isWorthwhile(Handle handle, long ended) {
    return Sql.rows(
            handle,
            "SELECT ? >= LEAST(?, pg_relation_size('gh_task') / current_setting('block_size')::int)",
            query -> {
              query.setLong(1, ended);
              query.setLong(2, MOST_UNTIDY);
            },
            results -> results.getBoolean(1))
        .get(0);
  }

  @Override
  public int purge(Handle handle, TaskStatus status, long endedBefore, int limit) {
    return PostgresHistory.purge(handle, status, endedBefore, limit);
  }
}
