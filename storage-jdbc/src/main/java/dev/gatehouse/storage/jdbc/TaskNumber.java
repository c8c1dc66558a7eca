package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Optional;

/** A task number and the application that gave it. */
record TaskNumber(long applicationId, String taskNo) {
  /** In one order, so that two transactions cannot wait for each other's numbers. */
  static final Comparator<TaskNumber> ORDER =
      Comparator.comparingLong(TaskNumber::applicationId).thenComparing(TaskNumber::taskNo);

  static Optional<TaskNumber> of(TaskRow row) {
    return Optional.ofNullable(row.taskNo())
        .map(taskNo -> new TaskNumber(row.applicationId(), taskNo));
  }

  /** Binds it, with the task that takes it, from that argument on. */
  void bind(PreparedStatement take, int first, long taskId) throws SQLException {
    take.setLong(first, applicationId);
    take.setString(first + 1, taskNo);
    take.setLong(first + 2, taskId);
  }
}
