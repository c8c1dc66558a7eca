package dev.gatehouse.storage.jdbc;

import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** What the database keeps of tasks that finished, read past the store: whatever is there twice. */
final class FinishedTasks {
  private FinishedTasks() {}

  record Done(long id, long fence, @Nullable String result) {}

  static List<Done> all(Jdbi jdbi) {
    return jdbi.withHandle(
        handle -> {
          List<Done> all = new ArrayList<>();
          handle
              .createQuery("SELECT id, fence, result FROM gh_task_done WHERE status = 2")
              .map(
                  (row, context) ->
                      new Done(row.getLong(1), row.getLong(2), TaskRows.text(row.getBytes(3))))
              .forEach(all::add);
          handle
              .createQuery("SELECT ids, tasks FROM gh_task_page")
              .map((row, context) -> FinishedPage.unpack(row.getBytes(1), row.getBytes(2)))
              .forEach(
                  page ->
                      page.tasks()
                          .forEach(task -> all.add(new Done(task.row().id(), 1, task.result()))));
          return all;
        });
  }

  static List<Long> ids(Jdbi jdbi) {
    return all(jdbi).stream().map(Done::id).toList();
  }
}
