package dev.gatehouse.storage.memory;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task with all that changes in its life. Immutable: each method returns the entry after the
 * change.
 *
 * @param owner the node that holds it; 0 while none does; {@link #PARKED}
 */
record TaskEntry(
    TaskRow row,
    TaskStatus status,
    long dueMillis,
    int attempt,
    int crashes,
    long fence,
    int owner,
    Asked asked,
    long endedMillis,
    @Nullable String result,
    List<Attempt> attempts,
    @Nullable TaskProgress progress) {
  /** The owner of what waits to be admitted. */
  static final int PARKED = -1;

  static TaskEntry ready(TaskRow row) {
    return new TaskEntry(
        row,
        TaskStatus.WAITING,
        row.runtimeMillis(),
        0,
        0,
        0,
        0,
        Asked.NOTHING,
        0,
        null,
        List.of(),
        null);
  }

  TaskEntry leased(int node) {
    return new TaskEntry(
        row,
        TaskStatus.RUNNING,
        dueMillis,
        attempt + 1,
        crashes,
        fence + 1,
        node,
        Asked.NOTHING,
        0,
        null,
        attempts,
        null);
  }

  /** Nobody's; paused if that was asked. */
  TaskEntry readyAt(long millis) {
    Asked lasting = asked == Asked.PAUSE ? asked : Asked.NOTHING;
    return new TaskEntry(
        row,
        TaskStatus.WAITING,
        millis,
        attempt,
        crashes,
        fence,
        0,
        lasting,
        0,
        null,
        attempts,
        null);
  }

  /** Nobody's, and not ready. */
  TaskEntry parked() {
    TaskEntry ready = readyAt(dueMillis);
    return ready.isReady() ? ready.ownedBy(PARKED) : ready;
  }

  /** Ready if it was parked; its fence grows. */
  TaskEntry admitted() {
    return new TaskEntry(
        row, status, dueMillis, attempt, crashes, fence + 1, 0, asked, 0, null, attempts, null);
  }

  boolean isParked() {
    return owner == PARKED;
  }

  /** How it stands while it is not final. */
  OpenTask open() {
    OpenTask.State state = OpenTask.State.READY;
    if (status == TaskStatus.RUNNING) {
      state = OpenTask.State.LEASED;
    } else if (isParked()) {
      state = OpenTask.State.PARKED;
    } else if (!isReady()) {
      state = OpenTask.State.PAUSED;
    }
    return new OpenTask(row.id(), fence, state);
  }

  private TaskEntry ownedBy(int next) {
    return new TaskEntry(
        row, status, dueMillis, attempt, crashes, fence, next, asked, 0, null, attempts, null);
  }

  TaskEntry anew(long millis) {
    return new TaskEntry(
        row, TaskStatus.WAITING, millis, 0, 0, fence, 0, Asked.NOTHING, 0, null, attempts, null);
  }

  /** With another definition; nobody's, and paused if it was. */
  TaskEntry replaced(TaskRow next) {
    Asked lasting = asked == Asked.PAUSE ? asked : Asked.NOTHING;
    return new TaskEntry(
        next,
        TaskStatus.WAITING,
        next.runtimeMillis(),
        0,
        0,
        fence + 1,
        0,
        lasting,
        0,
        null,
        attempts,
        null);
  }

  TaskEntry cancelled(long millis) {
    return ended(TaskStatus.CANCELLED, millis, null);
  }

  TaskEntry ended(TaskStatus end, long millis, @Nullable String kept) {
    return new TaskEntry(
        row,
        end,
        dueMillis,
        attempt,
        crashes,
        fence,
        0,
        Asked.NOTHING,
        millis,
        kept,
        attempts,
        null);
  }

  TaskEntry asked(Asked next) {
    return changed(attempt, crashes, next, attempts);
  }

  TaskEntry with(TaskProgress next) {
    return new TaskEntry(
        row,
        status,
        dueMillis,
        attempt,
        crashes,
        fence,
        owner,
        asked,
        endedMillis,
        result,
        attempts,
        next);
  }

  boolean cancelRequested() {
    return asked == Asked.CANCEL;
  }

  /** Whether it may be claimed when it is due. */
  boolean isReady() {
    return status == TaskStatus.WAITING && asked != Asked.PAUSE && owner != PARKED;
  }

  /** The claim does not count, for no attempt was begun. */
  TaskEntry unbegun() {
    return changed(attempt - 1, crashes, asked, attempts);
  }

  TaskEntry with(Attempt ended) {
    return changed(attempt, crashes, asked, and(ended));
  }

  TaskEntry crashed(Attempt ended) {
    return changed(attempt, crashes + 1, asked, and(ended));
  }

  /** What becomes of it through the settlement; cancelled if that was asked. */
  TaskEntry settled(Settlement settlement, long nowMillis) {
    if (cancelRequested()) {
      return cancelled(nowMillis);
    }
    if (settlement instanceof Settlement.Forget) {
      return ended(TaskStatus.FINISHED, nowMillis, null);
    }
    if (settlement instanceof Settlement.Finish finish) {
      return ended(TaskStatus.FINISHED, nowMillis, finish.result());
    }
    if (settlement instanceof Settlement.Retry retry) {
      return readyAt(retry.dueMillis());
    }
    if (settlement instanceof Settlement.Release release) {
      return readyAt(release.dueMillis());
    }
    if (settlement instanceof Settlement.Interrupt interrupt) {
      return unbegun().readyAt(interrupt.dueMillis());
    }
    if (settlement instanceof Settlement.Park) {
      return parked();
    }
    return settlement instanceof Settlement.Fail
        ? ended(TaskStatus.FAILED, nowMillis, null)
        : cancelled(nowMillis);
  }

  /** What becomes of it when the node that held it was lost. */
  TaskEntry recovered(int maxCrashes, long nowMillis) {
    if (crashes > 0 && progress == null) {
      // Before what crashed is begun again, its holder says so.
      TaskEntry unbegun = unbegun();
      return cancelRequested() ? unbegun.cancelled(nowMillis) : unbegun.readyAt(dueMillis);
    }
    Instant now = Instant.ofEpochMilli(nowMillis);
    TaskEntry crashed =
        crashed(
            new Attempt(
                attempt,
                fence,
                now,
                now,
                Attempt.Outcome.CRASHED,
                null,
                "the node that ran it was lost"));
    if (crashed.cancelRequested()) {
      return crashed.cancelled(nowMillis);
    }
    return crashed.crashes() > maxCrashes
        ? crashed.ended(TaskStatus.FAILED, nowMillis, null)
        : crashed.readyAt(crashed.dueMillis());
  }

  TaskState state() {
    return new TaskState(row, status, dueMillis, attempt, asked, endedMillis, result, progress);
  }

  private TaskEntry changed(int begun, int crashed, Asked next, List<Attempt> ended) {
    return new TaskEntry(
        row,
        status,
        dueMillis,
        begun,
        crashed,
        fence,
        owner,
        next,
        endedMillis,
        result,
        ended,
        progress);
  }

  private List<Attempt> and(Attempt ended) {
    List<Attempt> all = new ArrayList<>(attempts);
    all.add(ended);
    return Collections.unmodifiableList(all);
  }
}
