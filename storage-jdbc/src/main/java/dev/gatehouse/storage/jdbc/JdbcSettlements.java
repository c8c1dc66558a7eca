package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Ends of leases within one transaction. */
final class JdbcSettlements {
  private final TaskSql sql;
  private final Handle handle;
  private final int node;
  private final long nowMillis;
  private final IfLocked ifLocked;

  /** Those that are to be forgotten, and whose numbers others have locked. */
  private final Set<Long> numberLocked = new HashSet<>();

  JdbcSettlements(Dialect dialect, Handle handle, int node, long nowMillis, IfLocked ifLocked) {
    this.ifLocked = ifLocked;
    sql = dialect.tasks();
    this.handle = handle;
    this.node = node;
    this.nowMillis = nowMillis;
  }

  /** What succeeded goes first, in sets and without a look at its row; the rest one by one. */
  List<Settled> settle(Map<Long, Settlement> settlements) {
    List<Settled> settled = settleFinished(settlements.values());
    if (settled.size() < settlements.size()) {
      Map<Long, Settlement> open = new HashMap<>(settlements);
      settled.forEach(one -> open.remove(one.id()));
      open.keySet().removeAll(numberLocked);
      settled.addAll(settleOthers(open));
    }
    return settled;
  }

  private List<Settled> settleFinished(Collection<Settlement> settlements) {
    List<Settlement.Finish> finish = new ArrayList<>();
    Map<Long, Settlement.Forget> forget = new HashMap<>();
    for (Settlement settlement : settlements) {
      if (settlement instanceof Settlement.Finish one) {
        finish.add(one);
      } else if (settlement instanceof Settlement.Forget one && mayForget(one.row())) {
        forget.put(one.id(), one);
      }
    }
    List<Settled> settled = new ArrayList<>();
    if (!finish.isEmpty()) {
      finish.sort(Comparator.comparingLong(Settlement::id));
      keep(finish).forEach(id -> settled.add(finished(id)));
    }
    if (!forget.isEmpty()) {
      List<Settlement.Forget> gone = new ArrayList<>();
      for (long id : sql.forget(handle, node, forget.values(), ifLocked)) {
        gone.add(requireNonNull(forget.get(id)));
        settled.add(finished(id));
      }
      deleteNumbers(gone);
    }
    return settled;
  }

  /** Most go to pages; whose place is on none, to a row. */
  private List<Long> keep(List<Settlement.Finish> finish) {
    FinishedPages.Places places = FinishedPages.places(finish);
    List<Long> kept = new ArrayList<>(finish.size());
    if (!places.pages().isEmpty()) {
      List<Settlement.Finish> paged = places.pages().stream().flatMap(List::stream).toList();
      kept.addAll(sql.drop(handle, node, paged, ifLocked));
      new FinishedPages(handle).insert(places.pages(), Set.copyOf(kept), nowMillis);
    }
    if (!places.rows().isEmpty()) {
      kept.addAll(sql.finish(handle, node, places.rows(), nowMillis, ifLocked));
    }
    return kept;
  }

  private static Settled finished(long id) {
    return new Settled(id, TaskStatus.FINISHED);
  }

  private boolean mayForget(TaskRow row) {
    boolean may =
        ifLocked != IfLocked.PASS_OVER
            || TaskNumber.of(row).map(number -> TaskNumbers.tryLock(handle, number)).orElse(true);
    if (!may) {
      numberLocked.add(row.id());
    }
    return may;
  }

  private void deleteNumbers(List<Settlement.Forget> gone) {
    for (Settlement.Forget one : gone) {
      TaskRow row = one.row();
      if (row.taskNo() != null) {
        handle.execute(
            "DELETE FROM gh_task_key WHERE application_id = ? AND task_no = ?",
            row.applicationId(),
            row.taskNo());
      }
    }
  }

  private List<Settled> settleOthers(Map<Long, Settlement> settlements) {
    TaskChanges changes = new TaskChanges(nowMillis);
    List<Settlement.Forget> forgotten = new ArrayList<>();
    for (LockedTask task : sql.lock(handle, node, settlements.keySet(), ifLocked)) {
      Settlement settlement = requireNonNull(settlements.get(task.id()));
      if (settlement.fence() != task.fence()) {
        continue;
      }
      if (settlement instanceof Settlement.Forget forget && !task.cancelRequested()) {
        forgotten.add(forget);
      } else {
        settle(changes, task, settlement);
      }
    }
    List<Settled> settled = new ArrayList<>(changes.write(handle, sql));
    for (Settlement.Forget forget : forgotten) {
      handle.execute("DELETE FROM gh_task WHERE id = ?", forget.id());
      settled.add(finished(forget.id()));
    }
    deleteNumbers(forgotten);
    sql.deleteAttempts(handle, forgotten);
    return settled;
  }

  private static void settle(TaskChanges changes, LockedTask held, Settlement settlement) {
    Attempt attempt = settlement.attempt();
    LockedTask task = attempt == null ? held.unbegun() : held;
    if (task.cancelRequested() || settlement instanceof Settlement.Cancel) {
      changes.end(task, attempt, TaskStatus.CANCELLED, null);
    } else if (settlement instanceof Settlement.Retry retry) {
      changes.ready(task, attempt, retry.dueMillis());
    } else if (settlement instanceof Settlement.Release release) {
      changes.ready(task, null, release.dueMillis());
    } else if (settlement instanceof Settlement.Interrupt interrupt) {
      changes.ready(task.unbegun(), attempt, interrupt.dueMillis());
    } else if (settlement instanceof Settlement.Park) {
      changes.park(task);
    } else if (settlement instanceof Settlement.Fail) {
      changes.end(task, attempt, TaskStatus.FAILED, null);
    } else {
      String result = settlement instanceof Settlement.Finish finish ? finish.result() : null;
      changes.end(task, attempt, TaskStatus.FINISHED, result);
    }
  }

  /** Frees what lost nodes held. */
  static List<Settled> recover(
      TaskSql sql, Handle handle, List<LockedTask> held, int maxCrashes, long nowMillis) {
    TaskChanges changes = new TaskChanges(nowMillis);
    for (LockedTask task : held) {
      if (task.mayHaveBegun()) {
        recover(changes, task.crashed(), maxCrashes, nowMillis);
      } else if (task.cancelRequested()) {
        changes.end(task.unbegun(), null, TaskStatus.CANCELLED, null);
      } else {
        changes.ready(task.unbegun(), null, task.dueMillis());
      }
    }
    return changes.write(handle, sql);
  }

  private static void recover(
      TaskChanges changes, LockedTask task, int maxCrashes, long nowMillis) {
    Instant now = Instant.ofEpochMilli(nowMillis);
    Attempt attempt =
        new Attempt(
            Math.max(1, task.attempt()), // Whatever somebody else has written there.
            Math.max(1, task.fence()),
            now,
            now,
            Attempt.Outcome.CRASHED,
            null,
            "the node that ran it was lost");
    if (task.cancelRequested()) {
      changes.end(task, attempt, TaskStatus.CANCELLED, null);
    } else if (task.crashes() > maxCrashes) {
      changes.end(task, attempt, TaskStatus.FAILED, null);
    } else {
      changes.ready(task, attempt, task.dueMillis());
    }
  }
}
