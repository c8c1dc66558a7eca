package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Inserts tasks, and finds who has the numbers that are taken. One task by itself needs no
 * transaction where its number can be taken by the same statement. Immutable.
 */
final class JdbcTaskInsertion {
  private final Database database;
  private final int node;

  /**
   * An insertion.
   *
   * @param node that leases the tasks at once; 0: they are ready
   */
  JdbcTaskInsertion(Database database, int node) {
    this.database = database;
    this.node = node;
  }

  /** As {@link dev.gatehouse.scheduler.TaskStore#insert}. */
  List<Long> insert(List<TaskRow> rows) {
    return rows.size() == 1 && isInsertedAlone(rows.get(0))
        ? List.of(rows.get(0).id())
        : database.use(handle -> insert(handle, rows));
  }

  private TaskSql sql() {
    return database.dialect().tasks();
  }

  /** Not if there is a transaction, nor if a key of its own is taken, which one must look into. */
  private boolean isInsertedAlone(TaskRow row) {
    TaskSql.Alone alone = database.isJoined() ? null : sql().insertAlone(node, row);
    return alone != null && database.insertAlone(alone.sql(), alone.insertion());
  }

  private List<Long> insert(Handle handle, List<TaskRow> rows) {
    Set<Long> inserted = new HashSet<>(sql().insert(handle, node, rows));
    if (inserted.size() == rows.size()) {
      return rows.stream().map(TaskRow::id).toList();
    }
    List<Long> ids = new ArrayList<>();
    for (TaskRow row : rows) {
      ids.add(inserted.contains(row.id()) ? row.id() : owner(handle, row));
    }
    return ids;
  }

  /** Who has the row's number; the row itself in case that was given up meanwhile. */
  private long owner(Handle handle, TaskRow row) {
    TaskNumber number = TaskNumber.of(row).orElseThrow();
    for (int tries = 0; tries < TaskNumbers.TRIES; tries++) {
      Optional<Long> owner = TaskNumbers.findLatest(handle, database.dialect(), number);
      if (owner.isPresent()) {
        return owner.get();
      }
      if (!sql().insert(handle, node, List.of(row)).isEmpty()) {
        return row.id();
      }
    }
    throw TaskNumbers.restless();
  }
}
