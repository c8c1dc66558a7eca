package dev.gatehouse.scheduler;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes what became of tasks, in groups: all that ended while one group was written makes the
 * next. A group that could not be written is kept and tried again, first one by one, so that a
 * settlement that the store refuses does not stop the others. It is tried for as long as the node
 * lives and beyond: the fence decides whether it still counts.
 *
 * <p>{@link #add} is safe for use by multiple threads, {@link #flush} is called by one at a time.
 */
final class Settler {
  private static final int MANY = 250;

  private record Pending(Node node, Settlement settlement, @Nullable HeldTask held) {}

  private final SchedulerParts parts;
  private final Holdings holdings;
  private final EngineClock clock;
  private final LongConsumer dueSoon;
  private final Waker waker;
  private final TaskAudit audit;
  private final GatehouseListener listener;
  private final Advancer advancer;
  private final AdvanceQueue queue;
  private final WorkflowEnds ends;
  private final ConcurrentLinkedQueue<Pending> added = new ConcurrentLinkedQueue<>();

  /** How many are queued, so that the thread that flushes is roused for the first and for many. */
  private final AtomicInteger pendings = new AtomicInteger();

  /** Whether a task is queued for which others wait. */
  private volatile boolean urgent;

  private final LongAdder flushes = new LongAdder();
  private final LongAdder settlements = new LongAdder();

  // Used by the thread that flushes.
  private final Deque<Pending> backlog = new ArrayDeque<>();
  private int limit;

  /**
   * A settler.
   *
   * @param dueSoon is told when a task that was given back is due
   */
  Settler(
      SchedulerParts parts,
      Holdings holdings,
      EngineClock clock,
      LongConsumer dueSoon,
      Waker waker) {
    this.parts = parts;
    this.holdings = holdings;
    this.clock = clock;
    this.dueSoon = dueSoon;
    this.waker = waker;
    audit = new TaskAudit(parts.audit(), parts.options().audited());
    listener = parts.listener();
    advancer = new Advancer(parts, clock::millis, dueSoon);
    queue = new AdvanceQueue(advancer, waker);
    ends = new WorkflowEnds(parts, queue::add);
    limit = parts.options().settleBatch();
  }

  /** Queues what became of a held task. */
  void add(HeldTask held, Settlement settlement) {
    add(new Pending(held.node(), settlement, held));
  }

  /** Queues giving back a task that the store has as the node's and the node does not know. */
  void addUnknown(Node node, Settlement.Release release) {
    add(new Pending(node, release, null));
  }

  private void add(Pending pending) {
    added.add(pending);
    HeldTask held = pending.held();
    if (held != null && (held.row().workflowId() != 0 || held.isSuspect())) {
      urgent = true;
      waker.wake(Waker.Role.SETTLER);
    }
    int count = pendings.incrementAndGet();
    if (count == 1 || count == MANY) {
      waker.wake(Waker.Role.SETTLER);
    }
  }

  /** Whether so much is queued that it should not wait for more. */
  boolean hasMany() {
    return urgent || pendings.get() >= MANY;
  }

  /** Lets workflows take note of what this node did. */
  AdvanceQueue queue() {
    return queue;
  }

  Advancer advancer() {
    return advancer;
  }

  /** Reports ends to workflows, which are advanced by the thread that flushes. */
  WorkflowEnds ends() {
    return ends;
  }

  /** Writes all that is queued and returns how much that was. Asks the store. */
  int flush() {
    int settled = flushMany();
    while (!isIdle()) {
      settled += flushMany();
    }
    return settled;
  }

  /**
   * Writes what is queued, group after group; what comes in meanwhile is left to wait for more,
   * unless it is many. Asks the store.
   *
   * @return how much was written
   */
  int flushMany() {
    int settled = 0;
    do {
      urgent = false;
      List<Pending> group = nextGroup();
      if (group.isEmpty()) {
        return settled + queue.advance();
      }
      boolean written = false;
      List<Settled> done;
      try {
        done = write(group);
        written = true;
      } finally {
        if (!written) {
          putBack(group);
        }
      }
      pendings.addAndGet(-group.size());
      acknowledge(group, done);
      limit = (int) Math.min(parts.options().settleBatch(), 2L * limit);
      settled += group.size() + queue.advance();
    } while (hasMany() || !backlog.isEmpty() || !queue.isEmpty());
    return settled;
  }

  /** Whether nothing is left to write; to be asked by the thread that flushes. */
  boolean isIdle() {
    return added.isEmpty() && backlog.isEmpty() && queue.isEmpty();
  }

  /** As many as one transaction may hold: of one node, and no task twice. */
  private List<Pending> nextGroup() {
    for (Pending next = added.poll(); next != null; next = added.poll()) {
      backlog.addLast(next);
    }
    List<Pending> group = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    while (group.size() < limit && !backlog.isEmpty()) {
      Pending next = backlog.getFirst();
      boolean fits =
          group.isEmpty()
              || (next.node().equals(group.get(0).node()) && !ids.contains(next.settlement().id()));
      if (!fits) {
        break;
      }
      ids.add(next.settlement().id());
      group.add(backlog.removeFirst());
    }
    return group;
  }

  private void putBack(List<Pending> group) {
    if (group.size() == 1) {
      backlog.addLast(group.get(0));
    } else {
      for (int i = group.size() - 1; i >= 0; i--) {
        backlog.addFirst(group.get(i));
      }
    }
    limit = 1;
  }

  private List<Settled> write(List<Pending> group) {
    List<Pending> sorted = new ArrayList<>(group);
    sorted.sort(Comparator.comparingLong(pending -> pending.settlement().id()));
    List<Settlement> settlements =
        sorted.stream()
            .map(pending -> parts.options().toKeep(pending.held(), pending.settlement()))
            .toList();
    int node = sorted.get(0).node().number();
    long now = clock.millis();
    Transactions transactions = parts.transactions();
    return transactions.call(
        transaction -> {
          List<Settled> done = parts.store().joining(transaction).settle(node, settlements, now);
          record(transaction, done, group);
          report(transaction, done, group);
          return done;
        });
  }

  private void record(Transaction transaction, List<Settled> settled, List<Pending> group) {
    if (!audit.coversAny()) {
      return;
    }
    Map<Long, HeldTask> heldById = new HashMap<>();
    for (Pending pending : group) {
      if (pending.held() != null) {
        heldById.put(pending.settlement().id(), pending.held());
      }
    }
    List<AuditRecord> records = new ArrayList<>();
    for (Settled one : settled) {
      HeldTask held = heldById.get(one.id());
      if (held != null) {
        audit.ending(held.row(), one.status(), held.attempt()).ifPresent(records::add);
      }
    }
    audit.write(transaction, records);
  }

  private void leaveGates(List<Pending> group) {
    for (Pending pending : group) {
      if (pending.held() != null) {
        holdings.gates().left(pending.held());
      }
    }
  }

  private void report(Transaction transaction, List<Settled> settled, List<Pending> group) {
    Map<Long, Pending> ofWorkflows = new HashMap<>();
    for (Pending pending : group) {
      if (pending.held() == null || pending.held().row().workflowId() != 0) {
        ofWorkflows.put(pending.settlement().id(), pending);
      }
    }
    if (ofWorkflows.isEmpty()) {
      return;
    }
    List<WorkflowReport> reports = new ArrayList<>();
    for (Settled one : settled) {
      Pending pending = ofWorkflows.get(one.id());
      if (pending != null && one.status().isFinal()) {
        row(transaction, pending)
            .flatMap(row -> ends.ending(row, one.status(), result(pending)))
            .ifPresent(reports::add);
      }
    }
    ends.write(transaction, reports);
  }

  private Optional<TaskRow> row(Transaction transaction, Pending pending) {
    return pending.held() != null
        ? Optional.of(pending.held().row())
        : parts
            .store()
            .joining(transaction)
            .find(OptionalLong.empty(), pending.settlement().id())
            .map(TaskState::row);
  }

  private static @Nullable String result(Pending pending) {
    return pending.settlement() instanceof Settlement.Finish finish ? finish.result() : null;
  }

  /** How many groups were written. */
  long flushes() {
    return flushes.sum();
  }

  /** How many settlements counted. */
  long settled() {
    return settlements.sum();
  }

  private void acknowledge(List<Pending> group, List<Settled> settled) {
    flushes.increment();
    settlements.add(settled.size());
    leaveGates(group);
    for (Pending pending : group) {
      if (pending.held() != null) {
        holdings.remove(pending.held());
        if (pending.held().isSuspect()) {
          waker.wake(Waker.Role.GATEKEEPER);
        }
      }
      if (pending.settlement() instanceof Settlement.Retry retry) {
        dueSoon.accept(retry.dueMillis());
      } else if (pending.settlement() instanceof Settlement.Release release) {
        dueSoon.accept(release.dueMillis());
      } else if (pending.settlement() instanceof Settlement.Interrupt interrupt) {
        dueSoon.accept(interrupt.dueMillis());
      }
    }
    if (holdings.hasRoomAgain()) {
      waker.wake(Waker.Role.CLAIMER);
    }
    int stale = group.size() - settled.size();
    if (stale > 0) {
      listener.staleResults(stale);
    }
  }
}
