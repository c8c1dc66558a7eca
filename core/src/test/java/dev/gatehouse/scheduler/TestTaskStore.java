package dev.gatehouse.scheduler;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A store of maps under one monitor, whose calls can be made to fail. */
final class TestTaskStore implements TaskStore, Transactions {
  /** A row as it stands; {@code node} 0 is nobody's. */
  private record Entry(
      TaskRow row,
      TaskStatus status,
      long due,
      int attempt,
      int crashes,
      long fence,
      int node,
      Asked asked,
      long ended,
      @Nullable String result) {
    Entry ready(long newDue, int newAttempt, int newCrashes) {
      return new Entry(
          row,
          TaskStatus.WAITING,
          newDue,
          newAttempt,
          newCrashes,
          fence,
          0,
          asked == Asked.PAUSE ? asked : Asked.NOTHING,
          0,
          null);
    }

    Entry asked(Asked next) {
      return new Entry(row, status, due, attempt, crashes, fence, node, next, ended, result);
    }

    boolean cancel() {
      return asked == Asked.CANCEL;
    }

    Entry ended(TaskStatus end, long now, @Nullable String kept) {
      return new Entry(row, end, due, attempt, crashes, fence, 0, Asked.NOTHING, now, kept);
    }
  }

  private final InstantSource clock;
  private final Map<Long, Entry> tasks = new TreeMap<>();
  private final Map<Long, List<Attempt>> attempts = new HashMap<>();
  private final Map<Integer, Long> expiries = new HashMap<>();
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> losing = ConcurrentHashMap.newKeySet();
  private final Set<String> hanging = ConcurrentHashMap.newKeySet();
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile Function<String, Throwable> failure =
      method -> new StorageException(method + " failed");
  private volatile String refused = "none";
  Hints hints = Hints.NONE;
  final List<ProgressReport> reported = new ArrayList<>();
  final Set<Long> locked = ConcurrentHashMap.newKeySet();
  boolean inParts;
  private int part = -1;
  private int nodes;

