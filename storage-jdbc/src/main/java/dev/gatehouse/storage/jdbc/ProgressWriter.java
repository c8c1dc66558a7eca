package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Writes how far handlers have come. Not safe: confine to one transaction. */
final class ProgressWriter {
  private static final String PROGRESS =
      "UPDATE gh_task SET percent = ?, note = ? WHERE id = ? AND fence = ? AND state = 1";

  private final TaskSql sql;
  private final Handle handle;

  ProgressWriter(TaskSql sql, Handle handle) {
    this.sql = sql;
    this.handle = handle;
  }

  /** Writes what it can; returns the tasks that others have locked. */
  Collection<Long> write(int node, List<ProgressReport> reports) {
    Map<Long, ProgressReport> byId = new TreeMap<>();
    reports.forEach(report -> byId.put(report.id(), report));
    PreparedBatch batch = handle.prepareBatch(PROGRESS);
    Set<Long> passedOver = new HashSet<>(byId.keySet());
    for (LockedTask task : sql.lock(handle, node, byId.keySet(), IfLocked.PASS_OVER)) {
      passedOver.remove(task.id());
      ProgressReport report = requireNonNull(byId.get(task.id()));
      batch
          .bind(0, report.progress().percent())
          .bind(1, report.progress().note())
          .bind(2, report.id())
          .bind(3, report.fence())
          .add();
    }
    if (batch.size() > 0) {
      batch.execute();
    }
    return passedOver.isEmpty()
        ? passedOver
        : sql.leased(handle, node, passedOver).stream().map(LeasedTask::id).toList();
  }
}
