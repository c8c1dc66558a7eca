package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * The finished tasks of {@code gh_task_page}: many to a row, so that what finishes together costs a
 * row and its index entries once. Only small tasks that finished with their first attempt are kept
 * so, and only where enough of them were scheduled shortly one after the other: since ids tell
 * when, the pages that may hold an id begin within a quarter of a second before it, and looking at
 * their ids is how a task is found. All others are in {@code gh_task_done}, and so is one from when
 * it is to be changed. Its fence grows with that, so that it never comes back: no two pages have
 * the same first id.
 */
final class FinishedPages {
  /** Fewer are no gain over rows. */
  private static final int LEAST = 16;

  private static final int MOST = 1_000;
  private static final int MOST_CHARS = 128 << 10;

  /** Most characters of a task's content and result; each takes three bytes at most. */
  private static final int SMALL = 4 << 10;

  /** By how much the ids of tasks differ that were scheduled a millisecond apart. */
  static final long MILLISECOND = 1L << 22;

  /** Farthest from one id of a page to the next. */
  private static final long NEAR = 8 * MILLISECOND;

  /** Farthest from the first id of a page to its last: pages that span an id begin within it. */
  private static final long SPAN = 256 * MILLISECOND;

  private static final String INSERT =
      "INSERT INTO gh_task_page(first_id, last_id, ended_ms, size, numbered, ids, tasks)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?)";

  private static final String SPANNING =
      "SELECT first_id, ids FROM gh_task_page WHERE first_id BETWEEN ? AND ? AND last_id >= ?"
          + " ORDER BY first_id DESC";

  private static final String PAGE =
      "SELECT ended_ms, ids, tasks FROM gh_task_page WHERE first_id = ?";

  private static final String REPLACE =
      "UPDATE gh_task_page SET size = ?, numbered = ?, ids = ?, tasks = ? WHERE first_id = ?";

  private static final String DELETE = "DELETE FROM gh_task_page WHERE first_id = ?";

  private static final String OLD =
      "SELECT first_id, size, numbered FROM gh_task_page WHERE ended_ms < ?"
          + " ORDER BY ended_ms, first_id LIMIT ? FOR UPDATE SKIP LOCKED";

  private final Handle handle;

  FinishedPages(Handle handle) {
    this.handle = handle;
  }

  /**
   * A task and the page that it was found on.
   *
   * @param first the id under which the page is kept: its first, until that was taken from it
   * @param page as it was then
   */
  record Found(long first, FinishedPage page, long recordedMillis, FinishedTask task) {
    TaskState state() {
      return task.state(recordedMillis);
    }
  }

  /**
   * Where finished tasks are to be kept.
   *
   * @param pages those that make a page each
   * @param rows those that need a row of their own
   */
  record Places(List<List<Settlement.Finish>> pages, List<Settlement.Finish> rows) {
    private void add(List<Settlement.Finish> near) {
      if (near.size() < LEAST) {
        rows.addAll(near);
      } else {
        pages.add(near);
      }
    }
  }

  /**
   * Where they are to be kept.
   *
   * @param ordered by id
   */
  static Places places(List<Settlement.Finish> ordered) {
    Places places = new Places(new ArrayList<>(), new ArrayList<>());
    List<Settlement.Finish> near = new ArrayList<>();
    int chars = 0;
    for (Settlement.Finish finish : ordered) {
      int length = length(finish);
      if (!FinishedTask.isFirst(finish.attempt()) || length > SMALL) {
        places.rows().add(finish);
        continue;
      }
      boolean full = near.size() == MOST || chars + length > MOST_CHARS;
      if (full || isFar(finish.id(), near)) {
        places.add(near);
        near = new ArrayList<>();
        chars = 0;
      }
      near.add(finish);
      chars += length;
    }
    places.add(near);
    return places;
  }

  private static boolean isFar(long id, List<Settlement.Finish> near) {
    return !near.isEmpty()
        && (id - near.get(near.size() - 1).id() > NEAR || id - near.get(0).id() > SPAN);
  }

  private static int length(Settlement.Finish finish) {
    TaskRow row = finish.row();
    return row.content().length()
        + row.kind().length()
        + row.name().length()
        + length(row.taskNo())
        + length(row.key())
        + length(finish.result());
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }

