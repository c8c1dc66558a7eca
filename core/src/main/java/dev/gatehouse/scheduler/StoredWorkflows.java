package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Workflows over a {@link WorkflowStore}. Immutable, so safe for use by multiple threads, but for
 * those that joined a transaction.
 */
final class StoredWorkflows implements Workflows {
  private final SchedulerParts parts;
  private final TaskEngine engine;
  private final StoredTaskScheduler tasks;
  private final Advancer advancer;
  private final WorkflowEnds ends;
  private final WorkflowAudit audit;

  /**
   * The workflows of whom the tasks are.
   *
   * @param tasks checks tasks, and knows the application and the transaction
   */
  StoredWorkflows(SchedulerParts parts, TaskEngine engine, StoredTaskScheduler tasks) {
    this.parts = parts;
    this.engine = engine;
    this.tasks = tasks;
    advancer = new Advancer(parts, engine::millis, engine::dueAt);
    ends = new WorkflowEnds(parts, engine::reportedTo);
    audit = new WorkflowAudit(tasks.audit());
  }

  @Override
  public Workflows as(Application application) {
    return new StoredWorkflows(parts, engine, tasks.as(application));
  }

  @Override
  public Workflows joining(Transaction transaction) {
    return new StoredWorkflows(parts, engine, tasks.joining(transaction));
  }

  @Override
  public WorkflowId schedule(Workflow workflow) {
    engine.requireOpen();
    requireNonNull(workflow, "workflow");
    long now = tasks.now();
    WorkflowRow row =
        new WorkflowRow(
            parts.ids().getAsLong(),
            tasks.scopeId().orElse(0),
            workflow.name(),
            WorkflowStatus.RUNNING,
            now,
            0);
    List<WorkflowWork> work = workflow.nodes().stream().map(node -> work(row, node, now)).toList();
    List<WorkflowStep> steps =
        IntStream.range(0, work.size())
            .mapToObj(number -> step(workflow, number, work.get(number)))
            .toList();
    List<TaskRow> begun = new ArrayList<>();
    for (WorkflowStep step : steps) {
      if (step.state() == NodeState.BEGUN) {
        begun.add(work.get(step.number()).readyAt(now));
      }
    }
    tasks
        .transactions()
        .run(
            transaction -> {
              parts.workflows().joining(transaction).insert(row, steps, work);
              advancer.begin(transaction, begun);
            });
    return new WorkflowId(row.id());
  }

  private WorkflowWork work(WorkflowRow row, WorkflowNode node, long now) {
    return WorkflowWork.of(tasks.row(node.task(), now).withWorkflow(row.id()), node.task());
  }

  private static WorkflowStep step(Workflow workflow, int number, WorkflowWork work) {
    WorkflowNode node = workflow.nodes().get(number);
    List<Integer> after = workflow.after(number);
    return new WorkflowStep(
        number,
        work.task().id(),
        node.name(),
        after,
        node.ifFailed(),
        after.isEmpty() ? NodeState.BEGUN : NodeState.WAITING,
        0);
  }

  @Override
  public Cancellation cancel(WorkflowId id) {
    engine.requireOpen();
    requireNonNull(id, "id");
    Cancellation asked = tasks.transactions().call(transaction -> ask(transaction, id.value()));
    if (asked != Cancellation.REQUESTED || tasks.isJoined()) {
      return asked;
    }
    advancer.advance(id.value());
    TaskRequests requests =
        new TaskRequests(parts, engine, tasks.audit(), null, OptionalLong.empty());
    for (WorkflowStep step : parts.workflows().steps(id.value())) {
      if (step.state() == NodeState.BEGUN) {
        requests.cancel(new TaskId(step.taskId()));
      }
    }
    return advancer
        .advance(id.value())
        .status()
        .map(StoredWorkflows::cancellation)
        .orElse(Cancellation.NOT_FOUND);
  }

  private static Cancellation cancellation(WorkflowStatus status) {
    return switch (status) {
      case CANCELLED -> Cancellation.CANCELLED;
      case CANCELLING, RUNNING -> Cancellation.REQUESTED;
      case FINISHED, FAILED, STOPPING -> Cancellation.TOO_LATE;
    };
  }

  private Cancellation ask(Transaction transaction, long id) {
    WorkflowStore store = parts.workflows().joining(transaction);
    Optional<WorkflowRow> found = store.find(tasks.scopeId(), id);
    if (found.isEmpty()) {
      return Cancellation.NOT_FOUND;
    }
    return switch (found.get().status()) {
      case FINISHED, CANCELLED, FAILED, STOPPING -> Cancellation.TOO_LATE;
      case CANCELLING -> Cancellation.REQUESTED;
      case RUNNING -> {
        ends.toCancel(transaction, id);
        audit.toCancel(transaction, found.get());
        yield Cancellation.REQUESTED;
      }
    };
  }

  @Override
  public WorkflowDetail workflow(WorkflowId id) {
    return findWorkflow(id).orElseThrow(() -> missing(id));
  }

  @Override
  public Optional<WorkflowDetail> findWorkflow(WorkflowId id) {
    engine.requireOpen();
    requireNonNull(id, "id");
    OptionalLong scope = tasks.scopeId();
    return tasks
        .transactions()
        .call(
            transaction -> {
              WorkflowStore store = parts.workflows().joining(transaction);
              return store
                  .find(scope, id.value())
                  .map(row -> WorkflowDetail.of(row, store.steps(id.value())));
            });
  }

  @Override
  public Optional<String> resultOf(WorkflowId id, String node) {
    engine.requireOpen();
    requireNonNull(id, "id");
    requireNonNull(node, "node");
    OptionalLong scope = tasks.scopeId();
    return tasks
        .transactions()
        .call(
            transaction -> {
              WorkflowStore store = parts.workflows().joining(transaction);
              if (store.find(scope, id.value()).isEmpty()) {
                throw missing(id);
              }
              return store.result(id.value(), taskOf(store.steps(id.value()), node));
            });
  }

  private static long taskOf(List<WorkflowStep> steps, String node) {
    return steps.stream()
        .filter(step -> step.name().equals(node))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "node must be the workflow's, was '" + Check.shown(node) + "'"))
        .taskId();
  }

  private static NotFoundException missing(WorkflowId id) {
    return new NotFoundException("there is no workflow " + id);
  }
}
