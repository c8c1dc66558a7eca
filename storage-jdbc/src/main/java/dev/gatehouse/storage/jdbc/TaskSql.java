package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The statements on tasks that databases want said differently, most of them for speed; the rest is
 * in {@link JdbcTaskStore}. A task's lane is a part of the due index: each priority has its own, so
 * that claims can share between them, and where writers need not meet, several.
 */
interface TaskSql {
  /** Whose statements they are. */
  Dialect dialect();

  /** How many lanes each priority has; lane {@code n} is of priority {@code n / lanes()}. */
  int lanes();

  /** The task's lane. */
  int lane(TaskRow row);

  /**
   * Inserts tasks, but those whose number is taken, which must not fail the transaction.
   *
   * @param node that leases them at once; 0: they are ready
   * @return the ids of those that were inserted
   */
  Collection<Long> insert(Handle handle, int node, List<TaskRow> rows);

  /**
   * Inserts one task as {@link #insert} does, by a statement that needs no transaction; null if the
   * database takes none that does.
   */
  default @Nullable Alone insertAlone(int node, TaskRow row) {
    return null;
  }

  /**
   * Leases ready tasks of some lanes to a live node.
   *
   * @param lanes where to look, and how many to take of each at most
   */
  List<ClaimedTask> claim(Handle handle, Claim claim, List<LaneShare> lanes);

  /** Leases the earliest ready tasks of all lanes to a live node. */
  List<ClaimedTask> claimEarliest(Handle handle, Claim claim, int limit);

  /** The earliest due time of a ready task in any lane that is not passed over. */
  OptionalLong earliestDue(Handle handle, Exclusion exclusion);

  /** Looks at the earliest of each lane, so many of each at most. */
  List<LaneCount> count(Handle handle, long now, int limit);

  /** What the node holds, in order of (due time, id). */
  List<LeasedTask> leased(Handle handle, int node, long dueUntil, int limit);

  /** Which of these the node holds. */
  List<LeasedTask> leased(Handle handle, int node, Collection<Long> ids);

  /** The holder {@code x.owner}, if no live node holds the task. */
  String NOBODY_LIVE = "NOT EXISTS(SELECT 1 FROM gh_node n WHERE n.node = x.owner AND n.state = 1)";

  /**
   * Looks for what a holder holds, without locking it.
   *
   * @param holder a condition on {@code x.owner}, as {@link #NOBODY_LIVE}
   * @param lanes where to look, and at how many of each at most
   * @return what was found, and the last of a lane that was looked at where there may be more
   */
  List<Seen> held(Handle handle, String holder, List<LaneShare> lanes, long dueUntil);

  /** Locks those that the node holds, in order of id, so that no two settlements deadlock. */
  List<LockedTask> lock(Handle handle, int node, Collection<Long> ids, IfLocked ifLocked);

  /** Those of the settlements that nobody else has locked, if others are to be passed over. */
  default <S extends Settlement> Collection<S> unlocked(
      Handle handle, int node, Collection<S> settlements, IfLocked ifLocked) {
    if (ifLocked != IfLocked.PASS_OVER) {
      return settlements;
    }
    Set<Long> locked =
        lock(handle, node, settlements.stream().map(Settlement::id).toList(), ifLocked).stream()
            .map(LockedTask::id)
            .collect(Collectors.toSet());
    return settlements.stream().filter(one -> locked.contains(one.id())).toList();
  }

  /**
   * Moves those that the node holds under their fence, and nobody asked to cancel, to the history.
   *
   * @return the ids of those that were
   */
  Collection<Long> finish(
      Handle handle,
      int node,
      Collection<Settlement.Finish> settlements,
      long endedMillis,
      IfLocked ifLocked);

  /** As {@link #finish}, but deletes them, though not what other tables know of them. */
  Collection<Long> drop(
      Handle handle, int node, Collection<? extends Settlement> settlements, IfLocked ifLocked);

  /** As {@link #drop}, with the attempts that were made when they were claimed before. */
  default Collection<Long> forget(
      Handle handle, int node, Collection<Settlement.Forget> settlements, IfLocked ifLocked) {
    Collection<Long> dropped = drop(handle, node, settlements, ifLocked);
    Set<Long> gone = Set.copyOf(dropped);
    deleteAttempts(handle, settlements.stream().filter(one -> gone.contains(one.id())).toList());
    return dropped;
  }

  /** Deletes what attempts those may have had that were claimed before. */
  default void deleteAttempts(Handle handle, Collection<Settlement.Forget> settlements) {
    List<Long> claimedBefore =
        settlements.stream().filter(one -> one.fence() > 1).map(Settlement::id).toList();
    for (AnyOf some : AnyOf.of(dialect(), "bigint", claimedBefore)) {
      Sql.use(
          handle,
          dialect().deleteByKey("gh_task_attempt") + some.in("task_id"),
          delete -> {
            some.set(delete, 1);
            return delete.executeUpdate();
          });
    }
  }

  /** Copies tasks that are locked to the history; another statement deletes them. */
  default void copyEnded(Handle handle, long nowMillis, List<EndedTask> ended) {
    EndedTask.copy(handle, nowMillis, ended);
  }

  /** See {@link dev.gatehouse.scheduler.TaskStore#tidy}; outside of any transaction. */
  boolean tidy(Handle handle, long ended);

  /** Deletes tasks that ended so, in whatever order, with attempts and numbers; how many. */
  int purge(Handle handle, TaskStatus status, long endedBefore, int limit);

  /** A statement for {@link Database#insertAlone}. */
  record Alone(String sql, Sql.Use<Integer> insertion) {}

  /**
   * How many tasks of a lane were looked at.
   *
   * @param due ready ones due by now
   */
  record LaneCount(long all, long due, long leased) {}

  /**
   * A row that a look for lost tasks came by.
   *
   * @param due with id, its place in the lane
   * @param lost whether nobody live holds it
   * @param last whether it is the last that was looked at, of as many as were asked for
   */
  record Seen(int lane, long due, long id, boolean lost, boolean last) {
    /** Of columns lane, due_ms, id, lost as a number, number; of so many that were asked for. */
    static Seen of(ResultSet row, int share) throws SQLException {
      return new Seen(
          row.getInt(1),
          row.getLong(2),
          row.getLong(3),
          row.getInt(4) == 1,
          row.getInt(5) == share);
    }
  }

  /**
   * Who claims what.
   *
   * @param now the time at which the node must be live; null: the database's
   * @param exclusion what is passed over
   */
  record Claim(int node, @Nullable Long now, long dueUntil, Exclusion exclusion) {}

  /**
   * A part of a claim.
   *
   * @param due with id, the place behind which to look
   * @param share how many to take at most
   */
  record LaneShare(int lane, long due, long id, int share) {}
}
