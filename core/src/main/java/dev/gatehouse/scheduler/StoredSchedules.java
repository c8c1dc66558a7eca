package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.scheduler.ScheduleRow.Definition;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One application's schedules over a {@link ScheduleStore}, as {@link StoredTaskScheduler} offers
 * them. Immutable, so safe for use by multiple threads, but for those that joined a transaction.
 */
final class StoredSchedules {
  /** A change that others overtake so often in a row fails. */
  private static final int TRIES = 5;

  private final SchedulerParts parts;
  private final TaskEngine engine;
  private final ScheduleAudit audit;
  private final @Nullable Transaction joined;
  private final long applicationId;

  StoredSchedules(
      SchedulerParts parts,
      TaskEngine engine,
      TaskAudit audit,
      @Nullable Transaction joined,
      long applicationId) {
    this.parts = parts;
    this.engine = engine;
    this.audit = new ScheduleAudit(audit);
    this.joined = joined;
    this.applicationId = applicationId;
  }

  /**
   * Makes the schedule, or changes it to this.
   *
   * @param work a task of the schedule's, checked by the scheduler
   */
  ScheduleDetail repeat(Schedule schedule, TaskRow work) {
    Definition definition =
        new Definition(
            Timing.text(schedule), work.kind(), work.content(), work.timeoutMillis(), work.retry());
    return changing(transaction -> repeat(transaction, schedule, definition, work));
  }

  private ScheduleDetail repeat(
      Transaction transaction, Schedule schedule, Definition definition, TaskRow work) {
    ScheduleStore store = parts.schedules().joining(transaction);
    long now = work.createdMillis();
    Optional<ScheduleRow> found = store.find(applicationId, schedule.name());
    if (found.isEmpty()) {
      Standing standing = begin(schedule, definition.timing(), now);
      ScheduleRow row =
          new ScheduleRow(work.id(), applicationId, schedule.name(), definition, standing, 0, now);
      store.insert(row);
      changed(transaction, row, "made");
      return ScheduleDetail.of(row);
    }
    ScheduleRow old = found.get();
    if (old.definition().equals(definition)) {
      return ScheduleDetail.of(old);
    }
    ScheduleRow row = old.with(definition);
    if (!Timing.isOfSameTimes(old.definition().timing(), definition.timing())) {
      Standing begun = begin(schedule, definition.timing(), now);
      Standing was = old.standing();
      row =
          row.with(
              new Standing(
                  begun.firstMillis(),
                  begun.nextMillis(),
                  was.lastMillis(),
                  was.paused(),
                  was.problem()));
    }
    requireUnchanged(store.update(row), row.name());
    changed(transaction, row, "changed");
    return ScheduleDetail.of(row);
  }

  private static Standing begin(Schedule schedule, String timing, long now) {
    long first =
        schedule
            .interval()
            .map(
                interval ->
                    schedule.from().map(Instant::toEpochMilli).orElse(now + interval.toMillis()))
            .orElse(0L);
    long next = Timing.parse(timing, first).nextAfter(now);
    Check.that(
        next != Rhythm.NEVER,
        "schedule must occur after " + Instant.ofEpochMilli(now) + ", never does: " + schedule);
    return new Standing(first, next, 0, false, "");
  }

  boolean stop(String name) {
    return changing(
        transaction -> {
          ScheduleStore store = parts.schedules().joining(transaction);
          Optional<ScheduleRow> found = store.find(applicationId, name);
          if (found.isEmpty() || !store.remove(applicationId, name)) {
            return false;
          }
          audit.changed(transaction, found.get(), "removed");
          return true;
        });
  }

  boolean pause(String name) {
    return setPaused(
        name,
        true,
        row -> {
          Standing was = row.standing();
          return row.with(
              new Standing(
                  was.firstMillis(), was.nextMillis(), was.lastMillis(), true, was.problem()));
        });
  }

  boolean resume(String name) {
    long now = engine.millis(joined == null ? parts.store() : parts.store().joining(joined));
    return setPaused(
        name,
        false,
        row -> {
          Standing was = row.standing();
          long next =
              was.nextMillis() > now
                  ? was.nextMillis()
                  : Timing.parse(row.definition().timing(), was.firstMillis()).nextAfter(now);
          return row.with(
              new Standing(was.firstMillis(), next, was.lastMillis(), false, was.problem()));
        });
  }

  private boolean setPaused(String name, boolean paused, UnaryOperator<ScheduleRow> change) {
    return changing(
        transaction -> {
          ScheduleStore store = parts.schedules().joining(transaction);
          Optional<ScheduleRow> found = store.find(applicationId, name);
          if (found.isEmpty()) {
            return false;
          }
          if (found.get().standing().paused() != paused) {
            ScheduleRow row = change.apply(found.get());
            requireUnchanged(store.advance(row.id(), row.version(), row.standing()), name);
            changed(transaction, row, paused ? "paused" : "resumed");
          }
          return true;
        });
  }

  Optional<ScheduleDetail> find(String name) {
    return inTransaction(
        transaction ->
            parts
                .schedules()
                .joining(transaction)
                .find(applicationId, name)
                .map(ScheduleDetail::of));
  }

  List<ScheduleDetail> page(String afterName, int limit) {
    Check.range(limit, 1, ScheduleStore.MAX_BATCH, "limit");
    return inTransaction(
        transaction ->
            parts.schedules().joining(transaction).page(applicationId, afterName, limit).stream()
                .map(ScheduleDetail::of)
                .toList());
  }

  private void changed(Transaction transaction, ScheduleRow row, String what) {
    audit.changed(transaction, row, what);
    transaction.afterCommit(engine::schedulesChanged);
  }

  private static void requireUnchanged(boolean done, String name) {
    if (!done) {
      throw new ConflictException("schedule '" + name + "' was changed by another meanwhile");
    }
  }

  /** A change that another's, or an occurrence, came before is made anew, unless it is joined. */
  private <T> T changing(Function<Transaction, T> work) {
    for (int left = joined == null ? TRIES - 1 : 0; left > 0; left--) {
      try {
        return inTransaction(work);
      } catch (ConflictException e) {
        // The next try sees what the other did.
      }
    }
    return inTransaction(work);
  }

  private <T> T inTransaction(Function<Transaction, T> work) {
    requireNonNull(work, "work");
    Transactions transactions =
        joined == null ? parts.transactions() : Transactions.joining(joined);
    return transactions.call(work);
  }
}
