package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskStatus;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The statement for PostgreSQL by which tasks leave the history. */
final class PostgresHistory {
  private static final String PURGE =
      "WITH old AS (DELETE FROM gh_task_done WHERE id = ANY(ARRAY(SELECT id FROM gh_task_done"
          + " WHERE status = ? AND ended_ms < ? ORDER BY ended_ms, id LIMIT ?"
          + " FOR UPDATE SKIP LOCKED))"
          + " RETURNING id, fence, outcome, application_id, task_no),"
          + " a AS (DELETE FROM gh_task_attempt WHERE task_id = ANY(ARRAY(SELECT id FROM old"
          + " WHERE fence > 1 OR outcome IS NULL)))"
          + " SELECT application_id, task_no FROM old";

  private PostgresHistory() {}

  /** See {@link TaskSql#purge}. */
  static int purge(Handle handle, TaskStatus status, long endedBefore, int limit) {
    List<Optional<TaskNumber>> purged =
        Sql.use(
            handle,
            PURGE,
            query -> {
              query.setShort(1, (short) status.code());
              query.setLong(2, endedBefore);
              query.setInt(3, limit);
              return Sql.rows(
                  query,
                  row -> {
                    long application = row.getLong(1);
                    return Optional.ofNullable(row.getString(2))
                        .map(number -> new TaskNumber(application, number));
                  });
            });
    TaskNumbers.forget(handle, purged.stream().flatMap(Optional::stream).toList());
    return purged.size();
  }
}
