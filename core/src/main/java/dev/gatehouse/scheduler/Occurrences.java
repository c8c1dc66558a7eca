package dev.gatehouse.scheduler;

import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tasks that schedules' occurrences are. Safe for use by multiple threads. */
final class Occurrences {
  private static final Logger LOGGER = LoggerFactory.getLogger(Occurrences.class);

  private final SchedulerParts parts;
  private final EngineClock clock;
  private final ScheduleAudit audit;

  Occurrences(SchedulerParts parts, EngineClock clock, ScheduleAudit audit) {
    this.parts = parts;
    this.clock = clock;
    this.audit = audit;
  }

  /**
   * Makes tasks of the schedule's occurrences at these times. One whose number is another task's
   * takes place without a number; but if that is the occurrence itself, left of a schedule that was
   * removed and made anew, it is not doubled.
   */
  void insert(Transaction transaction, ScheduleRow row, List<Long> times, Priority priority) {
    TaskStore store = parts.store().joining(transaction);
    List<TaskRow> tasks = times.stream().map(time -> task(row, time, priority)).toList();
    List<Long> ids = store.insert(tasks);
    List<TaskRow> unnumbered = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      TaskRow task = tasks.get(i);
      long owner = ids.get(i);
      if (owner != task.id()) {
        boolean isItself = isAny(store, owner, state -> isOccurrence(state.row(), row));
        tell(transaction, row, task, owner, isItself);
        if (!isItself) {
          unnumbered.add(task.withoutNumber());
        }
      }
    }
    if (!unnumbered.isEmpty()) {
      store.insert(unnumbered);
    }
  }

  private void tell(
      Transaction transaction, ScheduleRow row, TaskRow task, long owner, boolean isItself) {
    String what =
        "occurs at "
            + Instant.ofEpochMilli(task.runtimeMillis())
            + (isItself
                ? " as task " + owner + ", which was there before"
                : " as task " + task.id() + " without a number, which task " + owner + " has");
    if (isItself) {
      LOGGER.info("schedule {} {}", row.id(), what);
    } else {
      LOGGER.warn("schedule {} {}", row.id(), what);
    }
    audit.changed(transaction, row, what);
  }

  /** Whether the schedule's last occurrence has not ended, as far as it has its number. */
  boolean isLastOpen(Transaction transaction, ScheduleRow row) {
    long last = row.standing().lastMillis();
    if (last == 0) {
      return false;
    }
    TaskStore store = parts.store().joining(transaction);
    OptionalLong id = store.findId(row.applicationId(), number(row, last));
    return id.isPresent()
        && isAny(
            store,
            id.getAsLong(),
            state -> isOccurrence(state.row(), row) && !state.status().isFinal());
  }

  /** Whether the task is such, or cannot be read: then its number is all that speaks for it. */
  private static boolean isAny(TaskStore store, long id, Predicate<TaskState> such) {
    try {
      return store.find(OptionalLong.empty(), id).filter(such).isPresent();
    } catch (UnreadableTaskException e) {
      return true;
    }
  }

  /** Of a task that has the number of one: the schedule's own are named as it is. */
  private static boolean isOccurrence(TaskRow task, ScheduleRow row) {
    return task.name().equals(row.name());
  }

  private static String number(ScheduleRow row, long time) {
    return row.name() + '@' + Instant.ofEpochMilli(time);
  }

  private TaskRow task(ScheduleRow row, long time, Priority priority) {
    ScheduleRow.Definition definition = row.definition();
    return new TaskRow(
        parts.ids().getAsLong(),
        row.applicationId(),
        definition.kind(),
        number(row, time),
        row.name(),
        definition.content(),
        definition.timeoutMillis(),
        definition.retry(),
        clock.millis(),
        time,
        priority);
  }
}
