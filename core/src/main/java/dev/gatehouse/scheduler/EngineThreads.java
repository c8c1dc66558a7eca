package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.scheduler.Waker.Role;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine on its own threads, one for each {@link Role}, and workers for the handlers. The timer
 * touches memory only; a claim, a settlement or a renewal that hangs holds up none of the others.
 *
 * <p>No lock is held while the store is asked or user code runs. Shared state: {@link Holdings} is
 * made of concurrent maps and queues, {@link HeldTask} moves by compare-and-set, {@link Drainers}
 * take their seats by compare-and-set, {@link Node} and {@link EngineClock} are volatile values,
 * {@link Settler} takes from many threads through a queue; all else belongs to one thread.
 */
final class EngineThreads implements Drive {
  private static final Logger LOGGER = LoggerFactory.getLogger(EngineThreads.class);
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final long LEASES_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long AHEAD_MILLIS = 1_000; // so that a claim of the whole window finds them

  /** Claims that hints ask for come no closer than that. */
  private static final long MIN_CLAIM_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
  private static final long TIDY_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int SETTLED_TO_TIDY = 20_000;
  private static final int ROUNDS_TO_AUDIT = 10;
  private static final int ROUNDS_TO_SWEEP = 80;
  private static final int ROUNDS_TO_SWEEP_GATES = 20;
  private static final int ROUNDS_TO_SWEEP_GATES_UNUSED = 60;
  private static final long ADVANCE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long ADVANCE_UNUSED_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final SchedulerOptions options;
  private final TaskStore store;
  private final Engine engine;
  private final ExecutorService workers;
  private final Map<Role, Loop> loops = new EnumMap<>(Role.class);
  private volatile long settleBy;
  private volatile Hints.@Nullable Listening listening;
  private volatile boolean closing;
  private int round; // used by the keeper's thread
  private long advancedNanos = System.nanoTime(); // used by the sweeper's thread
  private final Purging purging; // used by the sweeper's thread
  private long tidied; // used by the tidier's thread
  private final TenthOfTime tidying = new TenthOfTime(System::nanoTime); // by the tidier's thread
  private final TenthOfTime gates = new TenthOfTime(System::nanoTime); // by the keeper's thread
  private long claimedNanos = System.nanoTime() - MIN_CLAIM_NANOS; // used by the claimer's thread
  private long settledNanos = System.nanoTime() - LINGER_NANOS; // used by the settler's thread

  EngineThreads(SchedulerParts parts) {
    options = parts.options();
    store = parts.store();
    workers = Workers.create();
    EngineClock clock = EngineClock.followingStore(parts.clock(), parts.nanoTime());
    engine = new Engine(parts, parts.store().leases(), clock, workers, this::wake);
    purging = new Purging(options, clock::nanoTime, new Purge(parts, clock));
    for (Role role : Role.values()) {
      String name = "gatehouse-" + role.name().toLowerCase(Locale.ROOT);
      loops.put(role, new Loop(name, () -> step(role), () -> last(role)));
    }
  }

  @Override
  public Engine engine() {
    return engine;
  }

  void start() {
    Hints.Listening started = engine.listen();
    listening = started;
    if (closing) {
      started.close();
    }
    loops.values().forEach(Loop::start);
  }

  private void wake(Role role) {
    loop(role).wake();
  }

  private Loop loop(Role role) {
    return requireNonNull(loops.get(role));
  }

  private long step(Role role) {
    return switch (role) {
      case CLAIMER -> claim();
      case TIMER -> engine.firing().fire();
      case SETTLER -> settle();
      case GATEKEEPER -> letThrough();
      case LEASE -> engine.membership().keep();
      case KEEPER -> look();
      case SWEEPER -> sweep();
      case TIDIER -> tidy();
    };
  }

  private long claim() {
    long rest = MIN_CLAIM_NANOS - (System.nanoTime() - claimedNanos);
    if (rest > 0) {
      return rest;
    }
    long wait =
        engine.claimer().claim(options.claimWindow().toMillis(), options.pollInterval().toNanos());
    if (!engine.holdings().isEmpty()) {
      engine.drainers().rouse();
      wake(Role.TIMER);
    }
    if (wait > 0) {
      claimedNanos = System.nanoTime();
    }
    return wait;
  }

  /**
   * What ends after a pause is written at once; more that ends soon after waits a little, to be
   * written together, but not once it is many.
   */
  private long settle() {
    long rest = LINGER_NANOS - (System.nanoTime() - settledNanos);
    if (rest > 0 && !engine.settler().hasMany()) {
      return rest;
    }
    if (engine.settler().flushMany() > 0) {
      settledNanos = System.nanoTime();
    }
    return engine.settler().isIdle() ? engine.settler().nanosToLook() : LINGER_NANOS;
  }

  private long letThrough() {
    try {
      engine.gatekeeper().flush();
      engine.suspects().flush();
    } finally {
      // Also of a flush that failed some were let through, now or for a time that is near.
      engine.drainers().rouse();
      wake(Role.TIMER);
    }
    return Math.min(engine.gatekeeper().nanosToLook(), engine.suspects().nanosToLook());
  }

