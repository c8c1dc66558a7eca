package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.IfFailed;
import dev.gatehouse.scheduler.NodeState;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowWork;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** Rows of the tables of workflows, and what they become. */
final class WorkflowRows {
  /** The columns of {@link #step}. */
  static final String STEP =
      "workflow_id, number, task_id, name, after_nodes, if_failed, state, ended_ms";

  /** The columns of {@link #work}. */
  static final String WORK =
      "workflow_id, task_id, delay_ms, application_id, kind, name, payload, timeout_ms, retry,"
          + " created_ms, runtime_ms, priority, limit_key, key_limit";

  private static final String INSERT_STEP =
      "INSERT INTO gh_workflow_node(" + STEP + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String INSERT_WORK =
      "INSERT INTO gh_workflow_work("
          + WORK
          + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private WorkflowRows() {}

  /** A time as it is stored: null for none. */
  static @Nullable Long ended(long millis) {
    return millis == 0 ? null : (Long) millis;
  }

  static void insertSteps(Handle handle, long workflowId, List<WorkflowStep> steps) {
    try (PreparedBatch batch = handle.prepareBatch(INSERT_STEP)) {
      for (WorkflowStep step : steps) {
        String after = step.after().stream().map(String::valueOf).collect(Collectors.joining(","));
        batch
            .bind(0, workflowId)
            .bind(1, step.number())
            .bind(2, step.taskId())
            .bind(3, step.name())
            .bind(4, after)
            .bind(5, step.ifFailed().code())
            .bind(6, step.state().code())
            .bind(7, ended(step.endedMillis()))
            .add();
      }
      batch.execute();
    }
  }

  static void insertWork(Handle handle, List<WorkflowWork> work) {
    try (PreparedBatch batch = handle.prepareBatch(INSERT_WORK)) {
      for (WorkflowWork one : work) {
        TaskRow task = one.task();
        batch
            .bind(0, task.workflowId())
            .bind(1, task.id())
            .bind(2, one.delayMillis())
            .bind(3, task.applicationId())
            .bind(4, task.kind())
            .bind(5, task.name())
            .bind(6, TaskRows.bytes(task.content()))
            .bind(7, task.timeoutMillis())
            .bind(8, task.retry())
            .bind(9, task.createdMillis())
            .bind(10, task.runtimeMillis())
            .bind(11, task.priority().code())
            .bind(12, task.key())
            .bind(13, task.key() == null ? null : (Integer) task.keyLimit())
            .add();
      }
      batch.execute();
    }
  }

  static WorkflowRow row(ResultSet results) throws SQLException {
    long id = results.getLong("id");
    try {
      return new WorkflowRow(
          id,
          results.getLong("application_id"),
          results.getString("name"),
          WorkflowStatus.of(results.getInt("status")),
          results.getLong("created_ms"),
          results.getLong("ended_ms"));
    } catch (IllegalArgumentException e) {
      throw unknown(id, e);
    }
  }

  static WorkflowStep step(ResultSet results) throws SQLException {
    String after = results.getString(5);
    try {
      return new WorkflowStep(
          results.getInt(2),
          results.getLong(3),
          results.getString(4),
          after.isEmpty()
              ? List.of()
              : Arrays.stream(after.split(",", -1)).map(Integer::valueOf).toList(),
          IfFailed.of(results.getInt(6)),
          NodeState.of(results.getInt(7)),
          results.getLong(8));
    } catch (IllegalArgumentException e) {
      throw unknown(results.getLong(1), e);
    }
  }

  static WorkflowWork work(ResultSet results) throws SQLException {
    long id = results.getLong(1);
    try {
      return new WorkflowWork(
          new TaskRow(
              results.getLong(2),
              results.getLong(4),
              results.getString(5),
              null,
              results.getString(6),
              requireNonNull(TaskRows.text(results.getBytes(7))),
              results.getInt(8),
              results.getString(9),
              results.getLong(10),
              results.getLong(11),
              Priority.of(results.getInt(12)),
              results.getString(13),
              results.getInt(14),
              id),
          results.getLong(3));
    } catch (IllegalArgumentException e) {
      throw unknown(id, e);
    }
  }

  static WorkflowReport report(ResultSet results) throws SQLException {
    long id = results.getLong(1);
    try {
      return new WorkflowReport(
          results.getLong(2),
          id,
          results.getLong(3),
          TaskRows.status(results.getInt(4)),
          TaskRows.text(results.getBytes(5)));
    } catch (IllegalArgumentException e) {
      throw unknown(id, e);
    }
  }

  private static StorageException unknown(long id, IllegalArgumentException e) {
    return new StorageException("workflow " + id + " is stored in no known form", e);
  }
}
