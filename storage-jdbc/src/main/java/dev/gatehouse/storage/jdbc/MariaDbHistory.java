package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** The statements for MariaDB and MySQL by which tasks come into the history and leave it. */
final class MariaDbHistory {
  private static final String PURGED =
      "SELECT id, application_id, task_no FROM gh_task_done FORCE INDEX (gh_task_done_ended)"
          + " WHERE status = ? AND ended_ms < ?"
          + " ORDER BY ended_ms, id LIMIT ? FOR UPDATE SKIP LOCKED";

  private static final String PURGE_ATTEMPTS =
      "DELETE a FROM gh_task_done d FORCE INDEX (PRIMARY) STRAIGHT_JOIN gh_task_attempt a"
          + " ON a.task_id = d.id WHERE ";

  private static final String COPY_FIRST =
      "SELECT ? AS status, ? AS attempt, ? AS ended_ms, ? AS outcome, ? AS started_ms,"
          + " ? AS attempt_ended_ms, ? AS http_status, ? AS error, ? AS result, ? AS id,"
          + " ? AS fence";

  private static final String COPY_NEXT = "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

  private static final String COPY_ENDED =
      EndedTask.COPY
          + "s.status, s.attempt, s.ended_ms, s.outcome, s.started_ms, s.attempt_ended_ms,"
          + " s.http_status, s.error, s.result, t.id, t.due_ms, t.fence, "
          + TaskRows.WHAT
          + " FROM (%s) s STRAIGHT_JOIN gh_task t FORCE INDEX (PRIMARY)"
          + " ON t.id = s.id AND t.fence = s.fence";

  private static final int MOST_ENDED = 200;

  /** Of results; each takes three bytes at most, and twice that in a statement's text. */
  private static final long MOST_CHARS = 128 << 10;

  private MariaDbHistory() {}

  /**
   * Copies ended tasks to the history, in one statement for many: the driver's batches, which it
   * hands over whole, take no {@code INSERT ... SELECT}.
   */
  static void copy(Handle handle, long nowMillis, List<EndedTask> ended) {
    int from = 0;
    while (from < ended.size()) {
      int to = from;
      long chars = 0;
      while (to < ended.size() && to - from < MOST_ENDED && chars <= MOST_CHARS) {
        String result = ended.get(to++).result();
        chars += result == null ? 0 : result.length();
      }
      copyPart(handle, nowMillis, ended.subList(from, to));
      from = to;
    }
  }

  private static void copyPart(Handle handle, long nowMillis, List<EndedTask> ended) {
    String values = COPY_FIRST + (" UNION ALL " + COPY_NEXT).repeat(ended.size() - 1);
    Sql.use(
        handle,
        COPY_ENDED.formatted(values),
        copy -> {
          int next = 1;
          for (EndedTask one : ended) {
            next = one.bind(copy, next, nowMillis);
            copy.setLong(next++, one.task().id());
            copy.setLong(next++, one.task().fence());
          }
          return copy.executeUpdate();
        });
  }

  /** Deletes the rows whose column has one of the ids. */
  static void delete(Handle handle, String sql, String column, List<Long> ids) {
    for (AnyOf some : AnyOf.of(Dialect.MARIADB, "bigint", ids)) {
      Sql.use(
          handle,
          sql + some.in(column),
          statement -> {
            some.set(statement, 1);
            return statement.executeUpdate();
          });
    }
  }

  static int purge(Handle handle, Dialect dialect, TaskStatus status, long endedBefore, int limit) {
    List<TaskNumber> numbers = new ArrayList<>();
    List<Long> ids =
        Sql.use(
            handle,
            PURGED,
            query -> {
              query.setInt(1, status.code());
              query.setLong(2, endedBefore);
              query.setInt(3, limit);
              return Sql.rows(
                  query,
                  row -> {
                    String taskNo = row.getString(3);
                    if (taskNo != null) {
                      numbers.add(new TaskNumber(row.getLong(2), taskNo));
                    }
                    return row.getLong(1);
                  });
            });
    TaskNumbers.forget(handle, numbers);
    if (dialect == Dialect.MYSQL) {
      delete(handle, dialect.deleteByKey("gh_task_attempt"), "task_id", ids);
    } else {
      delete(handle, PURGE_ATTEMPTS, "d.id", ids);
    }
    delete(handle, dialect.deleteByKey("gh_task_done"), "id", ids);
    return ids.size();
  }
}
