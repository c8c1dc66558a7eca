package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler over a {@link TaskStore}: each call is one transaction, or part of the one it joined.
 * An application's state is what the registry says when the task is scheduled. Immutable, so safe
 * for use by multiple threads, but for those that joined a transaction.
 */
final class StoredTaskScheduler implements TaskScheduler {
  private static final int MAX_TASKS = 1_000;
  private static final int MAX_PAGE = 100;

  private final SchedulerParts parts;
  private final TaskEngine engine;
  private final TaskAudit audit;
  private final @Nullable Transaction joined;
  private final @Nullable Application scope;

  StoredTaskScheduler(SchedulerParts parts, TaskEngine engine) {
    this(parts, engine, new TaskAudit(parts.audit(), parts.options().audited()), null, null);
  }

  private StoredTaskScheduler(
      SchedulerParts parts,
      TaskEngine engine,
      TaskAudit audit,
      @Nullable Transaction joined,
      @Nullable Application scope) {
    this.parts = parts;
    this.engine = engine;
    this.audit = audit;
    this.joined = joined;
    this.scope = scope;
  }

  @Override
  public StoredTaskScheduler as(Application application) {
    requireNonNull(application, "application");
    requireOwn(application);
    return new StoredTaskScheduler(parts, engine, audit, joined, application);
  }

  @Override
  public StoredTaskScheduler joining(Transaction transaction) {
    requireNonNull(transaction, "transaction");
    return new StoredTaskScheduler(parts, engine, audit, transaction, scope);
  }

  @Override
  public TaskId schedule(Task task) {
    return scheduleAll(List.of(requireNonNull(task, "task"))).get(0);
  }

  @Override
  public List<TaskId> scheduleAll(List<Task> tasks) {
    List<Placement.Wanted> wanted = wanted(tasks);
    return placement().placeAll(wanted).stream().map(Scheduled::id).toList();
  }

  @Override
  public Scheduled trySchedule(Task task) {
    return tryScheduleAll(List.of(requireNonNull(task, "task"))).get(0);
  }

  @Override
  public List<Scheduled> tryScheduleAll(List<Task> tasks) {
    return placement().placeSome(wanted(tasks));
  }

  private List<Placement.Wanted> wanted(List<Task> tasks) {
    engine.requireOpen();
    Check.range(requireNonNull(tasks, "tasks").size(), 1, MAX_TASKS, "number of tasks");
    long now = now();
    return tasks.stream()
        .map(task -> new Placement.Wanted(row(task, now), task.ifTaken()))
        .toList();
  }

  /** The time by which tasks become due, in epoch milliseconds. May ask the store. */
  long now() {
    return engine.millis(joined == null ? parts.store() : parts.store().joining(joined));
  }

  private Placement placement() {
    return new Placement(parts, engine, audit, joined);
  }

  /** What is stored of the task if it is scheduled now; refused if it cannot be. */
  TaskRow row(Task task, long now) {
    requireNonNull(task, "task").application().ifPresent(this::requireOwn);
    Application application = scope == null ? task.application().orElse(null) : scope;
    if (application != null) {
      application = current(application);
    }
    requireWorker(task, application);
    TaskRow row =
        new TaskRow(
            parts.ids().getAsLong(),
            application == null ? 0 : application.id(),
            task.handler().orElse(TaskRow.CALLBACK),
            task.taskNo().orElse(null),
            task.name(),
            task.content(),
            Math.toIntExact(task.timeout().toMillis()),
            (application == null ? task : task.application(application)).retryPolicy().spec(),
            now,
            task.dueAt(Instant.ofEpochMilli(now)).toEpochMilli(),
            task.priority());
    return task.key().map(key -> row.withKey(key, task.keyLimit())).orElse(row);
  }

  private Application current(Application application) {
    Application current =
        parts
            .callbacks()
            .application(application.id(), transactions())
            .orElseThrow(
                () ->
                    new NotFoundException(
                        "no application of id " + application.id() + " is registered"));
    if (current.status() != Application.Status.ENABLED) {
      throw new ConflictException(
          "application " + current.id() + " must be ENABLED, is " + current.status());
    }
    return current;
  }

  private static void requireWorker(Task task, @Nullable Application application) {
    if (task.handler().isPresent()) {
      return;
    }
    Check.that(
        application != null && application.callback().isPresent(),
        "task must have a handler, or an application with a callback");
    int bytes = task.content().getBytes(StandardCharsets.UTF_8).length;
    Check.that(
        bytes <= CallbackSender.MAX_CONTENT,
        () ->
            "content of a callback must have at most "
                + CallbackSender.MAX_CONTENT
                + " bytes, had "
                + bytes);
  }

  private void requireOwn(Application application) {
    Check.that(
        scope == null || scope.id() == application.id(),
        () -> "application must be the scheduler's, was " + application.id());
  }

  @Override
  public Cancellation cancel(TaskId id) {
    return requests().cancel(id);
  }

  @Override
  public Requeue requeue(TaskId id) {
    return requests().requeue(id, false);
  }

