package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.LeasedPart;
import dev.gatehouse.storage.jdbc.TaskSql.LaneShare;
import dev.gatehouse.storage.jdbc.TaskSql.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * A walk along all that is due, for what one node holds: a part with each look, as a {@link
 * RecoveryWalk}, however much is due that nobody has taken. Safe for use by multiple threads.
 */
final class LeaseWalk {
  /** Of how many is asked at a time. */
  private static final int MOST = TaskStore.MAX_BATCH;

  /** Where the walk of a node that has not come to its end goes on. */
  private final Map<Integer, List<LaneShare>> positions = new ConcurrentHashMap<>();

  /** What the node holds in the next part. */
  LeasedPart look(Handle handle, TaskSql sql, int node, long dueUntil) {
    List<LaneShare> lanes = positions.getOrDefault(node, List.of());
    if (lanes.isEmpty()) {
      lanes = RecoveryWalk.heads(sql);
    }
    List<Seen> seen = sql.held(handle, "x.owner = " + node, lanes, dueUntil);
    List<Long> ids = seen.stream().filter(Seen::lost).map(Seen::id).toList();
    List<LeasedTask> leased = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += MOST) {
      leased.addAll(sql.leased(handle, node, ids.subList(from, Math.min(ids.size(), from + MOST))));
    }
    List<LaneShare> behind = RecoveryWalk.behind(lanes, seen);
    if (behind.isEmpty()) {
      positions.remove(node);
    } else {
      positions.put(node, behind);
    }
    return new LeasedPart(leased, behind.isEmpty());
  }
}
