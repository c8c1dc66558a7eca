package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.TaskRow;
import java.sql.BatchUpdateException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Numbers of tasks, and how they are taken in H2; the first that takes one keeps it. */
final class TaskNumbers {
  static final int TRIES = 5;

  /** Fails with 23505 if the number is taken. */
  static final String TAKE =
      "INSERT INTO gh_task_key(application_id, task_no, task_id) VALUES (?, ?, ?)";

  private static final String FIND =
      "SELECT task_id FROM gh_task_key WHERE application_id = ? AND task_no = ?";

  private final Handle handle;

  TaskNumbers(Handle handle) {
    this.handle = handle;
  }

  /** Takes the number for the task, and answers who has it now, for each that has a number. */
  Map<TaskNumber, Long> take(List<TaskRow> rows) {
    Map<TaskNumber, Long> wanted = new HashMap<>();
    for (TaskRow row : rows) {
      TaskNumber.of(row).ifPresent(number -> wanted.putIfAbsent(number, row.id()));
    }
    Map<TaskNumber, Long> owners = new HashMap<>();
    List<TaskNumber> open = new ArrayList<>(wanted.keySet());
    open.sort(TaskNumber.ORDER);
    for (int tries = 0; tries < TRIES && !open.isEmpty(); tries++) {
      int[] counts = insert(open, wanted);
      List<TaskNumber> unsettled = new ArrayList<>();
      for (int i = 0; i < open.size(); i++) {
        TaskNumber number = open.get(i);
        Optional<Long> owner =
            i < counts.length && counts[i] == 1
                ? Optional.ofNullable(wanted.get(number))
                : find(handle, number);
        owner.ifPresentOrElse(id -> owners.put(number, id), () -> unsettled.add(number));
      }
      open = unsettled;
    }
    if (!open.isEmpty()) {
      throw restless();
    }
    return owners;
  }

  static StorageException restless() {
    return new StorageException(
        "task number was taken and given up by others " + TRIES + " times in a row");
  }

  /** The task that has the number. */
  static Optional<Long> find(Handle handle, TaskNumber number) {
    return find(handle, FIND, number);
  }

  /** The task that has the number by now, whenever the transaction began. */
  static Optional<Long> findLatest(Handle handle, Dialect dialect, TaskNumber number) {
    return find(handle, FIND + dialect.latest(), number);
  }

  /** Locks the number, if there is such; false if another has locked it. */
  static boolean tryLock(Handle handle, TaskNumber number) {
    return find(handle, FIND + " FOR UPDATE SKIP LOCKED", number).isPresent()
        || find(handle, number).isEmpty();
  }

  private static Optional<Long> find(Handle handle, String sql, TaskNumber number) {
    return handle
        .createQuery(sql)
        .bind(0, number.applicationId())
        .bind(1, number.taskNo())
        .mapTo(Long.class)
        .findOne();
  }

  /** Gives numbers up, in the order in which they are taken. */
  static void forget(Handle handle, Collection<TaskNumber> numbers) {
    if (numbers.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch("DELETE FROM gh_task_key WHERE application_id = ? AND task_no = ?");
    numbers.stream()
        .sorted(TaskNumber.ORDER)
        .forEach(number -> batch.add(number.applicationId(), number.taskNo()));
    batch.execute();
  }

  private int[] insert(List<TaskNumber> numbers, Map<TaskNumber, Long> wanted) {
    try {
      return Sql.use(
          handle,
          TAKE,
          take -> {
            for (TaskNumber number : numbers) {
              number.bind(take, 1, requireNonNull(wanted.get(number)));
              take.addBatch();
            }
            return take.executeBatch();
          });
    } catch (JdbiException e) {
      if (e.getCause() instanceof BatchUpdateException failed && Thrown.isDuplicate(failed)) {
        return failed.getUpdateCounts();
      }
      throw e;
    }
  }
}
