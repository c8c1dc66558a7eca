package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/**
 * The statements for MariaDB and MySQL. They have no arrays, so a batch is a list of keys; MariaDB
 * has no {@code LATERAL}, so a look into all lanes is a union of a look into each, whose order the
 * index gives; and neither has {@code UPDATE ... RETURNING}, so rows are locked by the query that
 * reads them, and then changed by their keys.
 *
 * <p>Every statement that locks names its index: a scan of the table, which MariaDB takes for
 * cheaper where lists are long and tables small, would wait for rows that others have locked. For
 * the same reason rows are deleted by a statement of the form that may name one.
 */
final class MariaDbTaskSql implements TaskSql {
  static final TaskSql MARIADB = new MariaDbTaskSql(Dialect.MARIADB);
  static final TaskSql MYSQL = new MariaDbTaskSql(Dialect.MYSQL);

  private static final Lanes LANES = new Lanes(2, 1);

  private static final String BY_DUE = " FROM gh_task t FORCE INDEX (gh_task_due) WHERE t.lane = ?";
  private static final String BY_ID = " FROM gh_task FORCE INDEX (PRIMARY) WHERE ";
  private static final String FIRST = " ORDER BY t.due_ms, t.id LIMIT ?";

  /** Behind a place: two ranges of the index, however many are due at the same time. */
  private static final String BEHIND =
      " AND (t.due_ms > ? OR (t.due_ms = ? AND t.id > ?)) AND t.due_ms <= ?";

  private static final String DUE =
      "SELECT "
          + TaskRows.CLAIMED
          + BY_DUE
          + BEHIND
          + " AND t.state = 0%s"
          + FIRST
          + " FOR UPDATE SKIP LOCKED";

  private static final String LEASE =
      "UPDATE gh_task FORCE INDEX (PRIMARY) SET state = 1, owner = ?, fence = fence + 1,"
          + " attempt = attempt + 1 WHERE ";

  private static final String EARLIEST = "SELECT t.due_ms" + BY_DUE + " AND t.state = 0%s" + FIRST;

  private static final String COUNT =
      "SELECT COUNT(*), COUNT(CASE WHEN x.state = 0 AND x.due_ms <= ? THEN 1 END),"
          + " COUNT(CASE WHEN x.state = 1 THEN 1 END) FROM (SELECT t.state, t.due_ms"
          + BY_DUE
          + FIRST
          + ") x";

  private static final String HELD =
      "SELECT t.id, t.fence, t.cancel, t.due_ms"
          + BY_DUE
          + " AND t.due_ms <= ? AND t.state = 1 AND t.owner = ?"
          + FIRST;

  /** The rows are few before they are numbered, which MariaDB does to all that there are. */
  private static final String LOST =
      "SELECT y.lane, y.due_ms, y.id, y.lost, y.nr FROM (SELECT x.lane, x.due_ms, x.id,"
          + " CASE WHEN x.state = 1 AND "
          + NOBODY_LIVE
          + " THEN 1 ELSE 0 END AS lost, ROW_NUMBER() OVER (ORDER BY x.due_ms, x.id) AS nr"
          + " FROM (SELECT t.lane, t.due_ms, t.id, t.state, t.owner"
          + BY_DUE
          + BEHIND
          + FIRST
          + ") x) y WHERE y.lost = 1 OR y.nr = ?";

  /** Of one that has the number already, answers that, as it is by now, and keeps it so. */
  private static final String TAKE =
      "INSERT INTO gh_task_key(application_id, task_no, task_id) VALUES %s"
          + " ON DUPLICATE KEY UPDATE task_id = gh_task_key.task_id";

  private static final String TAKEN = " RETURNING application_id, task_no, task_id";

  /** What follows that on MySQL: the numbers are locked by then, and are read as they are. */
  private static final String LOOK =
      "SELECT application_id, task_no, task_id FROM gh_task_key FORCE INDEX (PRIMARY)"
          + " WHERE (application_id, task_no) IN (%s) FOR UPDATE";

  private static final int MOST_NUMBERS = 500;

  private final Dialect dialect;
  private final ClaimBound bound;

  private MariaDbTaskSql(Dialect dialect) {
    this.dialect = dialect;
    bound = new ClaimBound(dialect);
  }

  @Override
  public Dialect dialect() {
    return dialect;
  }

  @Override
  public int lanes() {
    return LANES.count();
  }

  @Override
  public int lane(TaskRow row) {
    return LANES.of(row);
  }

  /** Sets what one of a union's parts is asked. */
  private interface Binding<T> {
    /** Answers the index of the next argument. */
    int bind(PreparedStatement query, int index, T part) throws SQLException;
  }

  /** What a query gives for each of some parts, in one statement. */
  private static <T, R> List<R> union(
      Handle handle, String sql, List<T> parts, Binding<T> binding, Sql.Reader<R> reader) {
    String each = "(" + sql + ")";
    return Sql.use(
        handle,
        String.join(" UNION ALL ", Collections.nCopies(parts.size(), each)),
        query -> {
          int index = 1;
          for (T part : parts) {
            index = binding.bind(query, index, part);
          }
          return Sql.rows(query, reader);
        });
  }

