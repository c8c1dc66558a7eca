package dev.gatehouse.scheduler;

import dev.gatehouse.error.GatehouseException;
import dev.gatehouse.registry.Application;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
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
 * tasks' numbers, of which there can be one each, hold even against a mistake in that.
 *
 * <p>When the next schedule is due is kept in memory, and asked of the store every {@link
 * #ASK_NANOS}, or at once after a change on this node. Not safe: confine to one thread, but for
 * {@link #changed}.
 */
final class Recurrer {
  private static final Logger LOGGER = LoggerFactory.getLogger(Recurrer.class);
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final int BATCH = 100;
  private static final int MAX_UNREADABLE = 1_000;
  private static final long BEGINNING = -1;

  /** What no application can do about: ids are never given twice. */
  private static final String REMOVED = "its application was removed";

  private final SchedulerParts parts;
  private final Engine engine;
  private final EngineClock clock;
  private final ScheduleAudit audit;
  private final Set<String> unreadable = new HashSet<>();
  private final AtomicInteger changes = new AtomicInteger();
  private int heard;
  private boolean asked;
  private @Nullable GatehouseException failure;
  private long askedNanos;
  private long dueMillis = Rhythm.NEVER;
  private long doneMillis = BEGINNING;

  Recurrer(SchedulerParts parts, Engine engine) {
    this.parts = parts;
    this.engine = engine;
    clock = engine.clock();
    audit = new ScheduleAudit(new TaskAudit(parts.audit(), parts.options().audited()));
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
    if (!asked || known != heard || clock.nanoTime() - askedNanos >= ASK_NANOS) {
      heard = known;
      ask(BEGINNING);
    }
    long horizon = clock.millis() + aheadMillis;
    if (dueMillis > horizon) {
      return;
    }
    asked = false;
    failure = null;
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
    List<ScheduleRow> due;
    do {
      due = parts.schedules().due(horizon, afterId, BATCH);
      for (ScheduleRow row : due) {
        recur(row, horizon);
        afterId = row.id();
      }
    } while (due.size() == BATCH);
  }

  /** One schedule; whatever is wrong with it, the others go on. */
  private void recur(ScheduleRow row, long horizon) {
    try {
      Timing timing = Timing.parse(row.definition().timing(), row.standing().firstMillis());
      Timing.Plan plan = timing.plan(row.standing().nextMillis(), clock.millis(), horizon);
      String problem = problem(row);
      parts.transactions().run(transaction -> recur(transaction, row, plan, problem));
    } catch (IllegalArgumentException e) {
      if (unreadable.size() < MAX_UNREADABLE && unreadable.add(row.definition().timing())) {
        LOGGER.warn("schedule {} cannot be read here, it is left for other nodes", row.id(), e);
      }
    } catch (GatehouseException e) {
      failure = e;
    }
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

  private void recur(Transaction transaction, ScheduleRow row, Timing.Plan plan, String problem) {
    Standing was = row.standing();
    List<Long> times = problem.isEmpty() ? plan.times() : List.of();
    Standing now =
        new Standing(
            was.firstMillis(),
            problem.equals(REMOVED) ? Rhythm.NEVER : plan.nextMillis(),
            times.isEmpty() ? was.lastMillis() : times.get(times.size() - 1),
            false,
            problem);
    if (!parts.schedules().joining(transaction).advance(row.id(), row.version(), now)) {
      return;
    }
    if (!times.isEmpty()) {
      parts
          .store()
          .joining(transaction)
          .insert(times.stream().map(time -> task(row, time)).toList());
      transaction.afterCommit(() -> engine.dueAt(times.get(0)));
    }
    if (!problem.equals(was.problem())) {
      tell(transaction, row, problem);
    }
  }

  private void tell(Transaction transaction, ScheduleRow row, String problem) {
    if (problem.isEmpty()) {
      audit.changed(transaction, row, "goes on");
    } else {
      LOGGER.warn("schedule {} stopped: {}", row.id(), problem);
      audit.stopped(transaction, row, problem);
    }
  }

  private TaskRow task(ScheduleRow row, long time) {
    ScheduleRow.Definition definition = row.definition();
    return new TaskRow(
        parts.ids().getAsLong(),
        row.applicationId(),
        definition.kind(),
        row.name() + '@' + Instant.ofEpochMilli(time),
        row.name(),
        definition.content(),
        definition.timeoutMillis(),
        definition.retry(),
        clock.millis(),
        time);
  }
}
