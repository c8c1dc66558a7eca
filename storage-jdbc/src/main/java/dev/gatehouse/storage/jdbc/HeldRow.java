package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.LeasedTask;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** A task that a node holds, and when it is due. Immutable. */
record HeldRow(LeasedTask task, long due) {
  private static final Comparator<HeldRow> EARLIEST =
      Comparator.comparingLong(HeldRow::due).thenComparing(held -> held.task().id());

  /** Reads one row: the task, then its due time in the fourth column. */
  static HeldRow of(ResultSet row) throws SQLException {
    return new HeldRow(TaskRows.leased(row), row.getLong(4));
  }

  /** The tasks that are due first, of several lanes that were asked one by one. */
  static List<LeasedTask> earliest(Collection<HeldRow> held, int limit) {
    return held.stream().sorted(EARLIEST).limit(limit).map(HeldRow::task).toList();
  }
}
