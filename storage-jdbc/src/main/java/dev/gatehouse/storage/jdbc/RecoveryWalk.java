package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.storage.jdbc.TaskSql.LaneShare;
import dev.gatehouse.storage.jdbc.TaskSql.Seen;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A walk along all that is due, for what lost nodes hold: a part with each look, however much is
 * due, and each lane from its head, for there claims have taken what they took. It begins anew when
 * another node is lost. Safe for use by multiple threads: those that look at the same time look at
 * the same part.
 */
final class RecoveryWalk {
  /** Most rows that one look reads: some tens of milliseconds. */
  static final int PART = 100_000;

  private static final Comparator<Seen> BY_DUE =
      Comparator.comparingLong(Seen::due).thenComparingLong(Seen::id);

  /** Where it has got to; null at the beginning. */
  private final AtomicReference<@Nullable Position> position = new AtomicReference<>();

  /**
   * Where a walk has got to.
   *
   * @param nodes what these hold is looked for
   * @param lanes where there may be more
   * @param passedOver whether something was left to another, who had it locked
   */
  record Position(Set<Integer> nodes, List<LaneShare> lanes, boolean passedOver) {}

  /**
   * What a look freed.
   *
   * @param next for {@link #goOn}, once that is committed
   */
  record Look(List<Settled> freed, @Nullable Position next) {
    /** Nothing is to be looked for. */
    static final Look NONE = new Look(List.of(), null);
  }

  /**
   * Who looks.
   *
   * @param dueUntil no lost node holds what is due later
   * @param maxCrashes as in {@link dev.gatehouse.scheduler.TaskStore#recover}, with the rest
   */
  record Finder(
      Dialect dialect, JdbcNodes nodes, long dueUntil, int maxCrashes, long nowMillis, int limit) {
    TaskSql sql() {
      return dialect.tasks();
    }
  }

  /** The next look begins there. */
  void goOn(@Nullable Position next) {
    position.set(next);
  }

  /** Frees what it finds in the next part of what these nodes may hold. */
  Look look(Handle handle, Set<Integer> lost, Finder finder) {
    Position last = position.get();
    Position from =
        last != null && last.nodes().containsAll(lost)
            ? last
            : new Position(lost, heads(finder.sql()), false);
    List<Seen> seen =
        finder.sql().held(handle, TaskSql.NOBODY_LIVE, from.lanes(), finder.dueUntil());
    List<Seen> found = seen.stream().filter(Seen::lost).sorted(BY_DUE).toList();
    List<LockedTask> locked = new ArrayList<>();
    int tried = 0;
    // Were only the first tried, those that others have locked would stand before the rest.
    while (tried < found.size() && 2 * locked.size() < finder.limit()) {
      int end = Math.min(found.size(), tried + finder.limit() - locked.size());
      locked.addAll(lock(handle, finder, found.subList(tried, end)));
      tried = end;
    }
    List<Settled> freed =
        JdbcSettlements.recover(
            finder.sql(), handle, locked, finder.maxCrashes(), finder.nowMillis());
    if (tried < found.size()) {
      return new Look(freed, from);
    }
    boolean passedOver = from.passedOver() || locked.size() < tried;
    List<LaneShare> lanes = behind(from.lanes(), seen);
    if (!lanes.isEmpty()) {
      return new Look(freed, new Position(from.nodes(), lanes, passedOver));
    }
    if (!passedOver) {
      finder.nodes().swept(lost);
    }
    return new Look(freed, null);
  }

  static List<LaneShare> heads(TaskSql sql) {
    int lanes = sql.lanes() * Priority.values().length;
    return IntStream.range(0, lanes)
        .mapToObj(lane -> new LaneShare(lane, Long.MIN_VALUE, 0, PART / lanes))
        .toList();
  }

  /** Of lanes in which as many were looked at as were asked for, what follows. */
  static List<LaneShare> behind(List<LaneShare> lanes, List<Seen> seen) {
    List<LaneShare> behind = new ArrayList<>();
    for (Seen one : seen) {
      if (one.last()) {
        behind.add(new LaneShare(one.lane(), one.due(), one.id(), lanes.get(0).share()));
      }
    }
    return behind;
  }

  /**
   * Locks them, but for what others have locked. Another may have freed one meanwhile, and a node
   * that has joined since may hold it: so whose they are is looked at again.
   */
  private static List<LockedTask> lock(Handle handle, Finder finder, List<Seen> found) {
    record Owned(int owner, LockedTask task) {}

    List<Owned> locked = new ArrayList<>();
    Dialect dialect = finder.dialect();
    List<Long> ids = found.stream().map(Seen::id).sorted().toList();
    for (AnyOf some : AnyOf.of(dialect, "bigint", ids)) {
      String lock =
          "SELECT owner, "
              + TaskRows.LOCKED
              + " FROM gh_task"
              + dialect.byKey()
              + " WHERE "
              + some.in("id")
              + " AND state = 1 ORDER BY id FOR UPDATE SKIP LOCKED";
      locked.addAll(
          Sql.use(
              handle,
              lock,
              query -> {
                some.set(query, 1);
                return Sql.rows(query, row -> new Owned(row.getInt(1), TaskRows.locked(row)));
              }));
    }
    Set<Integer> live =
        finder.nodes().live(locked.stream().map(Owned::owner).collect(Collectors.toSet()));
    return locked.stream().filter(one -> !live.contains(one.owner())).map(Owned::task).toList();
  }
}