  TestTaskStore(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public TaskCounts count(long nowMillis, int limit) {
    return run(
        "count",
        () -> {
          long leased = count(entry -> entry.status() == TaskStatus.RUNNING);
          long waiting = count(entry -> entry.status() == TaskStatus.WAITING);
          long due =
              count(entry -> entry.status() == TaskStatus.WAITING && entry.due() <= nowMillis);
          return new TaskCounts(waiting - due, due, leased, true);
        });
  }

  @Override
  public OtherCounts countOthers(int limit) {
    return run(
        "countOthers",
        () ->
            new OtherCounts(
                new CountedTasks(0, true),
                new CountedTasks(0, true),
                new CountedTasks(count(entry -> entry.status() == TaskStatus.FAILED), true),
                new CountedTasks(count(entry -> entry.status() == TaskStatus.CANCELLED), true),
                new CountedTasks(count(entry -> entry.status() == TaskStatus.FINISHED), true)));
  }

  @Override
  public List<RetriesAhead> retriesAhead(
      long applicationId, long dueUntilMillis, String afterRetry, int afterFailed, int limit) {
    throw new UnsupportedOperationException("retriesAhead");
  }

  private long count(Predicate<Entry> which) {
    return tasks.values().stream().filter(which).count();
  }

  @Override
  public Hints hints() {
    return hints;
  }

  @Override
  public List<Long> insertHeld(int node, List<TaskRow> rows) {
    return run(
        "insert",
        () -> {
          for (TaskRow row : rows) {
            Entry entry =
                new Entry(
                    row,
                    TaskStatus.RUNNING,
                    row.runtimeMillis(),
                    1,
                    0,
                    1,
                    node,
                    Asked.NOTHING,
                    0,
                    null);
            tasks.put(row.id(), entry);
          }
          return rows.stream().map(TaskRow::id).toList();
        });
  }

  @Override
  public long nowMicros() {
    return run("nowMicros", () -> clock.millis() * 1_000);
  }

  @Override
  public GateStore gates() {
    return new NoGates();
  }

  @Override
  public Collection<Long> admit(Collection<Long> ids) {
    throw new UnsupportedOperationException("this store knows no parked tasks");
  }

  @Override
  public List<ClaimedTask> admitHeld(int node, Exclusion exclusion, Collection<Long> ids) {
    throw new UnsupportedOperationException("this store knows no parked tasks");
  }

  @Override
  public List<OpenTask> open(Collection<Long> ids) {
    throw new UnsupportedOperationException("this store knows no gates");
  }

  /** From now on a task with this result cannot be settled. */
  void refusing(String result) {
    refused = result;
  }

  /** From now on these methods fail as if the database were gone. */
  void failing(String... methods) {
    failing.clear();
    failing.addAll(List.of(methods));
  }

  /** From now on these methods do what they are for, and their answer is lost. */
  void losingAnswers(String... methods) {
    losing.clear();
    losing.addAll(List.of(methods));
  }

  /** What those that fail throw; unchecked. */
  void failingWith(Function<String, Throwable> value) {
    failure = value;
  }

  /** From now on these methods do not return before {@link #endHanging}. */
  void hanging(String... methods) {
    hanging.addAll(List.of(methods));
  }

  void endHanging() {
    end.countDown();
  }

  int calls(String method) {
    return calls.getOrDefault(method, 0);
  }

  private synchronized <T> T run(String method, Supplier<T> work) {
    calls.merge(method, 1, Integer::sum);
    if (hanging.contains(method)) {
      hang();
    }
    if (failing.contains(method)) {
      fail(method);
    }
    T answer = work.get();
    if (losing.contains(method)) {
      fail(method);
    }
    return answer;
  }

  private void fail(String method) {
    Throwable thrown = failure.apply(method);
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  private void hang() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized <T extends @Nullable Object> T call(Function<Transaction, T> work) {
    Map<Long, Entry> before = new TreeMap<>(tasks);
    Map<Long, List<Attempt>> attemptsBefore = new HashMap<>();
    attempts.forEach((id, ended) -> attemptsBefore.put(id, new ArrayList<>(ended)));
    List<Runnable> afterCommit = new ArrayList<>();
    boolean done = false;
    try {
      T result = work.apply(afterCommit::add);
      done = true;
      afterCommit.forEach(Runnable::run);
      return result;
    } finally {
      if (!done) {
        tasks.clear();
        tasks.putAll(before);
        attempts.clear();
        attempts.putAll(attemptsBefore);
      }
    }
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    return this;
  }

  @Override
  public List<Long> insert(List<TaskRow> rows) {
    return run("insert", () -> rows.stream().map(this::insertOne).toList());
  }

  private Long insertOne(TaskRow row) {
    OptionalLong taken =
        row.taskNo() == null ? OptionalLong.empty() : findId(row.applicationId(), row.taskNo());
    if (taken.isEmpty()) {
      long due = row.runtimeMillis();
      tasks.put(
          row.id(), new Entry(row, TaskStatus.WAITING, due, 0, 0, 0, 0, Asked.NOTHING, 0, null));
    }
    return taken.orElse(row.id());
  }

  private boolean isLive(int node) {
    return expiries.getOrDefault(node, 0L) > clock.millis();
  }

  private Stream<Entry> byDue(Set<Integer> owners, long until) {
    return tasks.values().stream()
        .filter(task -> !task.status().isFinal())
        .filter(task -> owners.contains(task.node()) && task.due() <= until)
        .filter(task -> task.node() != 0 || task.asked() != Asked.PAUSE)
        .sorted(Comparator.comparingLong(Entry::due).thenComparing(task -> task.row().id()))
        .toList()
        .stream();
  }

  @Override
  public List<ClaimedTask> claim(
      int node, Reach reach, Exclusion exclusion, long until, int limit) {
    return run(
        "claim",
        () ->
            ready(exclusion, until)
                .limit(isLive(node) ? limit : 0)
                .map(task -> claimOne(node, task))
                .toList());
  }

  private ClaimedTask claimOne(int node, Entry task) {
    Entry claimed =
        new Entry(
            task.row(),
            TaskStatus.RUNNING,
            task.due(),
            task.attempt() + 1,
            task.crashes(),
            task.fence() + 1,
            node,
            Asked.NOTHING,
            0,
            null);
    tasks.put(task.row().id(), claimed);
    return new ClaimedTask(
        task.row(), task.due(), claimed.attempt(), claimed.crashes(), claimed.fence());
  }

  @Override
  public OptionalLong earliestDue(Exclusion exclusion) {
    return run(
        "earliestDue", () -> ready(exclusion, Long.MAX_VALUE).mapToLong(Entry::due).findFirst());
  }

  private Stream<Entry> ready(Exclusion exclusion, long until) {
    return byDue(Set.of(0), until)
        .filter(task -> !exclusion.covers(task.row()) && task.due() >= exclusion.dueFromMillis());
  }

  @Override
  public List<Settled> settle(int node, List<Settlement> settlements, long now, IfLocked ifLocked) {
    return run("settle", () -> settleAll(node, settlements, now));
  }

  private List<Settled> settleAll(int node, List<Settlement> settlements, long now) {
    for (Settlement one : settlements) {
      if (one instanceof Settlement.Finish finish && Objects.equals(finish.result(), refused)) {
        throw new StorageException("result refused");
      }
    }
    return settlements.stream().flatMap(one -> settleOne(node, one, now).stream()).toList();
  }

  private Optional<Settled> settleOne(int node, Settlement settlement, long now) {
    Entry task = tasks.get(settlement.id());
    if (task == null || task.node() != node || task.fence() != settlement.fence()) {
      return Optional.empty();
    }
    Entry after;
    if (settlement instanceof Settlement.Release release) {
      after = task.ready(release.dueMillis(), task.attempt() - 1, task.crashes());
    } else if (settlement instanceof Settlement.Retry retry) {
      after = task.ready(retry.dueMillis(), task.attempt(), task.crashes());
    } else if (settlement instanceof Settlement.Interrupt interrupt) {
      after = task.ready(interrupt.dueMillis(), task.attempt() - 1, task.crashes());
    } else if (settlement instanceof Settlement.Forget && !task.cancel()) {
      tasks.remove(settlement.id());
      attempts.remove(settlement.id());
      return Optional.of(new Settled(settlement.id(), TaskStatus.FINISHED));
    } else if (settlement instanceof Settlement.Finish finish) {
      after = task.ended(TaskStatus.FINISHED, now, finish.result());
    } else {
      boolean failed = settlement instanceof Settlement.Fail;
      after = task.ended(failed ? TaskStatus.FAILED : TaskStatus.CANCELLED, now, null);
    }
    if (task.cancel()) {
      after = task.ended(TaskStatus.CANCELLED, now, null);
    }
    Attempt attempt = settlement.attempt();
    if (attempt != null) {
      attempts.computeIfAbsent(settlement.id(), id -> new ArrayList<>()).add(attempt);
    }
    tasks.put(settlement.id(), after);
    return Optional.of(new Settled(settlement.id(), after.status()));
  }

  @Override
  public Collection<Long> progress(int node, List<ProgressReport> reports) {
    return run(
        "progress",
        () -> {
          reports.stream().filter(one -> !locked.contains(one.id())).forEach(reported::add);
          return reports.stream().map(ProgressReport::id).filter(locked::contains).toList();
        });
  }

  @Override
  public synchronized List<TaskState> failed(OptionalLong applicationId, long afterId, int limit) {
    return tasks.keySet().stream()
        .flatMap(id -> find(applicationId, id).stream())
        .filter(state -> state.status() == TaskStatus.FAILED && state.row().id() > afterId)
        .limit(limit)
        .toList();
  }

  @Override
  public List<LeasedTask> leased(int node, long until, int limit) {
    return run(
        "leased",
        () ->
            byDue(Set.of(node), until)
                .limit(limit)
                .map(task -> new LeasedTask(task.row().id(), task.fence(), task.asked()))
                .toList());
  }

  /** Looks at one task at a time, if {@link #inParts}. */
  @Override
  public LeasedPart leasedPart(int node, long until) {
    List<LeasedTask> all = leased(node, until, MAX_BATCH);
    if (!inParts || all.isEmpty()) {
      return new LeasedPart(all, true);
    }
    part = (part + 1) % all.size();
    return new LeasedPart(List.of(all.get(part)), part == all.size() - 1);
  }

  private @Nullable Entry own(OptionalLong applicationId, long id) {
    Entry task = tasks.get(id);
    boolean own =
        task != null
            && applicationId.orElse(task.row().applicationId()) == task.row().applicationId();
    return own ? task : null;
  }

  @Override
  public List<LeasedTask> leased(int node, Collection<Long> ids) {
    return run(
        "leased",
        () ->
            tasks.values().stream()
                .filter(task -> ids.contains(task.row().id()) && task.node() == node)
                .map(task -> new LeasedTask(task.row().id(), task.fence(), task.asked()))
                .toList());
  }

  @Override
  public synchronized Cancellation cancel(OptionalLong applicationId, long id, long now) {
    Entry task = own(applicationId, id);
    if (task == null) {
      return Cancellation.NOT_FOUND;
    }
    if (task.status().isFinal()) {
      return Cancellation.TOO_LATE;
    }
    boolean leased = task.node() != 0;
    tasks.put(id, leased ? task.asked(Asked.CANCEL) : task.ended(TaskStatus.CANCELLED, now, null));
    return leased ? Cancellation.REQUESTED : Cancellation.CANCELLED;
  }

  @Override
  public synchronized TaskChange pause(OptionalLong applicationId, long id) {
    return change(applicationId, id, task -> task.asked(Asked.PAUSE))
        .orElseGet(() -> tasks.get(id).node() == 0 ? TaskChange.DONE : TaskChange.REQUESTED);
  }

  @Override
  public synchronized TaskChange resume(OptionalLong applicationId, long id) {
    return change(applicationId, id, task -> task.asked(Asked.NOTHING)).orElse(TaskChange.DONE);
  }

  @Override
  public synchronized TaskChange reschedule(OptionalLong applicationId, long id, long dueMillis) {
    UnaryOperator<Entry> later =
        task -> task.node() == 0 ? task.ready(dueMillis, task.attempt(), task.crashes()) : task;
    return change(applicationId, id, later)
        .orElseGet(() -> tasks.get(id).node() == 0 ? TaskChange.DONE : TaskChange.RUNNING);
  }

  /** Changes a task that is not over; else what hindered it. */
  private Optional<TaskChange> change(
      OptionalLong applicationId, long id, UnaryOperator<Entry> change) {
    Entry task = own(applicationId, id);
    if (task == null) {
      return Optional.of(TaskChange.NOT_FOUND);
    }
    if (task.status().isFinal() || task.cancel()) {
      return Optional.of(TaskChange.TOO_LATE);
    }
    tasks.put(id, change.apply(task));
    return Optional.empty();
  }

  @Override
  public synchronized Optional<Scheduled.Outcome> replace(TaskRow row, IfTaken ifTaken) {
    Entry task = tasks.get(row.id());
    if (task == null) {
      return Optional.empty();
    }
    if (task.status() != TaskStatus.WAITING && ifTaken != IfTaken.SUPERSEDE) {
      return Optional.of(Scheduled.Outcome.KEPT);
    }
    long due = row.runtimeMillis();
    Asked asked = task.asked() == Asked.PAUSE ? Asked.PAUSE : Asked.NOTHING;
    long fence = task.fence() + 1;
    tasks.put(row.id(), new Entry(row, TaskStatus.WAITING, due, 0, 0, fence, 0, asked, 0, null));
    return Optional.of(Scheduled.Outcome.REPLACED);
  }

  @Override
  public synchronized Requeue requeue(
      OptionalLong applicationId, long id, long now, boolean force) {
    Entry task = own(applicationId, id);
    if (task == null) {
      return Requeue.NOT_FOUND;
    }
    if (task.status() == TaskStatus.WAITING) {
      return Requeue.WAITING;
    }
    if (task.status() == TaskStatus.RUNNING && !force) {
      return Requeue.RUNNING;
    }
    if (task.status() == TaskStatus.FINISHED && !force) {
      return Requeue.FINISHED;
    }
    tasks.put(id, task.asked(Asked.NOTHING).ready(now, 0, 0));
    return Requeue.REQUEUED;
  }

  @Override
  public synchronized Optional<TaskState> find(OptionalLong applicationId, long id) {
    return Optional.ofNullable(own(applicationId, id))
        .map(
            task ->
                new TaskState(
                    task.row(),
                    task.status(),
                    task.due(),
                    task.attempt(),
                    task.asked(),
                    task.ended(),
                    task.result()));
  }

  @Override
  public synchronized OptionalLong findId(long applicationId, String taskNo) {
    return tasks.values().stream()
        .filter(task -> task.row().applicationId() == applicationId)
        .filter(task -> taskNo.equals(task.row().taskNo()))
        .mapToLong(task -> task.row().id())
        .findFirst();
  }

  @Override
  public synchronized List<Attempt> attempts(long id) {
    return List.copyOf(attempts.getOrDefault(id, List.of()));
  }

  @Override
  public int purge(TaskStatus status, long endedBefore, int limit) {
    return run(
        "purge",
        () -> {
          List<Entry> old =
              tasks.values().stream()
                  .filter(task -> task.status() == status && task.ended() < endedBefore)
                  .limit(limit)
                  .toList();
          old.forEach(task -> tasks.remove(task.row().id()));
          return old.size();
        });
  }

  @Override
  public NodeLease join(String boot, Duration duration) {
    return run("join", () -> lease(++nodes, duration));
  }

  private NodeLease lease(int node, Duration duration) {
    long now = clock.millis();
    expiries.put(node, now + duration.toMillis());
    long others =
        expiries.entrySet().stream()
            .filter(other -> other.getKey() != node)
            .mapToLong(other -> other.getValue())
            .min()
            .orElse(Long.MAX_VALUE);
    return new NodeLease(node, now, now + duration.toMillis(), others);
  }

  @Override
  public Optional<NodeLease> renew(int node, String boot, Duration duration) {
    return run("renew", () -> isLive(node) ? Optional.of(lease(node, duration)) : Optional.empty());
  }

  @Override
  public void leave(int node, String boot) {
    run("leave", () -> expiries.remove(node));
  }

  @Override
  public List<Settled> recover(int maxCrashes, long now, int limit) {
    return run(
        "recover",
        () ->
            tasks.values().stream()
                .filter(task -> task.node() != 0 && !isLive(task.node()))
                .limit(limit)
                .toList()
                .stream()
                .map(task -> recoverOne(task, maxCrashes, now))
                .toList());
  }

  private Settled recoverOne(Entry task, int maxCrashes, long now) {
    long taskId = task.row().id();
    boolean begun = reported.stream().anyMatch(r -> r.id() == taskId && r.fence() == task.fence());
    if (task.crashes() > 0 && !begun) {
      Entry released = task.ready(task.due(), task.attempt() - 1, task.crashes());
      tasks.put(taskId, task.cancel() ? task.ended(TaskStatus.CANCELLED, now, null) : released);
      return new Settled(taskId, task.cancel() ? TaskStatus.CANCELLED : TaskStatus.WAITING);
    }
    Instant at = Instant.ofEpochMilli(now);
    attempts
        .computeIfAbsent(task.row().id(), id -> new ArrayList<>())
        .add(new Attempt(task.attempt(), task.fence(), at, at, Outcome.CRASHED, null, ""));
    int crashes = task.crashes() + 1;
    Entry after = task.ready(task.due(), task.attempt(), crashes);
    if (task.cancel()) {
      after = task.ended(TaskStatus.CANCELLED, now, null);
    } else if (crashes > maxCrashes) {
      after = task.ended(TaskStatus.FAILED, now, null);
    }
    tasks.put(task.row().id(), after);
    return new Settled(task.row().id(), after.status());
  }
}
