package dev.gatehouse.scheduler;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a scheduler at work on one node, put together; who calls them, and when, is up to
 * {@link EngineThreads} or {@link VirtualStepper}.
 */
final class Engine {
  private final EngineClock clock;
  private final Waker waker;
  private final long windowNanos;
  private final int maxRunning;
  private final Hints hints;
  private final LongAdder heeded = new LongAdder();
  private final Holdings holdings;
  private final Settler settler;
  private final Attempts attempts;
  private final Membership membership;
  private final FairClaims claims;
  private final Pace pace;
  private final Claimer claimer;
  private final Gatekeeper gatekeeper;
  private final Suspects suspects;
  private final ProgressBoard progress;
  private final Runner runner;
  private final Drainers drainers;
  private final Firing firing;
  private final Keeper keeper;
  private final Recurrer recurrer;
  private final WorkflowKeeper workflowKeeper;
  private final RecentWork recent;

  /** An engine for which nothing is kept: it may be forgotten without being closed. */
  Engine(SchedulerParts parts, EngineClock clock, Executor workers, Waker waker) {
    this(parts, NodeLeases.of(parts.store()), clock, workers, waker);
  }

  Engine(
      SchedulerParts parts, NodeLeases leases, EngineClock clock, Executor workers, Waker waker) {
    this.clock = clock;
    this.waker = waker;
    windowNanos = parts.options().claimWindow().toNanos();
    maxRunning = parts.options().maxRunning();
    hints = parts.store().hints();
    holdings =
        new Holdings(
            parts.options(),
            clock.nanoTime(),
            new GateQueue(new GateRules(parts.options(), parts.handlers().keySet()), waker),
            waker);
    Turns turns = new Turns(parts, holdings, clock, this::rouse);
    settler = new Settler(parts, turns, clock, this::dueAt, waker);
    attempts = new Attempts(parts, holdings, clock, settler, waker);
    membership = new Membership(parts, leases, clock, attempts, waker);
    progress = new ProgressBoard(parts.store(), clock);
    suspects = new Suspects(parts, holdings, clock, waker);
    runner = new Runner(parts, attempts, suspects, progress, waker);
    pace =
        new Pace(holdings.due(), runner.permits(), clock, parts.options(), membership::hasOthers);
    claims = new FairClaims(parts.store(), attempts.passedOver(), clock);
    claimer = new Claimer(claims, clock, membership, attempts, pace);
    Handover handover = new Handover(membership, attempts, pace, claimer);
    gatekeeper = new Gatekeeper(parts, attempts, handover, clock, this::dueAt);
    int processors = Runtime.getRuntime().availableProcessors();
    drainers =
        new Drainers(
            runner,
            holdings.due(),
            clock,
            workers,
            Math.min(processors, parts.options().maxRunning()));
    firing = new Firing(clock, membership, holdings, attempts, drainers);
    keeper = new Keeper(parts, this);
    recurrer = new Recurrer(parts, this);
    workflowKeeper = new WorkflowKeeper(parts, this);
    recent =
        new RecentWork(
            clock::nanoTime,
            () ->
                new RecentWork.Counts(
                    claimer.claims(),
                    claimer.claimed(),
                    settler.flushes(),
                    settler.settled(),
                    parts.store().traffic()));
  }

  RecentWork recent() {
    return recent;
  }

  /**
   * A task that this node made ready is due at that time: if that is soon, it is claimed at once,
   * and other nodes, if there are any, hear of it.
   */
  void dueAt(long dueMillis) {
    long nanos = clock.nanosUntil(dueMillis);
    if (nanos <= windowNanos || claimer.comesAfter(claimableMillis(dueMillis))) {
      claimer.anew();
      waker.wake(Waker.Role.CLAIMER);
    }
    if (nanos <= Claimer.IDLE_NANOS && membership.hasOthers()) {
      hints.announce(dueMillis);
    }
  }

  /**
   * The node, if it should hold these new tasks itself that are due by then: it has room for them,
   * as for a claim, nothing waits for one, and no other node is left idle.
   */
  @Nullable Node toHold(List<TaskRow> rows, long dueUntilMillis) {
    Node node = membership.live();
    if (node == null || !claimer.keepsUp()) {
      return null;
    }
    int places = dueUntilMillis > clock.millis() ? holdings.roomAhead() : holdings.room();
    int room = Math.min(places, pace.room());
    if (membership.hasOthers()) {
      room = Math.min(room, maxRunning - holdings.size());
    }
    if (rows.size() > room || !holdings.contents().hasRoomFor(rows)) {
      return null;
    }
    claimer.inserts(dueUntilMillis);
    return node;
  }

  /** From when on a task that is due at that time is claimed. */
  private long claimableMillis(long dueMillis) {
    return dueMillis - TimeUnit.NANOSECONDS.toMillis(windowNanos);
  }

  /** How far ahead the engine holds tasks, in epoch milliseconds. */
  long windowEndMillis() {
    return clock.millis() + TimeUnit.NANOSECONDS.toMillis(windowNanos);
  }

  /** Tasks were inserted as held by this node, and the insertion is committed. */
  void hold(Node node, List<ClaimedTask> tasks) {
    attempts.hold(node, tasks);
    membership.wantPrecision();
    rouse();
  }

  /** Tasks are to begin that were not before, now or soon. */
  private void rouse() {
    drainers.rouse();
    waker.wake(Waker.Role.TIMER);
  }

  /** Has the engine hear of what other nodes made ready, until that is closed. */
  Hints.Listening listen() {
    return hints.listen(this::heard);
  }

  /** Some node says that a task is due at that time. */
  void heard(long dueMillis) {
    if (claimer.comesAfter(claimableMillis(dueMillis))) {
      heeded.increment();
      claimer.anew();
      waker.wake(Waker.Role.CLAIMER);
    } else if (clock.nanosUntil(dueMillis) <= windowNanos) {
      claimer.anew();
    }
  }

  /** How many hints brought a claim forward. */
  long heeded() {
    return heeded.sum();
  }

  EngineClock clock() {
    return clock;
  }

  Waker waker() {
    return waker;
  }

  Holdings holdings() {
    return holdings;
  }

  Settler settler() {
    return settler;
  }

  Attempts attempts() {
    return attempts;
  }

  Membership membership() {
    return membership;
  }

  FairClaims claims() {
    return claims;
  }

  Claimer claimer() {
    return claimer;
  }

  Gatekeeper gatekeeper() {
    return gatekeeper;
  }

  Suspects suspects() {
    return suspects;
  }

  ProgressBoard progress() {
    return progress;
  }

  Runner runner() {
    return runner;
  }

  Drainers drainers() {
    return drainers;
  }

  Firing firing() {
    return firing;
  }

  Keeper keeper() {
    return keeper;
  }

  Recurrer recurrer() {
    return recurrer;
  }

  WorkflowKeeper workflowKeeper() {
    return workflowKeeper;
  }
}
