package dev.gatehouse.scheduler;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.scheduler.Scheduled.Outcome;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call that schedules tasks: inserts those whose numbers are free, and does with the others as
 * they say. Not safe: confine to one thread.
 */
final class Placement {
  private static final Logger LOGGER = LoggerFactory.getLogger(Placement.class);
  private static final int TRIES = 5;

  /** A task to be placed, and what to do if its number is taken. */
  record Wanted(TaskRow row, IfTaken ifTaken) {}

  private final SchedulerParts parts;
  private final TaskEngine engine;
  private final TaskAudit audit;
  private final @Nullable Transaction joined;

  /** This node, if it holds what was inserted from then on. */
  private @Nullable Node holder;

  private List<TaskRow> held = List.of();

  /** What this node had claimed, and takes back so that it can be replaced. */
  private final Map<Long, HeldTask> takenBack = new HashMap<>();

  Placement(
      SchedulerParts parts, TaskEngine engine, TaskAudit audit, @Nullable Transaction joined) {
    this.parts = parts;
    this.engine = engine;
    this.audit = audit;
    this.joined = joined;
  }

  /** Places all that need not be rejected. */
  List<Scheduled> placeSome(List<Wanted> wanted) {
    return place(wanted, false);
  }

  /** Places all, or none and throws. */
  List<Scheduled> placeAll(List<Wanted> wanted) {
    return place(wanted, true);
  }

  private List<Scheduled> place(List<Wanted> wanted, boolean all) {
    if (wanted.size() == 1 && isInsertedAtMost(wanted.get(0))) {
      return List.of(placeAlone(wanted.get(0), all));
    }
    requireDistinctNumbers(wanted);
    Transactions transactions =
        joined == null ? parts.transactions() : Transactions.joining(joined);
    boolean done = false;
    try {
      List<Scheduled> placed = transactions.call(transaction -> place(transaction, wanted, all));
      done = true;
      holdInserted();
      return placed;
    } finally {
      for (HeldTask held : takenBack.values()) {
        engine.tookBack(held, done);
      }
    }
  }

  /** Whether nothing is written but the task itself, if even that. */
  private boolean isInsertedAtMost(Wanted wanted) {
    return joined == null
        && GateRules.line(wanted.row()).isEmpty()
        && (wanted.ifTaken() == IfTaken.REJECT || wanted.ifTaken() == IfTaken.KEEP);
  }

  /** Leaves the transaction to the store, which may need none for a single insertion. */
  private Scheduled placeAlone(Wanted wanted, boolean all) {
    TaskRow row = wanted.row();
    long id = insert(parts.store(), List.of(row)).get(0);
    if (id != row.id()) {
      if (all && wanted.ifTaken() == IfTaken.REJECT) {
        throw taken(row, id);
      }
      return taken(wanted, id);
    }
    if (held.isEmpty()) {
      engine.dueAt(row.runtimeMillis());
    }
    holdInserted();
    return new Scheduled(new TaskId(id), Outcome.NEW);
  }

  private static Scheduled taken(Wanted wanted, long owner) {
    return new Scheduled(
        new TaskId(owner), wanted.ifTaken() == IfTaken.KEEP ? Outcome.KEPT : Outcome.REJECTED);
  }

  private List<Scheduled> place(Transaction transaction, List<Wanted> wanted, boolean all) {
    TaskStore store = parts.store().joining(transaction);
    if (all && joined != null && wanted.size() > 1) {
      // A host that goes on after the exception would commit those that were inserted.
      wanted.forEach(one -> requireFree(store, one));
    }
    List<TaskRow> rows = wanted.stream().map(Wanted::row).toList();
    List<Long> ids = insert(store, rows);
    standInLines(transaction, store, held.isEmpty() ? inserted(rows, ids) : held);
    Scheduled[] placed = new Scheduled[ids.size()];
    List<Integer> taken = new ArrayList<>();
    for (int i = 0; i < placed.length; i++) {
      long id = ids.get(i);
      if (id == wanted.get(i).row().id()) {
        placed[i] = new Scheduled(new TaskId(id), Outcome.NEW);
      } else {
        taken.add(i);
      }
    }
    // Whoever replaces several tasks locks them in order of id.
    taken.sort(Comparator.comparing(ids::get));
    for (int i : taken) {
      Wanted one = wanted.get(i);
      placed[i] = placeTaken(transaction, store, one, ids.get(i));
      if (all && placed[i].outcome() == Outcome.REJECTED) {
        throw taken(one.row(), ids.get(i));
      }
    }
    hint(transaction, wanted, Arrays.asList(placed));
    return List.of(placed);
  }

  /**
   * Tasks that are due soon need no claim if this node may hold them itself. In a transaction that
   * was joined they do: nobody tells how it ends.
   */
  private List<Long> insert(TaskStore store, List<TaskRow> rows) {
    Engine running = joined == null ? engine.running() : null;
    holder = null;
    if (running != null) {
      long end = running.windowEndMillis();
      if (rows.stream().allMatch(row -> row.runtimeMillis() <= end && isRunHere(row))) {
        holder = running.toHold(rows, end);
      }
    }
    List<Long> ids = holder == null ? store.insert(rows) : store.insertHeld(holder.number(), rows);
    held = holder == null ? List.of() : inserted(rows, ids);
    return ids;
  }

