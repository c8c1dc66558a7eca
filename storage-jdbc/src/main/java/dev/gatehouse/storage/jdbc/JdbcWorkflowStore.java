package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.scheduler.WorkflowWork;
import dev.gatehouse.transaction.Transaction;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The WorkflowStore of a {@link JdbcStorage}. */
final class JdbcWorkflowStore implements WorkflowStore {
  private static final String INSERT =
      "INSERT INTO gh_workflow(id, application_id, name, status, created_ms, ended_ms)"
          + " VALUES (?, ?, ?, ?, ?, ?)";
  private static final String ROW = "SELECT id, application_id, name, status, created_ms, ended_ms";
  private static final String BY_ID = " FROM gh_workflow WHERE id = ?";
  private static final String CHANGE =
      "UPDATE gh_workflow SET status = ?, ended_ms = ? WHERE id = ?";
  private static final String CHANGE_STEP =
      "UPDATE gh_workflow_node SET state = ?, ended_ms = ? WHERE workflow_id = ? AND number = ?";
  private static final String KEEP_RESULT =
      "UPDATE gh_workflow_work SET result = ? WHERE workflow_id = ? AND task_id = ?";
  private static final String REPORT =
      "INSERT INTO gh_workflow_report(workflow_id, id, task_id, status, result)"
          + " VALUES (?, ?, ?, ?, ?)";
  private static final String REPORTS =
      "SELECT workflow_id, id, task_id, status, result FROM gh_workflow_report"
          + " WHERE workflow_id = ? ORDER BY id LIMIT ?";

  /** The statuses as literals, so that a partial index can serve. */
  private static final String OPEN =
      "SELECT workflow_id FROM gh_workflow_report WHERE workflow_id > ?"
          + " UNION SELECT id FROM gh_workflow WHERE status IN (5, 6) AND id > ?"
          + " ORDER BY 1 LIMIT ?";

  private static final String ENDED =
      "SELECT id FROM gh_workflow WHERE ended_ms < ? AND status IN (2, 3, 4) ORDER BY ended_ms, id"
          + " LIMIT ?";

  private final Database database;

  JdbcWorkflowStore(Database database) {
    this.database = database;
  }

  @Override
  public WorkflowStore joining(Transaction transaction) {
    return new JdbcWorkflowStore(database.joining(transaction));
  }

  @Override
  public void insert(WorkflowRow workflow, List<WorkflowStep> steps, List<WorkflowWork> work) {
    Check.range(steps.size(), 1, MAX_WORKFLOWS, "number of steps");
    Check.range(work.size(), steps.size(), steps.size(), "number of works");
    use(
        handle -> {
          handle.execute(
              INSERT,
              workflow.id(),
              workflow.applicationId(),
              workflow.name(),
              workflow.status().code(),
              workflow.createdMillis(),
              WorkflowRows.ended(workflow.endedMillis()));
          WorkflowRows.insertSteps(handle, workflow.id(), steps);
          WorkflowRows.insertWork(handle, work);
        });
  }

  private void use(Consumer<Handle> statements) {
    database.<@Nullable Object>use(
        handle -> {
          statements.accept(handle);
          return null;
        });
  }

  @Override
  public Optional<WorkflowRow> find(OptionalLong applicationId, long id) {
    return database
        .use(handle -> find(handle, ROW + BY_ID, id))
        .filter(row -> applicationId.orElse(row.applicationId()) == row.applicationId());
  }

  @Override
  public Optional<WorkflowRow> tryLock(long id) {
    String lock = ROW + database.dialect().endedIfIdle() + BY_ID + " FOR UPDATE SKIP LOCKED";
    return database.use(handle -> find(handle, lock, id));
  }

  private static Optional<WorkflowRow> find(Handle handle, String sql, long id) {
    return handle
        .createQuery(sql)
        .bind(0, id)
        .map((results, context) -> WorkflowRows.row(results))
        .findOne();
  }