  @Override
  public Requeue forceRequeue(TaskId id) {
    return requests().requeue(id, true);
  }

  @Override
  public TaskChange pause(TaskId id) {
    return requests().pause(id);
  }

  @Override
  public TaskChange resume(TaskId id) {
    return requests().resume(id);
  }

  @Override
  public TaskChange runNow(TaskId id) {
    return requests().runNow(id);
  }

  @Override
  public TaskChange reschedule(TaskId id, Instant at) {
    return requests().reschedule(id, at);
  }

  private TaskRequests requests() {
    engine.requireOpen();
    return new TaskRequests(parts, engine, audit, joined, scopeId());
  }

  @Override
  public TaskDetail task(TaskId id) {
    return findTask(id).orElseThrow(() -> new NotFoundException("there is no task " + id));
  }

  @Override
  public Optional<TaskDetail> findTask(TaskId id) {
    engine.requireOpen();
    requireNonNull(id, "id");
    return inTransaction(transaction -> find(parts.store().joining(transaction), id.value()));
  }

  @Override
  public Optional<TaskDetail> findTask(String taskNo) {
    engine.requireOpen();
    requireNonNull(taskNo, "taskNo");
    long applicationId = scope == null ? 0 : scope.id();
    return inTransaction(
        transaction -> {
          TaskStore store = parts.store().joining(transaction);
          OptionalLong id = store.findId(applicationId, taskNo);
          return id.isPresent() ? find(store, id.getAsLong()) : Optional.empty();
        });
  }

  @Override
  public List<TaskDetail> failedTasks(int limit) {
    return failed(0, limit);
  }

  @Override
  public List<TaskDetail> failedTasks(TaskId after, int limit) {
    return failed(requireNonNull(after, "after").value(), limit);
  }

  private List<TaskDetail> failed(long afterId, int limit) {
    engine.requireOpen();
    Check.range(limit, 1, MAX_PAGE, "limit");
    return inTransaction(
        transaction -> {
          TaskStore store = parts.store().joining(transaction);
          return store.failed(scopeId(), afterId, limit).stream()
              .map(state -> detail(store, state, store.attempts(state.row().id())))
              .toList();
        });
  }

  @Override
  public ScheduleDetail repeat(Schedule schedule) {
    engine.requireOpen();
    TaskRow work = row(requireNonNull(schedule, "schedule").task(), now());
    return schedulesOf(work.applicationId()).repeat(schedule, work);
  }

  @Override
  public boolean stopRepeating(String name) {
    return ownSchedules(name).stop(name);
  }

  @Override
  public boolean pauseRepeating(String name) {
    return ownSchedules(name).pause(name);
  }

  @Override
  public boolean resumeRepeating(String name) {
    return ownSchedules(name).resume(name);
  }

  @Override
  public Optional<ScheduleDetail> findSchedule(String name) {
    return ownSchedules(name).find(name);
  }

  @Override
  public List<ScheduleDetail> schedules(String afterName, int limit) {
    return ownSchedules(afterName).page(afterName, limit);
  }

  private StoredSchedules ownSchedules(String name) {
    engine.requireOpen();
    requireNonNull(name, "name");
    return schedulesOf(scope == null ? 0 : scope.id());
  }

  private StoredSchedules schedulesOf(long applicationId) {
    return new StoredSchedules(parts, engine, audit, joined, applicationId);
  }

  private Optional<TaskDetail> find(TaskStore store, long id) {
    return store.find(scopeId(), id).map(state -> detail(store, state, store.attempts(id)));
  }

  private TaskDetail detail(TaskStore store, TaskState state, List<Attempt> attempts) {
    TaskRow row = state.row();
    // Some node has claimed it ahead of its time, and cannot have begun.
    boolean ahead =
        state.status() == TaskStatus.RUNNING && state.dueMillis() > engine.millis(store);
    boolean callback = row.kind().equals(TaskRow.CALLBACK);
    return new TaskDetail(
        new TaskId(row.id()),
        Optional.ofNullable(row.taskNo()),
        row.applicationId() == 0 ? OptionalLong.empty() : OptionalLong.of(row.applicationId()),
        row.name(),
        callback ? Optional.empty() : Optional.of(row.kind()),
        row.content(),
        ahead ? TaskStatus.WAITING : state.status(),
        Instant.ofEpochMilli(state.dueMillis()),
        ahead ? state.attempt() - 1 : state.attempt(),
        state.asked(),
        state.endedMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(state.endedMillis())),
        Optional.ofNullable(state.result()),
        Optional.ofNullable(state.progress()),
        attempts);
  }

  /** Whose tasks alone are seen; empty if everybody's. */
  OptionalLong scopeId() {
    return scope == null ? OptionalLong.empty() : OptionalLong.of(scope.id());
  }

  private <T> T inTransaction(Function<Transaction, T> work) {
    return transactions().call(work);
  }

  boolean isJoined() {
    return joined != null;
  }

  TaskAudit audit() {
    return audit;
  }

  /** The transaction that was joined, or those of the storage. */
  Transactions transactions() {
    return joined == null ? parts.transactions() : Transactions.joining(joined);
  }
}