  /** Those that are known by their own ids: the others' numbers were taken. */
  private static List<TaskRow> inserted(List<TaskRow> rows, List<Long> ids) {
    List<TaskRow> inserted = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      if (ids.get(i) == rows.get(i).id()) {
        inserted.add(rows.get(i));
      }
    }
    return inserted;
  }

  private boolean isRunHere(TaskRow row) {
    return row.kind().equals(TaskRow.CALLBACK) || parts.handlers().containsKey(row.kind());
  }

  private void holdInserted() {
    if (holder == null || held.isEmpty()) {
      return;
    }
    Engine running = engine.running();
    if (running == null) {
      giveBack(holder);
    } else {
      running.hold(
          holder,
          held.stream().map(row -> new ClaimedTask(row, row.runtimeMillis(), 1, 0, 1)).toList());
    }
  }

  /**
   * The engine was closed meanwhile; what cannot be given back is recovered as from a dead node.
   */
  private void giveBack(Node node) {
    List<Settlement> releases = new ArrayList<>();
    held.forEach(row -> releases.add(new Settlement.Release(row.id(), 1, row.runtimeMillis())));
    try {
      parts.store().settle(node.number(), releases, engine.millis());
    } catch (GatehouseException e) {
      LOGGER.warn("{} tasks wait for recovery, for the engine was closed", held.size(), e);
    }
  }

  private Scheduled placeTaken(
      Transaction transaction, TaskStore store, Wanted wanted, long firstOwner) {
    long owner = firstOwner;
    if (wanted.ifTaken() == IfTaken.REJECT || wanted.ifTaken() == IfTaken.KEEP) {
      return taken(wanted, owner);
    }
    for (int tries = 0; tries < TRIES; tries++) {
      releaseUnbegun(store, owner);
      TaskRow row = wanted.row().withId(owner);
      Outcome outcome = store.replace(row, wanted.ifTaken()).orElse(null);
      if (outcome != null) {
        if (outcome == Outcome.REPLACED) {
          changeGates(transaction, store, row);
          audit.changed(transaction, row, 0, "replaced");
        }
        return new Scheduled(new TaskId(owner), outcome);
      }
      // It was purged meanwhile, and its number with it.
      owner = store.insert(List.of(wanted.row())).get(0);
      if (owner == wanted.row().id()) {
        standInLines(transaction, store, List.of(wanted.row()));
        return new Scheduled(new TaskId(owner), Outcome.NEW);
      }
    }
    throw new StorageException(
        "task number was taken and given up by others " + TRIES + " times in a row");
  }

  static void standInLines(Transaction transaction, TaskStore store, List<TaskRow> inserted) {
    List<GateStore.Place> places = GateRules.lines(inserted);
    if (!places.isEmpty()) {
      store.gates().joining(transaction).add(places);
    }
  }

  /** Whatever places it had were another task's, so to speak. */
  private void changeGates(Transaction transaction, TaskStore store, TaskRow row) {
    GateStore gates = store.gates().joining(transaction);
    List<GateStore.Place> old = gates.ofTasks(List.of(row.id()));
    if (!old.isEmpty()) {
      gates.remove(old);
      List<String> names = old.stream().map(GateStore.Place::gate).toList();
      transaction.afterCommit(() -> engine.touchedGates(names));
    }
    standInLines(transaction, store, List.of(row));
  }

  /** As {@link TaskRequests} do; again, if the transaction is tried again. */
  private void releaseUnbegun(TaskStore store, long id) {
    HeldTask unbegun = joined == null ? engine.takeBack(OptionalLong.empty(), id) : null;
    if (unbegun != null) {
      takenBack.put(id, unbegun);
    }
    HeldTask held = takenBack.get(id);
    if (held != null) {
      Settlement release = new Settlement.Release(id, held.fence(), held.dueMillis());
      store.settle(held.node().number(), List.of(release), engine.millis());
    }
  }

  private void hint(Transaction transaction, List<Wanted> wanted, List<Scheduled> placed) {
    int scheduled = 0;
    long earliest = Long.MAX_VALUE;
    boolean replaced = false;
    for (int i = 0; i < placed.size(); i++) {
      Outcome outcome = placed.get(i).outcome();
      replaced |= outcome == Outcome.REPLACED;
      if (outcome == Outcome.NEW || outcome == Outcome.REPLACED) {
        scheduled++;
        earliest = Math.min(earliest, wanted.get(i).row().runtimeMillis());
      }
    }
    if (scheduled > held.size()) {
      long due = earliest;
      transaction.afterCommit(() -> engine.dueAt(due));
    }
    if (replaced) {
      transaction.afterCommit(engine::askedOfRunning);
    }
  }

  private static void requireFree(TaskStore store, Wanted wanted) {
    TaskRow row = wanted.row();
    if (row.taskNo() != null && wanted.ifTaken() == IfTaken.REJECT) {
      OptionalLong id = store.findId(row.applicationId(), row.taskNo());
      if (id.isPresent()) {
        throw taken(row, id.getAsLong());
      }
    }
  }

  private static void requireDistinctNumbers(List<Wanted> wanted) {
    if (wanted.size() == 1) {
      return;
    }
    record Numbered(long applicationId, String taskNo) {}

    Set<Numbered> seen = new HashSet<>();
    for (Wanted one : wanted) {
      TaskRow row = one.row();
      if (row.taskNo() != null && !seen.add(new Numbered(row.applicationId(), row.taskNo()))) {
        throw new ConflictException("taskNo '" + row.taskNo() + "' is given to two tasks");
      }
    }
  }

  private static ConflictException taken(TaskRow row, long id) {
    return new ConflictException("taskNo '" + row.taskNo() + "' is taken by task " + id);
  }
}