  @Override
  public List<WorkflowStep> steps(long workflowId) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT "
                        + WorkflowRows.STEP
                        + " FROM gh_workflow_node WHERE workflow_id = ? ORDER BY number")
                .bind(0, workflowId)
                .map((results, context) -> WorkflowRows.step(results))
                .list());
  }

  @Override
  public List<WorkflowWork> work(long workflowId, Collection<Long> taskIds) {
    Check.range(taskIds.size(), 1, MAX_WORKFLOWS, "number of ids");
    return database.use(
        handle -> {
          Query query =
              handle
                  .createQuery(
                      "SELECT "
                          + WorkflowRows.WORK
                          + " FROM gh_workflow_work WHERE workflow_id = :workflow"
                          + " AND task_id IN (<ids>) ORDER BY task_id")
                  .bind("workflow", workflowId)
                  .bindList("ids", List.copyOf(taskIds));
          return query.map((results, context) -> WorkflowRows.work(results)).list();
        });
  }

  @Override
  public void change(WorkflowRow workflow, List<WorkflowStep> steps) {
    Check.range(steps.size(), 0, MAX_WORKFLOWS, "number of steps");
    use(
        handle -> {
          handle.execute(
              CHANGE,
              workflow.status().code(),
              WorkflowRows.ended(workflow.endedMillis()),
              workflow.id());
          execute(
              handle.prepareBatch(CHANGE_STEP),
              steps,
              (batch, step) ->
                  batch
                      .bind(0, step.state().code())
                      .bind(1, WorkflowRows.ended(step.endedMillis()))
                      .bind(2, workflow.id())
                      .bind(3, step.number()));
        });
  }

  /** How a row binds to a batch's statement. */
  private interface Binding<T> {
    void bind(PreparedBatch batch, T row);
  }

  private static <T> void execute(PreparedBatch batch, List<T> rows, Binding<T> binding) {
    try (batch) {
      for (T row : rows) {
        binding.bind(batch, row);
        batch.add();
      }
      if (!rows.isEmpty()) {
        batch.execute();
      }
    }
  }

  @Override
  public void keepResults(List<WorkflowReport> reports) {
    Check.range(reports.size(), 0, MAX_BATCH, "number of results");
    List<WorkflowReport> kept = reports.stream().filter(one -> one.result() != null).toList();
    if (kept.isEmpty()) {
      return;
    }
    use(
        handle ->
            execute(
                handle.prepareBatch(KEEP_RESULT),
                kept,
                (batch, report) ->
                    batch
                        .bind(0, TaskRows.bytes(report.result()))
                        .bind(1, report.workflowId())
                        .bind(2, report.taskId())));
  }

  @Override
  public Optional<String> result(long workflowId, long taskId) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT result FROM gh_workflow_work WHERE workflow_id = ? AND task_id = ?"
                        + " AND result IS NOT NULL")
                .bind(0, workflowId)
                .bind(1, taskId)
                .map((results, context) -> requireNonNull(TaskRows.text(results.getBytes(1))))
                .findOne());
  }

  @Override
  public void report(List<WorkflowReport> reports) {
    Check.range(reports.size(), 1, MAX_BATCH, "number of reports");
    use(
        handle ->
            execute(
                handle.prepareBatch(REPORT),
                reports,
                (batch, report) ->
                    batch
                        .bind(0, report.workflowId())
                        .bind(1, report.id())
                        .bind(2, report.taskId())
                        .bind(3, report.status().code())
                        .bind(4, TaskRows.bytes(report.result()))));
  }

  @Override
  public List<WorkflowReport> take(long workflowId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return database.use(
        handle -> {
          List<WorkflowReport> reports =
              handle
                  .createQuery(REPORTS)
                  .bind(0, workflowId)
                  .bind(1, limit)
                  .map((results, context) -> WorkflowRows.report(results))
                  .list();
          take(handle, database.dialect(), workflowId, reports);
          return reports;
        });
  }

  /** Those that were read, not all up to some id: one of a lower id may be committed meanwhile. */
  private static void take(
      Handle handle, Dialect dialect, long workflowId, List<WorkflowReport> reports) {
    int taken = 0;
    for (AnyOf some :
        AnyOf.of(dialect, "bigint", reports.stream().map(WorkflowReport::id).toList())) {
      taken +=
          Sql.use(
              handle,
              dialect.deleteByKey("gh_workflow_report") + "workflow_id = ? AND " + some.in("id"),
              delete -> {
                delete.setLong(1, workflowId);
                some.set(delete, 2);
                return delete.executeUpdate();
              });
    }
    if (taken < reports.size()) {
      throw new StorageException("a report was taken by another: the workflow was not locked");
    }
  }

  @Override
  public List<Long> open(long afterId, int limit) {
    Check.range(limit, 1, MAX_WORKFLOWS, "limit");
    return database.use(
        handle ->
            handle
                .createQuery(OPEN)
                .bind(0, afterId)
                .bind(1, afterId)
                .bind(2, limit)
                .mapTo(Long.class)
                .list());
  }

  @Override
  public int purge(long endedBeforeMillis, int limit) {
    Check.range(limit, 1, MAX_WORKFLOWS, "limit");
    return database.use(
        handle -> {
          List<Long> ids =
              handle
                  .createQuery(ENDED)
                  .bind(0, endedBeforeMillis)
                  .bind(1, limit)
                  .mapTo(Long.class)
                  .list();
          int purged = 0;
          for (long id : ids) {
            purged += purge(handle, id);
          }
          return purged;
        });
  }

  private static int purge(Handle handle, long id) {
    int deleted = handle.execute("DELETE FROM gh_workflow WHERE id = ?", id);
    if (deleted > 0) {
      handle.execute("DELETE FROM gh_workflow_node WHERE workflow_id = ?", id);
      handle.execute("DELETE FROM gh_workflow_work WHERE workflow_id = ?", id);
    }
    return deleted;
  }
}