  private static List<Integer> allLanes() {
    return IntStream.range(0, LANES.all()).boxed().toList();
  }

  @Override
  public Collection<Long> insert(Handle handle, int node, List<TaskRow> rows) {
    NavigableMap<TaskNumber, Long> wanted = new TreeMap<>(TaskNumber.ORDER);
    for (TaskRow row : rows) {
      TaskNumber.of(row).ifPresent(number -> wanted.putIfAbsent(number, row.id()));
    }
    List<Map.Entry<TaskNumber, Long>> ordered = List.copyOf(wanted.entrySet());
    Map<TaskNumber, Long> winners = new HashMap<>();
    for (int from = 0; from < ordered.size(); from += MOST_NUMBERS) {
      int to = Math.min(ordered.size(), from + MOST_NUMBERS);
      take(handle, ordered.subList(from, to), winners);
    }
    return new TaskInserts(this, node).insert(handle, rows, winners);
  }

  private void take(
      Handle handle, List<Map.Entry<TaskNumber, Long>> wanted, Map<TaskNumber, Long> winners) {
    String take = TAKE.formatted(places("(?, ?, ?)", wanted));
    Sql.Reader<Long> winner =
        row -> winners.put(new TaskNumber(row.getLong(1), row.getString(2)), row.getLong(3));
    if (dialect == Dialect.MARIADB) {
      Sql.use(handle, take + TAKEN, insert -> Sql.rows(taking(insert, wanted), winner));
      return;
    }
    Sql.use(handle, take, insert -> taking(insert, wanted).executeUpdate());
    Sql.use(
        handle,
        LOOK.formatted(places("(?, ?)", wanted)),
        query -> {
          int index = 1;
          for (Map.Entry<TaskNumber, Long> one : wanted) {
            query.setLong(index++, one.getKey().applicationId());
            query.setString(index++, one.getKey().taskNo());
          }
          return Sql.rows(query, winner);
        });
  }

  private static String places(String each, List<?> of) {
    return String.join(", ", Collections.nCopies(of.size(), each));
  }

  private static PreparedStatement taking(
      PreparedStatement insert, List<Map.Entry<TaskNumber, Long>> wanted) throws SQLException {
    int index = 1;
    for (Map.Entry<TaskNumber, Long> one : wanted) {
      insert.setLong(index++, one.getKey().applicationId());
      insert.setString(index++, one.getKey().taskNo());
      insert.setLong(index++, one.getValue());
    }
    return insert;
  }

  @Override
  public List<ClaimedTask> claim(Handle handle, Claim claim, List<LaneShare> lanes) {
    OptionalLong until = bound.find(handle, claim);
    return until.isEmpty()
        ? List.of()
        : lease(handle, claim, due(handle, claim, lanes, until.getAsLong()));
  }

  @Override
  public List<ClaimedTask> claimEarliest(Handle handle, Claim claim, int limit) {
    OptionalLong until = bound.find(handle, claim);
    if (until.isEmpty()) {
      return List.of();
    }
    long from = claim.exclusion().dueFromMillis();
    List<LaneShare> all =
        allLanes().stream().map(lane -> new LaneShare(lane, from, 0, limit)).toList();
    List<ClaimedTask> due = due(handle, claim, all, until.getAsLong());
    due.sort(LaneCursors.BY_DUE);
    return lease(handle, claim, due.subList(0, Math.min(limit, due.size())));
  }

  /** Locks what a claim may lease, but for what others have locked; as it will be then. */
  private List<ClaimedTask> due(Handle handle, Claim claim, List<LaneShare> lanes, long until) {
    Excluding excluding = new Excluding(dialect, claim.exclusion());
    return union(
        handle,
        DUE.formatted(excluding.and()),
        lanes,
        (query, index, share) -> {
          int next = excluding.set(query, bind(query, index, share, until));
          query.setInt(next, share.share());
          return next + 1;
        },
        row -> TaskRows.claimed(row, 1));
  }

  private static int bind(PreparedStatement query, int index, LaneShare share, long until)
      throws SQLException {
    query.setInt(index, share.lane());
    query.setLong(index + 1, share.due());
    query.setLong(index + 2, share.due());
    query.setLong(index + 3, share.id());
    query.setLong(index + 4, until);
    return index + 5;
  }