  /** Keeps of each page those of these ids, which nothing else keeps any more. */
  void insert(List<List<Settlement.Finish>> pages, Set<Long> ids, long endedMillis) {
    PreparedBatch batch = handle.prepareBatch(INSERT);
    for (List<Settlement.Finish> near : pages) {
      List<FinishedTask> tasks =
          near.stream().filter(one -> ids.contains(one.id())).map(FinishedTask::of).toList();
      if (!tasks.isEmpty()) {
        FinishedPage page = new FinishedPage(tasks);
        batch.add(
            page.firstId(),
            page.lastId(),
            endedMillis,
            tasks.size(),
            page.isNumbered() ? 1 : 0,
            page.packIds(),
            page.packTasks());
      }
    }
    if (batch.size() > 0) {
      batch.execute();
    }
  }

  /** The task, if it is on a page. */
  Optional<Found> find(long id) {
    return find(id, PAGE, "");
  }

  /** The task, if it is on a page, which stays as it is until the transaction ends. */
  Optional<Found> lock(long id) {
    return find(id, PAGE + " FOR UPDATE", Sql.latest(handle));
  }

  private Optional<Found> find(long id, String page, String latest) {
    return firstIdOfPageWith(id, latest)
        .flatMap(
            first ->
                handle
                    .createQuery(page)
                    .bind(0, first)
                    .map((row, context) -> found(row, first, id))
                    .findOne())
        .flatMap(Function.identity());
  }

  private Optional<Long> firstIdOfPageWith(long id, String latest) {
    try (Stream<Optional<Long>> spanning =
        handle
            .createQuery(SPANNING + latest)
            .bind(0, id - SPAN)
            .bind(1, id)
            .bind(2, id)
            .map(
                (row, context) ->
                    FinishedPage.holds(row.getBytes(2), id)
                        ? Optional.of(row.getLong(1))
                        : Optional.<Long>empty())
            .stream()) {
      return spanning.flatMap(Optional::stream).findFirst();
    }
  }

  private static Optional<Found> found(ResultSet row, long first, long id) throws SQLException {
    FinishedPage page = page(row);
    long recordedMillis = row.getLong(1);
    return page.find(id).map(task -> new Found(first, page, recordedMillis, task));
  }

  /** Of the columns of {@link #PAGE}. */
  private static FinishedPage page(ResultSet row) throws SQLException {
    return FinishedPage.unpack(row.getBytes(2), row.getBytes(3));
  }

  /** Moves a task from the page, which this transaction has locked, to a row of its own. */
  void toRow(Found found) {
    FinishedPage page = found.page().without(found.task().row().id());
    if (page.tasks().isEmpty()) {
      handle.execute(DELETE, found.first());
    } else {
      handle.execute(
          REPLACE,
          page.tasks().size(),
          page.isNumbered() ? 1 : 0,
          page.packIds(),
          page.packTasks(),
          found.first());
    }
    FinishedRow.insert(handle, List.of(FinishedRow.of(found.task(), found.recordedMillis())));
  }

  /** Deletes pages of tasks that ended before then, and the tasks' numbers; how many tasks. */
  int purge(long endedBefore, int limit) {
    int purged = 0;
    List<OldPage> old = old(endedBefore);
    while (purged < limit && !old.isEmpty()) {
      for (OldPage page : old) {
        if (page.numbered()) {
          forgetNumbers(page.first());
        }
        handle.execute(DELETE, page.first());
        purged += page.size();
        if (purged >= limit) {
          break;
        }
      }
      old = old(endedBefore);
    }
    return purged;
  }

  private List<OldPage> old(long endedBefore) {
    return handle
        .createQuery(OLD)
        .bind(0, endedBefore)
        .bind(1, LEAST)
        .map((row, context) -> new OldPage(row.getLong(1), row.getInt(2), row.getInt(3) == 1))
        .list();
  }

  private void forgetNumbers(long first) {
    FinishedPage page =
        handle.createQuery(PAGE).bind(0, first).map((row, context) -> page(row)).one();
    TaskNumbers.forget(
        handle, page.tasks().stream().flatMap(task -> TaskNumber.of(task.row()).stream()).toList());
  }

  private record OldPage(long first, int size, boolean numbered) {}
}
