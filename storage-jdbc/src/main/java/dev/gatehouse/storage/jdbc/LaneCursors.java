package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.storage.jdbc.TaskSql.Claim;
import dev.gatehouse.storage.jdbc.TaskSql.LaneShare;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Where the claims of a node have got to, lane by lane: what it claimed stands at the head of the
 * due index until it is settled, and each claim would step over it again. Not safe: confine to one
 * thread.
 */
final class LaneCursors {
  /** The order of claimed tasks. */
  static final Comparator<ClaimedTask> BY_DUE =
      Comparator.comparingLong(ClaimedTask::dueMillis).thenComparingLong(task -> task.row().id());

  /** The lightest first. */
  private static final Priority[] BY_WEIGHT =
      Stream.of(Priority.values())
          .sorted(Comparator.comparingInt(Priority::weight))
          .toArray(Priority[]::new);

  private final TaskSql sql;
  private final long[] due;
  private final long[] id;
  private final long[] keptDue;
  private final long[] keptId;

  /** Lanes that gave less than they were asked for: not asked again before a new start. */
  private final BitSet exhausted = new BitSet();

  private final BitSet keptExhausted = new BitSet();

  /** What each priority lacks of its share; less than one task. */
  private final double[] owed = new double[Priority.values().length];

  /** Of each priority, who is next to get more than others. */
  private final int[] next = new int[Priority.values().length];

  LaneCursors(TaskSql sql) {
    this.sql = sql;
    int lanes = sql.lanes() * Priority.values().length;
    due = new long[lanes];
    id = new long[lanes];
    keptDue = new long[lanes];
    keptId = new long[lanes];
    rewind();
  }

  /** The next claim looks from the start. */
  void rewind() {
    Arrays.fill(due, Long.MIN_VALUE);
    Arrays.fill(id, 0);
    exhausted.clear();
    keep();
  }

  /** The next claim looks for nothing that is due before then. */
  void startFrom(long dueMillis) {
    for (int lane = 0; lane < due.length; lane++) {
      if (due[lane] < dueMillis) {
        due[lane] = dueMillis;
        id[lane] = 0;
      }
    }
    keep();
  }

  /** What was claimed is committed. */
  void keep() {
    System.arraycopy(due, 0, keptDue, 0, due.length);
    System.arraycopy(id, 0, keptId, 0, id.length);
    copy(exhausted, keptExhausted);
  }

  /** What was claimed since {@link #keep} is not. */
  void restore() {
    System.arraycopy(keptDue, 0, due, 0, due.length);
    System.arraycopy(keptId, 0, id, 0, id.length);
    copy(keptExhausted, exhausted);
  }

  private static void copy(BitSet from, BitSet to) {
    to.clear();
    to.or(from);
  }

  /** Claims in as many rounds as it takes: what one lane has not to give is asked of the others. */
  List<ClaimedTask> claim(Handle handle, Claim claim, int limit) {
    List<ClaimedTask> claimed =
        limit < TaskStore.MANY
            ? sql.claimEarliest(handle, claim, limit)
            : claimShares(handle, claim, limit);
    return claimed.stream().sorted(BY_DUE).toList();
  }

  private List<ClaimedTask> claimShares(Handle handle, Claim claim, int limit) {
    List<ClaimedTask> claimed = new ArrayList<>();
    List<LaneShare> shares = shares(limit);
    while (!shares.isEmpty()) {
      List<ClaimedTask> round = sql.claim(handle, claim, shares);
      claimed.addAll(round);
      pass(shares, round);
      shares = shares(limit - claimed.size());
    }
    return claimed;
  }

  /** Moves the cursors past what was claimed. */
  private void pass(List<LaneShare> asked, List<ClaimedTask> round) {
    int[] counts = new int[due.length];
    for (ClaimedTask task : round) {
      int lane = sql.lane(task.row());
      counts[lane]++;
      boolean later =
          task.dueMillis() > due[lane]
              || (task.dueMillis() == due[lane] && task.row().id() > id[lane]);
      if (later) {
        due[lane] = task.dueMillis();
        id[lane] = task.row().id();
      }
    }
    for (LaneShare share : asked) {
      if (counts[share.lane()] < share.share()) {
        exhausted.set(share.lane());
      }
    }
  }

  /**
   * Divides the limit between priorities by their weights, and evenly between their lanes, of which
   * other ones get what is left over each time. If it is enough, no lane goes without: so one
   * statement tells that there is no more.
   */
  private List<LaneShare> shares(int limit) {
    int behind = due.length - exhausted.cardinality();
    boolean isEnough = limit >= behind;
    List<LaneShare> shares = new ArrayList<>();
    int left = limit;
    int weights =
        Stream.of(BY_WEIGHT).filter(one -> !open(one).isEmpty()).mapToInt(Priority::weight).sum();
    for (Priority priority : BY_WEIGHT) {
      List<Integer> lanes = open(priority);
      if (!lanes.isEmpty()) {
        int share = share(priority, left, weights);
        behind -= lanes.size();
        share = isEnough ? Math.max(lanes.size(), Math.min(share, left - behind)) : share;
        divide(share, priority, lanes, shares);
        left -= share;
        weights -= priority.weight();
      }
    }
    return shares;
  }

  /** Rounded down, with what that took away the last times: a small claim would leave little. */
  private int share(Priority priority, int left, int weights) {
    int code = priority.code();
    double exact = (double) left * priority.weight() / weights + owed[code];
    int share = (int) Math.min(left, exact);
    owed[code] = Math.min(1, exact - share);
    return share;
  }

  private List<Integer> open(Priority priority) {
    int first = priority.code() * sql.lanes();
    return IntStream.range(first, first + sql.lanes())
        .filter(lane -> !exhausted.get(lane))
        .boxed()
        .toList();
  }

  private void divide(int share, Priority priority, List<Integer> lanes, List<LaneShare> shares) {
    int each = share / lanes.size();
    int more = share % lanes.size();
    for (int i = 0; i < lanes.size(); i++) {
      int lane = lanes.get((next[priority.code()] + i) % lanes.size());
      int its = i < more ? each + 1 : each;
      if (its > 0) {
        shares.add(new LaneShare(lane, due[lane], id[lane], its));
      }
    }
    next[priority.code()] = (next[priority.code()] + more) % lanes.size();
  }
}
