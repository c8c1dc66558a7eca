package dev.gatehouse.storage.jdbc;

import dev.gatehouse.scheduler.TaskRow;
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
}