  /**
   * Apart from the keeper: whoever holds up schedules, workflows or a purge, be it a host that has
   * locked a schedule, must not keep tasks from being recovered. Only a node with a lease knows the
   * store's time; by a clock of its own it might take occurrences for missed. Between two batches
   * of a purge there is time for all else, and what fails keeps it from nothing.
   */
  private long sweep() {
    boolean mayBeMore;
    try {
      advance();
    } finally {
      mayBeMore = purging.purgeIfTime();
    }
    return mayBeMore ? 0 : LEASES_NANOS;
  }

  private void advance() {
    if (engine.membership().live() == null) {
      return;
    }
    boolean inUse = engine.settler().queue().isInUse(engine.clock().nanoTime());
    long now = System.nanoTime();
    if (now - advancedNanos >= (inUse ? ADVANCE_NANOS : ADVANCE_UNUSED_NANOS)) {
      advancedNanos = now;
      engine.workflowKeeper().sweep();
    } else {
      engine.workflowKeeper().sweepIfEnding();
    }
    engine.recurrer().recur(options.claimWindow().toMillis() + AHEAD_MILLIS);
  }

  private long look() {
    round++;
    engine.recent().note();
    engine.keeper().checkHeld();
    engine.progress().write();
    if (round % ROUNDS_TO_AUDIT == 0) {
      engine.keeper().auditLeases();
    }
    if (round % ROUNDS_TO_SWEEP == 0) {
      engine.keeper().recover();
    } else {
      engine.keeper().recoverIfDue();
    }
    boolean inUse = engine.gatekeeper().isInUse();
    boolean isTime = round % (inUse ? ROUNDS_TO_SWEEP_GATES : ROUNDS_TO_SWEEP_GATES_UNUSED) == 0;
    if (isTime && gates.nanosToRest() <= 0) {
      gates.run(engine.gatekeeper()::sweep);
    }
    return LEASES_NANOS;
  }

  /**
   * Old transactions may keep it from clearing anything, however long it takes. What fails is not
   * tried again before as many more have ended.
   */
  private long tidy() {
    long rest = tidying.nanosToRest();
    if (rest > 0) {
      return rest;
    }
    long settled = engine.settler().settled();
    if (settled - tidied >= SETTLED_TO_TIDY) {
      long before = tidied;
      tidied = settled;
      tidying.run(
          () -> {
            if (!store.tidy(settled - before)) {
              tidied = before;
            }
          });
    }
    return TIDY_NANOS;
  }

  /** What is owed to the store at the end, by the threads themselves, for the store may hang. */
  private void last(Role role) {
    if (role == Role.SETTLER) {
      settleRest();
    } else if (role == Role.GATEKEEPER) {
      engine.gatekeeper().flush();
    } else if (role == Role.LEASE) {
      engine.membership().leave();
    }
  }

  /**
   * Ends all threads: claims no more, gives back what was not begun, waits for what is under way,
   * interrupts the rest, writes what ended, and leaves. The lease is kept to the last. Each of the
   * last four has {@link #GRACE} beyond the time given.
   */
  @Override
  public void close(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    loop(Role.CLAIMER).stop();
    boolean interrupted = !awaitAttempts(end);
    closing = true;
    Hints.Listening begun = listening;
    if (begun != null) {
      begun.close();
    }
    engine.attempts().interruptAll();
    workers.shutdownNow();
    loop(Role.TIMER).stop();
    loop(Role.KEEPER).stop();
    loop(Role.SWEEPER).stop();
    loop(Role.TIDIER).stop();
    interrupted |= join(Role.CLAIMER, Role.TIMER, Role.KEEPER, Role.SWEEPER, Role.TIDIER);
    settleBy = System.nanoTime() + GRACE.toNanos();
    loop(Role.SETTLER).stop();
    interrupted |= join(Role.SETTLER);
    loop(Role.GATEKEEPER).stop();
    interrupted |= join(Role.GATEKEEPER);
    loop(Role.LEASE).stop();
    interrupted |= join(Role.LEASE);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if the calling thread was interrupted meanwhile. */
  private boolean awaitAttempts(long end) {
    try {
      loop(Role.CLAIMER).join(left(end));
      engine.attempts().releaseAll();
      if (!engine.runner().permits().tryAcquireAll(left(end))) {
        LOGGER.warn("closing interrupts the attempts that are still under way");
      }
      return true;
    } catch (InterruptedException e) {
      engine.attempts().releaseAll();
      return false;
    }
  }

  /** True if the calling thread was interrupted meanwhile. */
  private boolean join(Role... roles) {
    boolean interrupted = false;
    long end = System.nanoTime() + GRACE.toNanos();
    for (Role role : roles) {
      try {
        if (!loop(role).join(left(end))) {
          LOGGER.warn("thread of the {} is still busy, and ends when it is not", role);
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }

  private void settleRest() {
    boolean done = false;
    while (!done) {
      try {
        engine.settler().flush();
        done = engine.settler().flushAside() || left(settleBy).isZero();
        if (!done) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
      } catch (GatehouseException e) {
        if (left(settleBy).isZero()) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
    }
  }

  private static Duration left(long end) {
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }
}