  private List<ClaimedTask> lease(Handle handle, Claim claim, List<ClaimedTask> due) {
    List<Long> ids = due.stream().map(task -> task.row().id()).sorted().toList();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids)) {
      Sql.use(
          handle,
          LEASE + some.in("id"),
          update -> {
            update.setInt(1, claim.node());
            some.set(update, 2);
            return update.executeUpdate();
          });
    }
    return due;
  }

  @Override
  public OptionalLong earliestDue(Handle handle, Exclusion exclusion) {
    Excluding excluding = new Excluding(dialect, exclusion);
    return union(
            handle,
            EARLIEST.formatted(excluding.andDue()),
            allLanes(),
            (query, index, lane) -> {
              query.setInt(index, lane);
              int next = excluding.setDue(query, index + 1);
              query.setInt(next, 1);
              return next + 1;
            },
            row -> row.getLong(1))
        .stream()
        .mapToLong(Long::longValue)
        .min();
  }

  @Override
  public List<LaneCount> count(Handle handle, long now, int limit) {
    return union(
        handle,
        COUNT,
        allLanes(),
        (query, index, lane) -> {
          query.setLong(index, now);
          query.setInt(index + 1, lane);
          query.setInt(index + 2, limit);
          return index + 3;
        },
        row -> new LaneCount(row.getLong(1), row.getLong(2), row.getLong(3)));
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, long dueUntil, int limit) {
    List<HeldRow> held =
        union(
            handle,
            HELD,
            allLanes(),
            (query, index, lane) -> {
              query.setInt(index, lane);
              query.setLong(index + 1, dueUntil);
              query.setInt(index + 2, node);
              query.setInt(index + 3, limit);
              return index + 4;
            },
            HeldRow::of);
    return HeldRow.earliest(held, limit);
  }

  @Override
  public List<LeasedTask> leased(Handle handle, int node, Collection<Long> ids) {
    return held(handle, "id, fence, cancel", ids, node, "", TaskRows::leased);
  }

  @Override
  public List<Seen> held(Handle handle, String holder, List<LaneShare> lanes, long dueUntil) {
    return union(
        handle,
        LOST.replace(NOBODY_LIVE, holder),
        lanes,
        (query, index, share) -> {
          int next = bind(query, index, share, dueUntil);
          query.setInt(next, share.share());
          query.setInt(next + 1, share.share());
          return next + 2;
        },
        row -> Seen.of(row, lanes.get(0).share()));
  }

  @Override
  public List<LockedTask> lock(Handle handle, int node, Collection<Long> ids, IfLocked ifLocked) {
    String end = " ORDER BY id FOR UPDATE" + (ifLocked == IfLocked.WAIT ? "" : " SKIP LOCKED");
    return held(handle, TaskRows.LOCKED, ids, node, end, TaskRows::locked);
  }

  /** Of these, in order of id, what the node holds. */
  private <R> List<R> held(
      Handle handle,
      String columns,
      Collection<Long> ids,
      int node,
      String end,
      Sql.Reader<R> reader) {
    List<R> held = new ArrayList<>();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids.stream().sorted().toList())) {
      held.addAll(
          Sql.use(
              handle,
              "SELECT " + columns + BY_ID + some.in("id") + " AND state = 1 AND owner = ?" + end,
              query -> {
                query.setInt(some.set(query, 1), node);
                return Sql.rows(query, reader);
              }));
    }
    return held;
  }

  @Override
  public Collection<Long> finish(
      Handle handle,
      int node,
      Collection<Settlement.Finish> settlements,
      long endedMillis,
      IfLocked ifLocked) {
    Map<Long, Settlement.Finish> byId = byId(settlements);
    List<LockedTask> held = lockUnder(handle, node, byId, ifLocked);
    if (!held.isEmpty()) {
      List<FinishedRow> rows = new ArrayList<>(held.size());
      for (LockedTask task : held) {
        Settlement.Finish finish = byId.get(task.id());
        if (finish != null) {
          rows.add(FinishedRow.of(task, finish, endedMillis));
        }
      }
      FinishedRow.insert(handle, rows);
    }
    return delete(handle, held);
  }

  @Override
  public Collection<Long> drop(
      Handle handle, int node, Collection<? extends Settlement> settlements, IfLocked ifLocked) {
    return delete(handle, lockUnder(handle, node, byId(settlements), ifLocked));
  }

  @Override
  public void copyEnded(Handle handle, long nowMillis, List<EndedTask> ended) {
    MariaDbHistory.copy(handle, nowMillis, ended);
  }

  private static <S extends Settlement> Map<Long, S> byId(Collection<? extends S> settlements) {
    return settlements.stream().collect(Collectors.toMap(Settlement::id, Function.identity()));
  }

  /** Locks what the node holds under their fence, and nobody asked for anything. */
  private List<LockedTask> lockUnder(
      Handle handle, int node, Map<Long, ? extends Settlement> settlements, IfLocked ifLocked) {
    return lock(handle, node, settlements.keySet(), ifLocked).stream()
        .filter(
            task -> {
              Settlement settlement = settlements.get(task.id());
              return settlement != null
                  && settlement.fence() == task.fence()
                  && task.asked() == Asked.NOTHING;
            })
        .toList();
  }

  private List<Long> delete(Handle handle, List<LockedTask> locked) {
    List<Long> ids = locked.stream().map(LockedTask::id).toList();
    MariaDbHistory.delete(handle, dialect.deleteByKey("gh_task"), "id", ids);
    return ids;
  }

  @Override
  public boolean tidy(Handle handle, long ended) {
    return true; // MariaDB clears away by itself.
  }

  @Override
  public int purge(Handle handle, TaskStatus status, long endedBefore, int limit) {
    return MariaDbHistory.purge(handle, dialect, status, endedBefore, limit);
  }
}
