package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.scheduler.WorkflowWork;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The WorkflowStore of a {@link MemoryStorage}. */
final class MemoryWorkflowStore implements WorkflowStore {
  /** All of a workflow; {@code steps} and {@code results} change in place. */
  private record Entry(
      List<WorkflowStep> steps, List<WorkflowWork> work, Map<Long, String> results) {}

  private final Journal journal;
  private final NavigableMap<Long, WorkflowRow> rows = new TreeMap<>();
  private final Map<Long, Entry> entries = new HashMap<>();
  private final NavigableMap<Long, NavigableMap<Long, WorkflowReport>> reports = new TreeMap<>();
  private final NavigableMap<Long, WorkflowRow> ending = new TreeMap<>();

  MemoryWorkflowStore(Journal journal) {
    this.journal = journal;
  }

  @Override
  public WorkflowStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }

  @Override
  public void insert(WorkflowRow workflow, List<WorkflowStep> steps, List<WorkflowWork> work) {
    Check.range(steps.size(), 1, MAX_WORKFLOWS, "number of steps");
    Check.range(work.size(), steps.size(), steps.size(), "number of works");
    journal.run(
        () -> {
          if (rows.containsKey(workflow.id())) {
            throw new StorageException("workflow id " + workflow.id() + " is taken");
          }
          Entry entry = new Entry(new ArrayList<>(steps), List.copyOf(work), new HashMap<>());
          put(workflow);
          entries.put(workflow.id(), entry);
          journal.undo(() -> drop(workflow));
          return workflow;
        });
  }

  private void put(WorkflowRow row) {
    rows.put(row.id(), row);
    if (row.status().isEnding()) {
      ending.put(row.id(), row);
    } else {
      ending.remove(row.id());
    }
  }

  private void drop(WorkflowRow row) {
    rows.remove(row.id());
    ending.remove(row.id());
    entries.remove(row.id());
  }

  @Override
  public Optional<WorkflowRow> find(OptionalLong applicationId, long id) {
    return journal.run(
        () ->
            Optional.ofNullable(rows.get(id))
                .filter(row -> applicationId.orElse(row.applicationId()) == row.applicationId()));
  }

  @Override
  public Optional<WorkflowRow> tryLock(long id) {
    return find(OptionalLong.empty(), id);
  }

  @Override
  public List<WorkflowStep> steps(long workflowId) {
    return journal.run(
        () -> {
          Entry entry = entries.get(workflowId);
          return entry == null ? List.of() : List.copyOf(entry.steps());
        });
  }

  @Override
  public List<WorkflowWork> work(long workflowId, Collection<Long> taskIds) {
    Check.range(taskIds.size(), 1, MAX_WORKFLOWS, "number of ids");
    return journal.run(
        () -> {
          Entry entry = entries.get(workflowId);
          Set<Long> ids = new HashSet<>(taskIds);
          return entry == null
              ? List.of()
              : entry.work().stream().filter(one -> ids.contains(one.task().id())).toList();
        });
  }

  @Override
  public void change(WorkflowRow workflow, List<WorkflowStep> steps) {
    Check.range(steps.size(), 0, MAX_WORKFLOWS, "number of steps");
    journal.<@Nullable Object>run(
        () -> {
          WorkflowRow old = rows.get(workflow.id());
          Entry entry = entries.get(workflow.id());
          if (old != null && entry != null) {
            change(old, workflow);
            steps.forEach(step -> change(entry.steps(), step));
          }
          return null;
        });
  }

  private void change(WorkflowRow old, WorkflowRow workflow) {
    put(
        new WorkflowRow(
            old.id(),
            old.applicationId(),
            old.name(),
            workflow.status(),
            old.createdMillis(),
            workflow.endedMillis()));
    journal.undo(() -> put(old));
  }

  private void change(List<WorkflowStep> steps, WorkflowStep step) {
    WorkflowStep old = steps.get(step.number());
    steps.set(
        step.number(),
        new WorkflowStep(
            old.number(),
            old.taskId(),
            old.name(),
            old.after(),
            old.ifFailed(),
            step.state(),
            step.endedMillis()));
    journal.undo(() -> steps.set(step.number(), old));
  }

  @Override
  public void keepResults(List<WorkflowReport> kept) {
    Check.range(kept.size(), 0, MAX_BATCH, "number of results");
    journal.<@Nullable Object>run(
        () -> {
          kept.forEach(this::keep);
          return null;
        });
  }

  private void keep(WorkflowReport report) {
    Entry entry = entries.get(report.workflowId());
    String result = report.result();
    if (entry == null || result == null) {
      return;
    }
    String old = entry.results().put(report.taskId(), result);
    journal.undo(
        () -> {
          if (old == null) {
            entry.results().remove(report.taskId());
          } else {
            entry.results().put(report.taskId(), old);
          }
        });
  }

  @Override
  public Optional<String> result(long workflowId, long taskId) {
    return journal.run(
        () -> Optional.ofNullable(entries.get(workflowId)).map(one -> one.results().get(taskId)));
  }

  @Override
  public void report(List<WorkflowReport> all) {
    Check.range(all.size(), 1, MAX_BATCH, "number of reports");
    journal.<@Nullable Object>run(
        () -> {
          for (WorkflowReport report : all) {
            add(report);
            journal.undo(() -> remove(report));
          }
          return null;
        });
  }

  private void add(WorkflowReport report) {
    reports.computeIfAbsent(report.workflowId(), id -> new TreeMap<>()).put(report.id(), report);
  }

  private void remove(WorkflowReport report) {
    NavigableMap<Long, WorkflowReport> left = reports.get(report.workflowId());
    if (left != null && left.remove(report.id()) != null && left.isEmpty()) {
      reports.remove(report.workflowId());
    }
  }

  @Override
  public List<WorkflowReport> take(long workflowId, int limit) {
    Check.range(limit, 1, MAX_BATCH, "limit");
    return journal.run(
        () -> {
          NavigableMap<Long, WorkflowReport> left = reports.get(workflowId);
          if (left == null) {
            return List.of();
          }
          List<WorkflowReport> taken = left.values().stream().limit(limit).toList();
          for (WorkflowReport report : taken) {
            remove(report);
            journal.undo(() -> add(report));
          }
          return taken;
        });
  }

  @Override
  public List<Long> open(long afterId, int limit) {
    Check.range(limit, 1, MAX_WORKFLOWS, "limit");
    return journal.run(
        () -> {
          TreeSet<Long> open = new TreeSet<>(reports.tailMap(afterId, false).keySet());
          open.addAll(ending.tailMap(afterId, false).keySet());
          return open.stream().limit(limit).toList();
        });
  }

  @Override
  public int purge(long endedBeforeMillis, int limit) {
    Check.range(limit, 1, MAX_WORKFLOWS, "limit");
    return journal.run(
        () -> {
          List<WorkflowRow> old =
              rows.values().stream()
                  .filter(row -> row.status().isFinal() && row.endedMillis() < endedBeforeMillis)
                  .sorted(
                      Comparator.comparingLong(WorkflowRow::endedMillis)
                          .thenComparingLong(WorkflowRow::id))
                  .limit(limit)
                  .toList();
          old.forEach(this::purge);
          return old.size();
        });
  }

  private void purge(WorkflowRow row) {
    Entry entry = entries.get(row.id());
    drop(row);
    journal.undo(
        () -> {
          put(row);
          if (entry != null) {
            entries.put(row.id(), entry);
          }
        });
  }
}
