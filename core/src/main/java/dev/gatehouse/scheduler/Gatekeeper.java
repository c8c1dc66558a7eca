package dev.gatehouse.scheduler;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.scheduler.Admission.Ahead;
import dev.gatehouse.scheduler.Admission.Led;
import dev.gatehouse.scheduler.Admission.Look;
import dev.gatehouse.scheduler.GateQueue.Left;
import dev.gatehouse.scheduler.GateStore.GatePage;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.TaskPage;
import dev.gatehouse.scheduler.Handover.Room;
import dev.gatehouse.scheduler.Passage.Passed;
import dev.gatehouse.scheduler.ShutGates.Later;
import dev.gatehouse.transaction.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Lets limited tasks through their gates, many in one transaction: those that find room run at
 * once, for this node holds them already; the others go back to the store, where they wait until
 * someone lets them in. {@link #flush} is called by one thread at a time and asks the store.
 *
 * <p>A place is given up after the attempt's end is written, in a transaction of its own: so a gate
 * never holds up settlements, nor a host's transaction. Only who has the turn of a line, and is
 * followed, gives it on with its end: see {@link Turns}. If the node dies in between, the place is
 * {@linkplain #sweep swept}.
 */
final class Gatekeeper {
  private static final int BATCH = 300;

  /** How much is looked through at a time for what somebody left behind, and for how long. */
  private static final int PAGE = 1_000;

  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final SchedulerParts parts;
  private final Holdings holdings;
  private final GateQueue queue;
  private final Handover handover;
  private final EngineClock clock;
  private final WorkflowEnds ends;
  private final TaskAudit audit;
  private final LongConsumer dueSoon;

  /** Fewer after a failure, and who failed goes behind, so that one cannot hold up the others. */
  private int batch = BATCH; // used by the thread that flushes

  private int turn; // used by the thread that flushes
  private final ShutGates shut; // used by the thread that flushes

  /** When to look at paced gates where others wait, in epoch milliseconds. */
  private final Map<String, Long> looks = new HashMap<>(); // used by the thread that flushes

  private final RecentUse use = new RecentUse();
  private final RunLengths lengths = new RunLengths(); // used by the thread that flushes

  // Used by the thread that sweeps.
  private String lastGate = "";
  private long lastTask;

  /**
   * A gatekeeper.
   *
   * @param dueSoon is told when a task that was let in is due
   */
  Gatekeeper(
      SchedulerParts parts,
      Attempts attempts,
      Handover handover,
      EngineClock clock,
      LongConsumer dueSoon) {
    this.parts = parts;
    holdings = attempts.holdings();
    queue = holdings.gates();
    this.handover = handover;
    ends = attempts.settler().ends();
    audit = new TaskAudit(parts.audit(), parts.options().audited());
    this.clock = clock;
    this.dueSoon = dueSoon;
    shut = new ShutGates(clock.nanoTime());
  }

  /** Does all that is queued and returns how much that was. */
  int flush() {
    int done = 0;
    for (Later later : shut.takeDue(clock.nanoTime())) {
      queue.arrived().addAll(later.arrived());
      queue.left().addAll(later.left());
      queue.touched().addAll(later.touched());
    }
    takeLooks();
    if (!queue.isEmpty()) {
      use.note(clock.nanoTime());
    }
    while (!queue.isEmpty()) {
      done += flushSome();
    }
    return done;
  }

  /** Nanoseconds until {@link #flush} may have something to do unbidden. */
  long nanosToLook() {
    long first = looks.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    long nanos = shut.nanosToLook(clock.nanoTime());
    return first == Long.MAX_VALUE ? nanos : Math.min(nanos, clock.nanosUntil(first));
  }

  private void takeLooks() {
    long now = clock.millis();
    looks.entrySet().removeIf(look -> look.getValue() <= now && queue.touched().add(look.getKey()));
  }

  /** Whether tasks went through gates here within the last minute. */
  boolean isInUse() {
    return use.isRecent(clock.nanoTime());
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  private int flushSome() {
    List<Queue<?>> queues = List.of(queue.arrived(), queue.left(), queue.touched());
    do {
      turn = (turn + 1) % queues.size();
    } while (queues.get(turn).isEmpty() && !queue.isEmpty());
    List<HeldTask> arrived = some(queue.arrived(), 0);
    List<Left> left = some(queue.left(), 1);
    Set<String> touched = new HashSet<>(some(queue.touched(), 2));
    Room room = handover.room();
    int free = 1 + holdings.roomForFollowers();
    Ahead ahead =
        new Ahead(
            room,
            line -> lengths.length(line, clock.nanoTime()),
            line -> Math.min(free, lengths.lengthOfLeased(line)));
    boolean done = false;
    Passage passage;
    try {
      passage =
          parts
              .transactions()
              .call(
                  transaction -> {
                    TaskStore store = parts.store().joining(transaction);
                    GateStore gates = parts.store().gates().joining(transaction);
                    Passage attempt =
                        new Passage(queue.rules(), gates, store, clock.millis(), ahead);
                    attempt.pass(waiting(arrived), left, touched, shut.names(clock.nanoTime()));
                    record(transaction, arrived, attempt.settled());
                    return attempt;
                  });
      done = true;
    } finally {
      batch = done ? Math.min(BATCH, 2 * batch) : Math.max(1, batch / 2);
      if (!done) {
        queue.arrived().addAll(arrived);
        queue.left().addAll(left);
        queue.touched().addAll(touched);
        if (room != null) {
          handover.unanswered(clock.millis());
        }
      }
    }
    passage.runs().forEach(run -> follow(run.line(), run.first(), run.followers()));
    passage.passed().forEach(this::letThrough);
    passage.sentAway().forEach(this::sendAway);
    passage.leftAgain().forEach(queue::left);
    shut.passed(passage.locked(), passage.later(), clock.nanoTime());
    if (room != null) {
      take(room, passage.admission());
    }
    passage.admission().looks().forEach(this::lookAt);
    if (passage.admission().anyReady()) {
      dueSoon.accept(clock.millis());
    }
    return arrived.size() + left.size() + touched.size();
  }

  /** After a failure one queue at a time has its turn. */
  private <T> List<T> some(Queue<T> from, int itsTurn) {
    List<T> some = new ArrayList<>();
    if (batch < BATCH && turn != itsTurn) {
      return some;
    }
    for (T next = from.peek(); next != null && some.size() < batch; next = from.peek()) {
      some.add(from.remove());
    }
    return some;
  }

  /** The others were taken away meanwhile. */
  private static List<HeldTask> waiting(List<HeldTask> arrived) {
    return arrived.stream().filter(HeldTask::isWaiting).toList();
  }

  /** Who is sent away is cancelled then, if that was asked meanwhile. */
  private void record(Transaction transaction, List<HeldTask> arrived, List<Settled> settled) {
    Map<Long, TaskStatus> ended = new HashMap<>();
    for (Settled one : settled) {
      if (one.status().isFinal()) {
        ended.put(one.id(), one.status());
      }
    }
    List<AuditRecord> records = new ArrayList<>();
    for (HeldTask held : arrived) {
      TaskStatus status = ended.remove(held.row().id());
      if (status != null) {
        audit.ending(held.row(), status, held.attempt()).ifPresent(records::add);
        ends.ended(transaction, held.row(), status, null);
      }
    }
    audit.write(transaction, records);
  }

  private void lookAt(String gate, Look look) {
    if (look.standBy()) {
      looks.merge(gate, look.millis(), Math::min);
    } else {
      looks.put(gate, look.millis());
    }
  }

  private void letThrough(Passed passed) {
    HeldTask held = passed.held();
    held.admit(passed.millis(), passed.taken());
    if (held.isWaiting()) {
      holdings.await(held, clock.millis());
    } else {
      queue.left(held);
      holdings.breakOff(held);
    }
  }

  private void follow(String line, HeldTask first, List<HeldTask> followers) {
    LineRun run =
        followers.isEmpty() ? null : new LineRun(line, first, followers, holdings.following());
    lengths.begun(line, 1 + followers.size(), run, clock.nanoTime());
  }

  /** Those that were let in go on; those behind them follow, or come to the gate by themselves. */
  private void take(Room room, Admission admission) {
    Map<Long, HeldTask> taken = new LinkedHashMap<>();
    handover.take(room, admission.claimed(), held -> taken.put(held.row().id(), held));
    for (Led led : admission.led()) {
      List<HeldTask> others = remove(taken, led.others());
      List<HeldTask> followers = remove(taken, led.followers());
      HeldTask first = taken.get(led.first());
      int follow = 0;
      while (first != null
          && follow < followers.size()
          && followers.get(follow).row().id() == led.followers().get(follow)
          && queue.rules().isOnly(followers.get(follow).row())) {
        follow++;
      }
      if (first != null) {
        follow(led.line(), first, followers.subList(0, follow));
      }
      followers.subList(follow, followers.size()).forEach(queue::takes);
      others.forEach(queue::takes);
    }
    taken.values().forEach(this::letIn);
  }

  /** Those of them that can be tried here. */
  private static List<HeldTask> remove(Map<Long, HeldTask> taken, List<Long> ids) {
    List<HeldTask> removed = new ArrayList<>();
    for (long id : ids) {
      HeldTask held = taken.remove(id);
      if (held != null) {
        removed.add(held);
      }
    }
    return removed;
  }

  /** It has the gate where it waited; others come yet, if there are any. */
  private void letIn(HeldTask held) {
    if (queue.rules().isOnly(held.row())) {
      letThrough(new Passed(held, 0, List.of()));
    } else {
      queue.takes(held);
    }
  }

  private void sendAway(HeldTask held) {
    if (held.drop()) {
      holdings.dropped();
    }
    holdings.remove(held);
  }

  /**
   * Gives up places that are not made use of, lets in those whom a node that was lost, or that runs
   * no tasks, should have let in, and deletes gates that nobody needs. Looks through a part if
   * there is much; the next call goes on.
   */
  void sweep() {
    GateStore gates = parts.store().gates();
    long now = clock.millis();
    long begin = clock.nanoTime();
    do {
      sweep(gates.stalled(now, lastGate, PAGE));
    } while (!lastGate.isEmpty() && clock.nanoTime() - begin < SWEEP_NANOS);
    begin = clock.nanoTime();
    do {
      TaskPage page = gates.left(now, lastTask, PAGE);
      lastTask = page.last();
      leave(page.left());
    } while (lastTask != 0 && clock.nanoTime() - begin < SWEEP_NANOS);
    gates.purge(now * 1_000, BATCH);
  }

  private void sweep(GatePage page) {
    lastGate = page.last();
    leave(page.left());
    if (!page.stalled().isEmpty()) {
      queue.touch(page.stalled());
    }
  }

  private void leave(List<Place> places) {
    places.stream().map(place -> new Left(place.taskId(), 0)).distinct().forEach(queue::left);
  }
}
