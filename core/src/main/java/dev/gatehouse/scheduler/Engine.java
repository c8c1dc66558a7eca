package dev.gatehouse.scheduler;

import java.util.concurrent.Executor;

/**
 * The parts of a scheduler at work on one node, put together; who calls them, and when, is up to
 * {@link EngineThreads} or {@link VirtualStepper}.
 */
final class Engine {
  private final EngineClock clock;
  private final Waker waker;
  private final long windowNanos;
  private final Holdings holdings;
  private final Settler settler;
  private final Attempts attempts;
  private final Membership membership;
  private final Claimer claimer;
  private final ProgressBoard progress;
  private final Runner runner;
  private final Drainers drainers;
  private final Firing firing;
  private final Keeper keeper;
  private final Recurrer recurrer;

  Engine(SchedulerParts parts, EngineClock clock, Executor workers, Waker waker) {
    this.clock = clock;
    this.waker = waker;
    windowNanos = parts.options().claimWindow().toNanos();
    holdings = new Holdings(parts.options().capacity(), clock.nanoTime());
    settler = new Settler(parts, holdings, clock, this::dueAt, waker);
    attempts = new Attempts(holdings, clock, settler, parts.listener(), waker);
    membership = new Membership(parts, clock, attempts, waker);
    claimer = new Claimer(parts.store(), clock, membership, holdings, attempts);
    progress = new ProgressBoard(parts.store(), clock);
    runner = new Runner(parts, attempts, progress, waker);
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
  }

  /** A ready task is due at that time: if that is soon, it is claimed at once. */
  void dueAt(long dueMillis) {
    if (clock.nanosUntil(dueMillis) <= windowNanos) {
      claimer.anew();
      waker.wake(Waker.Role.CLAIMER);
    }
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

  Claimer claimer() {
    return claimer;
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
}
