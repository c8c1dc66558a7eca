package dev.gatehouse.storage.memory;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.Hints;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.Scheduled;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The TaskStore of a {@link MemoryStorage}: what happens to tasks; {@link TaskTable} keeps them.
 */
final class MemoryTaskStore implements TaskStore {
  private static final int SHOWN_ATTEMPTS = 1_000;

  private final Journal journal;
  private final TaskTable tasks;
  private final NodeTable nodes;
  private final Hints hints = Hints.inProcess();
  private final GateStore gates;

  MemoryTaskStore(Journal journal, InstantSource leaseClock) {
    this.journal = journal;
    tasks = new TaskTable(journal);
    nodes = new NodeTable(journal, leaseClock);
    gates = new MemoryGateStore(journal, tasks);
  }

  @Override
  public TaskStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }

  @Override
  public GateStore gates() {
    return gates;
  }

  @Override
  public Hints hints() {
    return hints;
  }

  @Override
  public List<Long> insert(List<TaskRow> rows) {
    Check.range(rows.size(), 1, MAX_BATCH, "number of tasks");
    return journal.run(() -> rows.stream().map(this::insert).toList());
  }

  @Override
  public List<Long> insertHeld(int node, List<TaskRow> rows) {
    Check.range(rows.size(), 1, MAX_BATCH, "number of tasks");
    return journal.run(
        () -> {
          List<Long> ids = rows.stream().map(this::insert).toList();
          for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i) == rows.get(i).id()) {
              tasks.put(requireNonNull(tasks.find(ids.get(i))).leased(node));
            }
          }
          return ids;
        });
  }

  private Long insert(TaskRow row) {
    OptionalLong first = tasks.numbered(row.applicationId(), row.taskNo());
    if (first.isPresent()) {
      return first.getAsLong();
    }
    if (tasks.find(row.id()) != null) {
      throw new StorageException("task id " + row.id() + " is taken");
    }
    tasks.put(TaskEntry.ready(row));
    return row.id();
  }

  @Override
  public List<ClaimedTask> claim(
      int node, Reach reach, Exclusion exclusion, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () -> {
          if (!nodes.isLive(node)) {
            return List.of();
          }
          long until = Math.min(dueUntilMillis, nodes.dueUntil(node));
          return tasks.due(exclusion, until, limit).stream()
              .sorted(TaskTable.BY_DUE)
              .map(entry -> claim(node, entry))
              .toList();
        });
  }

  private ClaimedTask claim(int node, TaskEntry ready) {
    TaskEntry entry = ready.leased(node);
    tasks.put(entry);
    return new ClaimedTask(
        entry.row(), entry.dueMillis(), entry.attempt(), entry.crashes(), entry.fence());
  }

  @Override
  public TaskCounts count(long nowMillis, int limit) {
    Check.range(limit, 100, MAX_BATCH, "limit");
    return journal.run(() -> tasks.count(nowMillis, limit));
  }

  @Override
  public OtherCounts countOthers(int limit) {
    Check.range(limit, 100, MAX_BATCH, "limit");
    return journal.run(tasks::countOthers);
  }

  @Override
  public List<RetriesAhead> retriesAhead(
      long applicationId, long dueUntilMillis, String afterRetry, int afterFailed, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () ->
            RetryGroups.after(
                tasks
                    .all()
                    .filter(entry -> !entry.status().isFinal())
                    .filter(entry -> entry.row().applicationId() == applicationId)
                    .filter(entry -> entry.attempt() > 0 || entry.dueMillis() <= dueUntilMillis),
                new RetriesAhead(afterRetry, afterFailed, 0, 1),
                limit));
  }

  @Override
  public OptionalLong earliestDue(Exclusion exclusion) {
    return journal.run(
        () ->
            tasks.due(exclusion, Long.MAX_VALUE, 1).stream()
                .mapToLong(TaskEntry::dueMillis)
                .findFirst());
  }

  /** Nobody else has a task locked while this is done. */
  @Override
  public List<Settled> settle(
      int node, List<Settlement> settlements, long nowMillis, IfLocked ifLocked) {
    Check.range(settlements.size(), 1, MAX_BATCH, "number of settlements");
    Set<Long> once = new HashSet<>();
    settlements.forEach(
        settlement ->
            Check.that(
                once.add(settlement.id()),
                () -> "settlements must name each task once, named twice: " + settlement.id()));
    return journal.run(
        () ->
            settlements.stream()
                .flatMap(settlement -> settle(node, settlement, nowMillis).stream())
                .toList());
  }

  private Optional<Settled> settle(int node, Settlement settlement, long nowMillis) {
    TaskEntry entry = tasks.find(settlement.id());
    if (entry == null || entry.owner() != node || entry.fence() != settlement.fence()) {
      return Optional.empty();
    }
    Attempt attempt = settlement.attempt();
    TaskEntry begun = attempt == null ? entry.unbegun() : entry.with(attempt);
    TaskEntry next = begun.settled(settlement, nowMillis);
    if (settlement instanceof Settlement.Forget && next.status() == TaskStatus.FINISHED) {
      tasks.remove(entry);
    } else {
      tasks.put(next);
    }
    return Optional.of(new Settled(entry.row().id(), next.status()));
  }

  @Override
  public Collection<Long> progress(int node, List<ProgressReport> reports) {
    Check.range(reports.size(), 1, MAX_BATCH, "number of reports");
    return journal.run(
        () -> {
          for (ProgressReport report : reports) {
            TaskEntry entry = tasks.find(report.id());
            if (entry != null && entry.owner() == node && entry.fence() == report.fence()) {
              tasks.put(entry.with(report.progress()));
            }
          }
          return List.of();
        });
  }

  @Override
  public List<LeasedTask> leased(int node, long dueUntilMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () ->
            tasks
                .leased(node)
                .takeWhile(entry -> entry.dueMillis() <= dueUntilMillis)
                .limit(limit)
                .map(entry -> new LeasedTask(entry.row().id(), entry.fence(), entry.asked()))
                .toList());
  }

  @Override
  public List<LeasedTask> leased(int node, Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return journal.run(
        () ->
            ids.stream()
                .map(tasks::find)
                .filter(entry -> entry != null && entry.owner() == node)
                .map(entry -> new LeasedTask(entry.row().id(), entry.fence(), entry.asked()))
                .toList());
  }

  @Override
  public Collection<Long> admit(Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return journal.run(
        () -> {
          List<TaskEntry> parked = tasks.parked(ids, Exclusion.NONE);
          parked.forEach(entry -> tasks.put(entry.admitted()));
          return parked.stream().map(entry -> entry.row().id()).toList();
        });
  }

  @Override
  public List<ClaimedTask> admitHeld(int node, Exclusion exclusion, Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return journal.run(
        () ->
            tasks.parked(ids, exclusion).stream()
                .filter(entry -> nodes.isLive(node) && entry.dueMillis() <= nodes.dueUntil(node))
                .sorted(TaskTable.BY_DUE)
                .map(entry -> claim(node, entry.admitted()))
                .toList());
  }

  @Override
  public List<OpenTask> open(Collection<Long> ids) {
    Check.range(ids.size(), 1, MAX_BATCH, "number of ids");
    return journal.run(() -> tasks.open(ids).map(TaskEntry::open).toList());
  }

  @Override
  public Cancellation cancel(OptionalLong applicationId, long id, long nowMillis) {
    return journal.run(
        () -> {
          TaskEntry entry = visible(applicationId, id);
          if (entry == null) {
            return Cancellation.NOT_FOUND;
          }
          if (entry.status().isFinal()) {
            return Cancellation.TOO_LATE;
          }
          if (entry.status() == TaskStatus.RUNNING) {
            tasks.put(entry.asked(Asked.CANCEL));
            return Cancellation.REQUESTED;
          }
          tasks.put(entry.cancelled(nowMillis));
          return Cancellation.CANCELLED;
        });
  }

  @Override
  public TaskChange pause(OptionalLong applicationId, long id) {
    return change(
        applicationId,
        id,
        entry -> {
          tasks.put((entry.isParked() ? entry.admitted() : entry).asked(Asked.PAUSE));
          return entry.status() == TaskStatus.RUNNING ? TaskChange.REQUESTED : TaskChange.DONE;
        });
  }

  @Override
  public TaskChange resume(OptionalLong applicationId, long id) {
    return change(
        applicationId,
        id,
        entry -> {
          tasks.put(entry.asked(Asked.NOTHING));
          return TaskChange.DONE;
        });
  }

  @Override
  public TaskChange reschedule(OptionalLong applicationId, long id, long dueMillis) {
    return change(
        applicationId,
        id,
        entry -> {
          if (entry.status() == TaskStatus.RUNNING) {
            return TaskChange.RUNNING;
          }
          tasks.put(entry.readyAt(dueMillis));
          return TaskChange.DONE;
        });
  }

  @Override
  public Optional<Scheduled.Outcome> replace(TaskRow row, IfTaken ifTaken) {
    return journal.run(
        () -> {
          TaskEntry entry = tasks.find(row.id());
          if (entry == null) {
            return Optional.empty();
          }
          if (entry.status() != TaskStatus.WAITING && ifTaken != IfTaken.SUPERSEDE) {
            return Optional.of(Scheduled.Outcome.KEPT);
          }
          tasks.put(entry.replaced(row));
          return Optional.of(Scheduled.Outcome.REPLACED);
        });
  }

  private TaskChange change(
      OptionalLong applicationId, long id, Function<TaskEntry, TaskChange> change) {
    return journal.run(
        () -> {
          TaskEntry entry = visible(applicationId, id);
          if (entry == null) {
            return TaskChange.NOT_FOUND;
          }
          boolean over = entry.status().isFinal() || entry.cancelRequested();
          return over ? TaskChange.TOO_LATE : change.apply(entry);
        });
  }

  @Override
  public Requeue requeue(OptionalLong applicationId, long id, long nowMillis, boolean force) {
    return journal.run(
        () -> {
          TaskEntry entry = visible(applicationId, id);
          if (entry == null) {
            return Requeue.NOT_FOUND;
          }
          if (entry.status() == TaskStatus.WAITING) {
            return Requeue.WAITING;
          }
          if (entry.status() == TaskStatus.RUNNING && !force) {
            return Requeue.RUNNING;
          }
          if (entry.status() == TaskStatus.FINISHED && !force) {
            return Requeue.FINISHED;
          }
          tasks.put(entry.anew(nowMillis));
          return Requeue.REQUEUED;
        });
  }

  private @Nullable TaskEntry visible(OptionalLong applicationId, long id) {
    TaskEntry entry = tasks.find(id);
    return entry != null && isOf(applicationId, entry) ? entry : null;
  }

  private static boolean isOf(OptionalLong applicationId, TaskEntry entry) {
    return applicationId.isEmpty() || applicationId.getAsLong() == entry.row().applicationId();
  }

  @Override
  public List<TaskState> failed(OptionalLong applicationId, long afterId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () ->
            tasks
                .failed(afterId)
                .filter(entry -> isOf(applicationId, entry))
                .limit(limit)
                .map(TaskEntry::state)
                .toList());
  }

  @Override
  public Optional<TaskState> find(OptionalLong applicationId, long id) {
    return journal.run(() -> Optional.ofNullable(visible(applicationId, id)).map(TaskEntry::state));
  }

  @Override
  public OptionalLong findId(long applicationId, String taskNo) {
    requireNonNull(taskNo, "taskNo");
    return journal.run(() -> tasks.numbered(applicationId, taskNo));
  }

  @Override
  public List<Attempt> attempts(long id) {
    return journal.run(
        () -> {
          TaskEntry entry = tasks.find(id);
          List<Attempt> all = entry == null ? List.of() : entry.attempts();
          return List.copyOf(all.subList(Math.max(0, all.size() - SHOWN_ATTEMPTS), all.size()));
        });
  }

  @Override
  public int purge(TaskStatus status, long endedBeforeMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () -> {
          List<TaskEntry> old =
              tasks
                  .endedBefore(endedBeforeMillis)
                  .filter(entry -> entry.status() == status)
                  .limit(limit)
                  .toList();
          old.forEach(tasks::remove);
          return old.size();
        });
  }

  @Override
  public long nowMicros() {
    return nodes.nowMicros();
  }

  @Override
  public NodeLease join(String boot, Duration duration) {
    return journal.run(() -> toldOfLost(nodes.join(boot, duration)));
  }

  @Override
  public Optional<NodeLease> renew(int node, String boot, Duration duration) {
    return journal.run(() -> nodes.renew(node, boot, duration).map(this::toldOfLost));
  }

  /**
   * Who has left, or is known as lost, and holds something still is to be recovered from at once.
   */
  private NodeLease toldOfLost(NodeLease lease) {
    boolean lost = tasks.owners().stream().anyMatch(owner -> !nodes.isLive(owner));
    return lost ? new NodeLease(lease.node(), lease.nowMillis(), lease.expiresMillis(), 0) : lease;
  }

  @Override
  public void leave(int node, String boot) {
    journal.<@Nullable Object>run(
        () -> {
          nodes.leave(node, boot);
          return null;
        });
  }

  @Override
  public List<Settled> recover(int maxCrashes, long nowMillis, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () -> {
          nodes.forgetLost();
          List<TaskEntry> held = new ArrayList<>();
          for (int owner : tasks.owners()) {
            if (!nodes.isLive(owner)) {
              Stream<TaskEntry> leased = tasks.leased(owner);
              leased.limit((long) limit - held.size()).forEach(held::add);
            }
          }
          return held.stream().map(entry -> recover(entry, maxCrashes, nowMillis)).toList();
        });
  }

  private Settled recover(TaskEntry held, int maxCrashes, long nowMillis) {
    TaskEntry next = held.recovered(maxCrashes, nowMillis);
    tasks.put(next);
    return new Settled(held.row().id(), next.status());
  }
}
