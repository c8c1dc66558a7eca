package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the occurrences of schedules tasks, somewhat ahead of their time, so that they are claimed
 * and start as any other task. Every node does, without a leader: whoever changes the schedule's
 * version first inserts the tasks in the same transaction, and the others find it changed. The
 * tasks' numbers, of which there can be one each, hold even against a mistake in that. Nobody waits
 * for whoever has a schedule locked, be it a host's open transaction: it is come to again.
 *
 * <p>When the next schedule is due is kept in memory, and asked of the store every {@link
 * #ASK_NANOS}, or at once after a change on this node. Not safe: confine to one thread, but for
 * {@link #changed}.
 */
final class Recurrer {
  private static final Logger LOGGER = LoggerFactory.getLogger(Recurrer.class);
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final int BATCH = 100;
  private static final int MAX_UNREADABLE = 1_000;
  private static final long BEGINNING = -1;

  /** What no application can do about: ids are never given twice. */
  private static final String REMOVED = "its application was removed";

  private final SchedulerParts parts;
  private final Engine engine;
  private final EngineClock clock;
  private final ScheduleAudit audit;
  private final Occurrences occurrences;
  private final Set<String> unreadable = new HashSet<>();

  /** By id, of schedules that others have locked. */
  private Map<Long, Pause> locked = Map.of();

  private final AtomicInteger changes = new AtomicInteger();
  private int heard;
  private boolean asked;
  private @Nullable GatehouseException failure;
  private long askedNanos;
  private long dueMillis = Rhythm.NEVER;
  private long doneMillis = BEGINNING;

  /** When the first occurrence is due of which it is decided only then whether it takes place. */
  private long undecidedMillis = Rhythm.NEVER;

  Recurrer(SchedulerParts parts, Engine engine) {
    this.parts = parts;
    this.engine = engine;
    clock = engine.clock();
    audit = new ScheduleAudit(new TaskAudit(parts.audit(), parts.options().audited()));
    occurrences = new Occurrences(parts, clock, audit);
  }

  /** A schedule may be due earlier than was known. */
  void changed() {
    changes.incrementAndGet();
  }

  /**
   * Makes tasks of what occurs within so long from now. Asks the store only if it must.
   *
   * @throws GatehouseException if the store fails; then it is asked again
   */
  void recur(long aheadMillis) {
    int known = changes.get();
    if (known != heard) {
      locked = Map.of();
    }
    if (!asked || known != heard || clock.nanoTime() - askedNanos >= ASK_NANOS) {
      heard = known;
      ask(BEGINNING);
    }
    long now = clock.millis();
    long horizon = now + aheadMillis;
    boolean waits = Pause.nanosToFirst(locked.values(), clock.nanoTime()) > 0;
    if (dueMillis > horizon && undecidedMillis > now && waits) {
      return;
    }
    asked = false;
    failure = null;
    undecidedMillis = Rhythm.NEVER;
    recurUntil(horizon);
    if (failure != null) {
      throw failure;
    }
    // What is due still cannot be done here: it must not hide what is due later.
    doneMillis = horizon;
    ask(horizon);
  }

  private void ask(long afterMillis) {
    asked = true;
    boolean known = false;
    try {
      dueMillis = parts.schedules().earliestDue(afterMillis).orElse(Rhythm.NEVER);
      askedNanos = clock.nanoTime();
      known = true;
    } finally {
      if (!known) {
        asked = false;
      }
    }
  }

  /** The next occurrence, as the store knows it, but for what cannot be done here. */
  OptionalLong earliest() {
    OptionalLong due = parts.schedules().earliestDue(Math.min(doneMillis, clock.millis()));
    return due.isPresent() && due.getAsLong() != Rhythm.NEVER ? due : OptionalLong.empty();
  }

  private void recurUntil(long horizon) {
    long afterId = 0;
    Map<Long, Pause> still = new HashMap<>();
    List<ScheduleRow> due;
    do {
      due = parts.schedules().due(horizon, afterId, BATCH);
      for (ScheduleRow row : due) {
        afterId = row.id();
        Pause pause = locked.get(row.id());
        if (pause != null && pause.nanosLeft(clock.nanoTime()) > 0) {
          still.put(row.id(), pause);
        } else if (!recur(row, horizon)) {
          Pause next = pause == null ? new Pause(FIRST_PAUSE, LONGEST_PAUSE) : pause;
          next.begin(clock.nanoTime());
          still.put(row.id(), next);
        }
      }
    } while (due.size() == BATCH);
    locked = still;
  }

  /** One schedule, unless it is locked; whatever is wrong with it, the others go on. */
  private boolean recur(ScheduleRow row, long horizon) {
    try {
      Timing timing = Timing.parse(row.definition().timing(), row.standing().firstMillis());
      long now = clock.millis();
      long next = row.standing().nextMillis();
      boolean skips = timing.ifRunning() == IfRunning.SKIP;
      if (skips && next > now) {
        undecidedMillis = Math.min(undecidedMillis, next);
        return true;
      }
      Timing.Plan plan = timing.plan(next, now, skips ? now : horizon);
      String problem = problem(row);
      boolean unlocked =
          parts.transactions().call(transaction -> recur(transaction, row, timing, plan, problem));
      if (!unlocked) {
        return false;
      }
      if (skips && plan.nextMillis() <= horizon) {
        undecidedMillis = Math.min(undecidedMillis, plan.nextMillis());
      }
    } catch (IllegalArgumentException e) {
      if (unreadable.size() < MAX_UNREADABLE && unreadable.add(row.definition().timing())) {
        LOGGER.warn("schedule {} cannot be read here, it is left for other nodes", row.id(), e);
      }
    } catch (GatehouseException e) {
      failure = e;
    }
    return true;
  }

  private String problem(ScheduleRow row) {
    if (row.applicationId() == 0) {
      return "";
    }
    Optional<Application> application =
        parts.callbacks().application(row.applicationId(), parts.transactions());
    if (application.isEmpty()) {
      return REMOVED;
    }
    Application.Status status = application.get().status();
    return status == Application.Status.ENABLED ? "" : "its application is " + status;
  }

  /** False if the schedule is locked. */
  private boolean recur(
      Transaction transaction, ScheduleRow row, Timing timing, Timing.Plan plan, String problem) {
    ScheduleStore schedules = parts.schedules().joining(transaction);
    if (!schedules.tryLock(row.id())) {
      return false;
    }
    Standing was = row.standing();
    List<Long> times = problem.isEmpty() ? plan.times() : List.of();
    if (timing.ifRunning() == IfRunning.SKIP && !times.isEmpty()) {
      times =
          occurrences.isLastOpen(transaction, row)
              ? List.of()
              : times.subList(times.size() - 1, times.size());
    }
    Standing now =
        new Standing(
            was.firstMillis(),
            problem.equals(REMOVED) ? Rhythm.NEVER : plan.nextMillis(),
            times.isEmpty() ? was.lastMillis() : times.get(times.size() - 1),
            false,
            problem);
    if (!schedules.advance(row.id(), row.version(), now)) {
      return true;
    }
    if (!times.isEmpty()) {
      occurrences.insert(transaction, row, times, timing.priority());
      long first = times.get(0);
      transaction.afterCommit(() -> engine.dueAt(first));
    }
    if (!problem.equals(was.problem())) {
      tell(transaction, row, problem);
    }
    return true;
  }

  private void tell(Transaction transaction, ScheduleRow row, String problem) {
    if (problem.isEmpty()) {
      audit.changed(transaction, row, "goes on");
    } else {
      LOGGER.warn("schedule {} stopped: {}", row.id(), problem);
      audit.stopped(transaction, row, problem);
    }
  }
}
