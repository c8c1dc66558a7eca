package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.CountedTasks;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.TaskStatus;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;

/** Counts tasks that no claim looks at, by their indexes and no further than asked. */
final class TaskTally {
  /** The lane of what waits until it is resumed. */
  private static final int PAUSED = -1;

  private static final String SOME =
      "(SELECT COUNT(*) FROM (SELECT 1 AS one FROM %s WHERE %s = %d LIMIT ?) x)";

  private static final String PAGES =
      "SELECT COUNT(*), COALESCE(SUM(x.size), 0) FROM"
          + " (SELECT size FROM gh_task_page LIMIT ?) x";

  private static final String COUNT =
      "SELECT "
          + String.join(
              ", ",
              SOME.formatted("gh_task", "lane", PAUSED),
              SOME.formatted("gh_task", "lane", TaskChanges.PARKED),
              done(TaskStatus.FAILED),
              done(TaskStatus.CANCELLED),
              done(TaskStatus.FINISHED));

  private TaskTally() {}

  private static String done(TaskStatus status) {
    return SOME.formatted("gh_task_done", "status", status.code());
  }

  static OtherCounts count(Handle handle, int limit) {
    CountedTasks paged =
        Sql.use(
            handle,
            PAGES,
            query -> {
              query.setInt(1, limit);
              return Sql.rows(
                      query, row -> new CountedTasks(row.getLong(2), row.getLong(1) < limit))
                  .get(0);
            });
    return Sql.use(
        handle,
        COUNT,
        query -> {
          for (int parameter = 1; parameter <= 5; parameter++) {
            query.setInt(parameter, limit);
          }
          return Sql.rows(query, row -> counts(row::getLong, limit, paged)).get(0);
        });
  }

  /** A number by its column. */
  private interface Column {
    long number(int index) throws SQLException;
  }

  private static OtherCounts counts(Column column, int limit, CountedTasks paged)
      throws SQLException {
    CountedTasks rows = counted(column.number(5), limit);
    return new OtherCounts(
        counted(column.number(1), limit),
        counted(column.number(2), limit),
        counted(column.number(3), limit),
        counted(column.number(4), limit),
        new CountedTasks(rows.number() + paged.number(), rows.complete() && paged.complete()));
  }

  private static CountedTasks counted(long number, int limit) {
    return new CountedTasks(number, number < limit);
  }
}
