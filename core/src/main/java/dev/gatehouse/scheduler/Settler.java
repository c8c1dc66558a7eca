package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.TaskStore.IfLocked;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what became of tasks, in groups: all that ended while one group was written makes the
 * next. A group that could not be written is kept and tried again, first one by one, so that a
 * settlement that the store refuses does not stop the others. It is tried for as long as the node
 * lives and beyond: the fence decides whether it still counts.
 *
 * <p>Two kinds wait aside, each for a time of its own that grows, and hold up nothing: tasks that a
 * host's transaction, or a frozen process, has locked; and settlements that the store goes on to
 * refuse while it takes others, of which the task is failed in the end.
 *
 * <p>{@link #add} is safe for use by multiple threads, {@link #flush} is called by one at a time.
 */
final class Settler {
  private static final Logger LOGGER = LoggerFactory.getLogger(Settler.class);
  private static final int MANY = 250;

  /** How long a task that another has locked is left alone. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** How long one that the store refuses is left alone. */
  private static final Duration FIRST_REST = Duration.ofSeconds(1);

  private static final Duration LONGEST_REST = Duration.ofMinutes(1);

  /**
   * What was written.
   *
   * @param locked of what was passed over, as others have the task locked
   * @param turns that were handed on
   */
  private record Written(List<Settled> settled, Set<Long> locked, List<Turns.Turn> turns) {}

  private final SchedulerParts parts;
  private final Turns turns;
  private final Holdings holdings;
  private final EngineClock clock;
  private final LongConsumer dueSoon;
  private final Waker waker;
  private final TaskAudit audit;
  private final GatehouseListener listener;
  private final Advancer advancer;
  private final AdvanceQueue queue;
  private final WorkflowEnds ends;
  private final ConcurrentLinkedQueue<PendingSettlement> added = new ConcurrentLinkedQueue<>();

  /** How many are queued, so that the thread that flushes is roused for the first and for many. */
  private final AtomicInteger pendings = new AtomicInteger();

  /** Whether a task is queued for which others wait. */
  private volatile boolean urgent;

  private final LongAdder flushes = new LongAdder();
  private final LongAdder settlements = new LongAdder();

  // Used by the thread that flushes.
  private final Deque<PendingSettlement> backlog = new ArrayDeque<>();
  private final Set<PendingSettlement> aside = new LinkedHashSet<>();
  private int limit;
  private boolean handsOn = true;

  /**
   * A settler.
   *
   * @param dueSoon is told when a task that was given back is due
   */
  Settler(SchedulerParts parts, Turns turns, EngineClock clock, LongConsumer dueSoon, Waker waker) {
    this.parts = parts;
    this.turns = turns;
    holdings = turns.holdings();
    this.clock = clock;
    this.dueSoon = dueSoon;
    this.waker = waker;
    audit = new TaskAudit(parts.audit(), parts.options().audited());
    listener = parts.listener();
    advancer = new Advancer(parts, store -> clock.millis(), dueSoon);
    queue = new AdvanceQueue(advancer, clock, waker);
    ends = new WorkflowEnds(parts, queue::add);
    limit = parts.options().settleBatch();
  }

  /** Queues what became of a held task. */
  void add(HeldTask held, Settlement settlement) {
    add(new PendingSettlement(held.node(), settlement, held));
  }

  /** Queues giving back a task that the store has as the node's and the node does not know. */
  void addUnknown(Node node, Settlement.Release release) {
    add(new PendingSettlement(node, release, null));
  }

  private void add(PendingSettlement pending) {
    added.add(pending);
    HeldTask held = pending.held();
    if (held != null && isAwaited(held)) {
      urgent = true;
      waker.wake(Waker.Role.SETTLER);
    }
    int count = pendings.incrementAndGet();
    if (count == 1 || count == MANY) {
      waker.wake(Waker.Role.SETTLER);
    }
  }

  private boolean isAwaited(HeldTask held) {
    return held.row().workflowId() != 0
        || held.isSuspect()
        || holdings.gates().isAwaited(held.row());
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
      List<PendingSettlement> group = nextGroup();
      if (!group.isEmpty()) {
        settled += write(group);
        handsOn = true;
        limit = (int) Math.min(parts.options().settleBatch(), 2L * limit);
      }
      settled += writeAside(clock.nanoTime()) + queue.advance();
    } while (hasMany() || !backlog.isEmpty() || !queue.isEmpty());
    return settled;
  }

  /** Whether nothing is left to write at once; to be asked by the thread that flushes. */
  boolean isIdle() {
    return added.isEmpty() && backlog.isEmpty() && queue.isEmpty();
  }

  /** Nanoseconds until there is something to do unbidden; to be asked by the same thread. */
  long nanosToLook() {
    long now = clock.nanoTime();
    List<Pause> pauses = aside.stream().map(one -> requireNonNull(one.pause())).toList();
    return Math.min(Pause.nanosToFirst(pauses, now), queue.nanosToLook());
  }

  /** Tries once more what waits aside; whether none is left. Asks the store. */
  boolean flushAside() {
    writeAside(clock.nanoTime() + 2 * LONGEST_REST.toNanos());
    return aside.isEmpty();
  }

  private int write(List<PendingSettlement> group) {
    boolean done = false;
    Written written;
    try {
      written = write(group, ifLocked());
      done = true;
    } catch (RuntimeException e) {
      if (group.size() == 1 && setAsideIfPoison(group.get(0), e)) {
        pendings.decrementAndGet();
        done = true;
        return 0;
      }
      throw e;
    } finally {
      if (!done) {
        putBack(group);
      }
    }
    pendings.addAndGet(-group.size());
    return acknowledge(group, written);
  }

  /** While others have tasks locked, a moment for each group would be many. */
  private IfLocked ifLocked() {
    boolean locked = aside.stream().anyMatch(one -> !one.isPoison());
    return locked ? IfLocked.PASS_OVER : IfLocked.WAIT_A_MOMENT;
  }

  /** Sets it aside if the store refuses this one only, so that it does not hold up the others. */
  private boolean setAsideIfPoison(PendingSettlement refused, RuntimeException e) {
    if (refused.refused(flushes.sum())) {
      LOGGER.warn("the end of task {} cannot be written, is tried now and then", refused.id(), e);
    }
    if (!refused.isPoison()) {
      return false;
    }
    if (refused.giveUp()) {
      LOGGER.error("task {} is given up as failed, as its end cannot be written", refused.id(), e);
    }
    refused.waitAside(FIRST_REST, LONGEST_REST, clock.nanoTime());
    aside.add(refused);
    return true;
  }

  /**
   * Writes those that wait aside for no longer than that: the refused ones each alone, the others
   * together. They stay aside until they are written; that they are not stops nothing that is
   * queued.
   */
  private int writeAside(long until) {
    int settled = 0;
    List<PendingSettlement> due =
        aside.stream().filter(one -> requireNonNull(one.pause()).nanosLeft(until) <= 0).toList();
    List<PendingSettlement> left = new ArrayList<>(due);
    while (!left.isEmpty()) {
      PendingSettlement first = left.get(0);
      Set<Long> ids = new HashSet<>();
      List<PendingSettlement> group =
          first.isPoison()
              ? List.of(first)
              : left.stream()
                  .filter(one -> !one.isPoison() && one.node().equals(first.node()))
                  .filter(one -> ids.add(one.id()))
                  .limit(parts.options().settleBatch())
                  .toList();
      left.removeAll(group);
      settled += writeAside(group);
    }
    return settled;
  }

  private int writeAside(List<PendingSettlement> group) {
    Written written;
    try {
      written = write(group, IfLocked.PASS_OVER);
    } catch (RuntimeException e) {
      LOGGER.debug("the ends of tasks that wait aside could not be written", e);
      for (PendingSettlement one : group) {
        if (group.size() > 1 || !setAsideIfPoison(one, e)) {
          one.waitAside(FIRST_PAUSE, LONGEST_PAUSE, clock.nanoTime());
        }
      }
      return 0;
    }
    group.forEach(aside::remove);
    return acknowledge(group, written);
  }

  /** As many as one transaction may hold: of one node, and no task twice. */
  private List<PendingSettlement> nextGroup() {
    for (PendingSettlement next = added.poll(); next != null; next = added.poll()) {
      backlog.addLast(next);
    }
    List<PendingSettlement> group = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    while (group.size() < limit && !backlog.isEmpty()) {
      PendingSettlement next = backlog.getFirst();
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

  private void putBack(List<PendingSettlement> group) {
    if (group.size() == 1) {
      backlog.addLast(group.get(0));
    } else {
      for (int i = group.size() - 1; i >= 0; i--) {
        backlog.addFirst(group.get(i));
      }
    }
    limit = 1;
    handsOn = false;
  }

  /** A second try of the transaction is for locks, which it has waited for. */
  private Written write(List<PendingSettlement> group, IfLocked ifLocked) {
    List<PendingSettlement> sorted = new ArrayList<>(group);
    sorted.sort(Comparator.comparingLong(PendingSettlement::id));
    List<Settlement> settlements =
        sorted.stream()
            .map(pending -> parts.options().toKeep(pending.held(), pending.settlement()))
            .toList();
    int node = sorted.get(0).node().number();
    long now = clock.millis();
    AtomicReference<IfLocked> next = new AtomicReference<>(ifLocked);
    AtomicInteger tries = new AtomicInteger();
    Transactions transactions = parts.transactions();
    return transactions.call(
        transaction -> {
          TaskStore store = parts.store().joining(transaction);
          List<Settled> done =
              store.settle(node, settlements, now, next.getAndSet(IfLocked.PASS_OVER));
          record(transaction, done, group);
          report(transaction, done, group);
          Set<Long> locked = locked(store, node, settlements, done);
          // Whatever is wrong with gates must not keep an end from being written.
          boolean simple = !handsOn || tries.getAndIncrement() > 0;
          return new Written(
              done, locked, simple ? List.of() : turns.handOn(transaction, done, group));
        });
  }

  /** What is still the node's under its fence was not too late. */
  private static Set<Long> locked(
      TaskStore store, int node, List<Settlement> settlements, List<Settled> done) {
    if (done.size() == settlements.size()) {
      return Set.of();
    }
    Map<Long, Long> fences = new HashMap<>();
    settlements.forEach(one -> fences.put(one.id(), one.fence()));
    done.forEach(one -> fences.remove(one.id()));
    return store.leased(node, List.copyOf(fences.keySet())).stream()
        .filter(task -> Long.valueOf(task.fence()).equals(fences.get(task.id())))
        .map(LeasedTask::id)
        .collect(Collectors.toSet());
  }

  private void record(
      Transaction transaction, List<Settled> settled, List<PendingSettlement> group) {
    if (!audit.coversAny()) {
      return;
    }
    Map<Long, HeldTask> heldById = new HashMap<>();
    for (PendingSettlement pending : group) {
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

  /** But for those whose turns were handed on. */
  private void leaveGates(List<PendingSettlement> group, List<Turns.Turn> handedOn) {
    Set<HeldTask> left = new HashSet<>();
    handedOn.forEach(turn -> left.add(turn.ended()));
    for (PendingSettlement pending : group) {
      if (pending.held() != null && !left.contains(pending.held())) {
        holdings.gates().left(pending.held());
      }
    }
  }

  private void report(
      Transaction transaction, List<Settled> settled, List<PendingSettlement> group) {
    Map<Long, PendingSettlement> ofWorkflows = new HashMap<>();
    for (PendingSettlement pending : group) {
      if (pending.held() == null || pending.held().row().workflowId() != 0) {
        ofWorkflows.put(pending.settlement().id(), pending);
      }
    }
    if (ofWorkflows.isEmpty()) {
      return;
    }
    List<WorkflowReport> reports = new ArrayList<>();
    for (Settled one : settled) {
      PendingSettlement pending = ofWorkflows.get(one.id());
      if (pending != null && one.status().isFinal()) {
        row(transaction, pending)
            .flatMap(row -> ends.ending(row, one.status(), result(pending)))
            .ifPresent(reports::add);
      }
    }
    ends.write(transaction, reports);
  }

  private Optional<TaskRow> row(Transaction transaction, PendingSettlement pending) {
    return pending.held() != null
        ? Optional.of(pending.held().row())
        : parts
            .store()
            .joining(transaction)
            .find(OptionalLong.empty(), pending.settlement().id())
            .map(TaskState::row);
  }

  private static @Nullable String result(PendingSettlement pending) {
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

  /** How many of the group are over. */
  private int acknowledge(List<PendingSettlement> group, Written written) {
    List<PendingSettlement> over = new ArrayList<>();
    for (PendingSettlement pending : group) {
      if (!written.locked().contains(pending.id())) {
        over.add(pending);
      } else {
        pending.waitAside(FIRST_PAUSE, LONGEST_PAUSE, clock.nanoTime());
        aside.add(pending);
      }
    }
    turns.take(written.turns());
    leaveGates(over, written.turns());
    acknowledge(over, written.settled());
    return over.size();
  }

  private void acknowledge(List<PendingSettlement> group, List<Settled> settled) {
    if (!group.isEmpty()) {
      flushes.increment();
    }
    settlements.add(settled.size());
    for (PendingSettlement pending : group) {
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
