package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.due;
import static dev.gatehouse.testing.contract.TaskSamples.fail;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.ids;
import static dev.gatehouse.testing.contract.TaskSamples.numbered;
import static dev.gatehouse.testing.contract.TaskSamples.release;
import static dev.gatehouse.testing.contract.TaskSamples.retry;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Scheduled.Outcome;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The rules of {@link dev.gatehouse.scheduler.TaskStore} on changes of tasks that wait or run. */
public abstract class TaskChangeContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskChangeContract() {}

  @Test
  void TASK16_pause_ready_isNotDueUntilResumed() {
    tasks().insert(List.of(numbered(1, 7, "A"), due(2, 5)));
    assertThat(tasks().pause(ANYONE, 1)).isEqualTo(TaskChange.DONE);
    assertThat(tasks().pause(ANYONE, 1)).isEqualTo(TaskChange.DONE);
    assertThat(state(1))
        .isEqualTo(
            new TaskState(numbered(1, 7, "A"), TaskStatus.WAITING, now(), 0, Asked.PAUSE, 0, null));
    assertThat(tasks().earliestDue()).hasValue(now() + 5);
    int node = join();
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(2L);
    assertThat(ids(tasks().claim(node, FOREVER, 1_000))).isEmpty();
    assertThat(tasks().resume(ANYONE, 1)).isEqualTo(TaskChange.DONE);
    assertThat(state(1).asked()).isEqualTo(Asked.NOTHING);
    assertThat(tasks().earliestDue()).hasValue(now());
    ClaimedTask resumed = claimOne(node);
    assertThat(resumed.row()).isEqualTo(numbered(1, 7, "A"));
    assertThat(resumed.attempt()).isEqualTo(1);
  }

  @Test
  void TASK16_pause_leased_isPausedWhenItWouldBeReady() {
    tasks().insert(List.of(row(1), row(2), row(3), row(4)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
    for (long id = 1; id <= 4; id++) {
      assertThat(tasks().pause(ANYONE, id)).isEqualTo(TaskChange.REQUESTED);
    }
    assertThat(tasks().leased(node, List.of(1L)))
        .containsExactly(new LeasedTask(1, claimed.get(0).fence(), Asked.PAUSE));
    tasks()
        .settle(
            node,
            List.of(
                retry(claimed.get(0), now() + 7),
                release(claimed.get(1)),
                finish(claimed.get(2), "1"),
                fail(claimed.get(3))),
            now());
    assertThat(state(1))
        .isEqualTo(new TaskState(row(1), TaskStatus.WAITING, now() + 7, 1, Asked.PAUSE, 0, null));
    assertThat(state(2).asked()).isEqualTo(Asked.PAUSE);
    assertThat(state(2).attempt()).isZero();
    assertThat(state(3).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(state(4).status()).isEqualTo(TaskStatus.FAILED);
    assertThat(tasks().claim(node, FOREVER, 10)).isEmpty();
    assertThat(tasks().attempts(1)).hasSize(1);
    tasks().resume(ANYONE, 1);
    assertThat(claimOne(node).attempt()).isEqualTo(2);
  }

  @Test
  void TASK16_pause_holderIsLost_isPausedAfterRecovery() {
    tasks().insert(List.of(row(1)));
    int lost = join();
    claimOne(lost);
    tasks().pause(ANYONE, 1);
    clock.advance(LEASE);
    assertThat(tasks().recover(3, now(), 10)).containsExactly(new Settled(1, TaskStatus.WAITING));
    int node = join();
    assertThat(tasks().claim(node, FOREVER, 10)).isEmpty();
    tasks().resume(ANYONE, 1);
    assertThat(claimOne(node).crashes()).isEqualTo(1);
  }

  @Test
  void TASK16_resume_leased_isReadyAfterwards() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask task = claimOne(node);
    tasks().pause(ANYONE, 1);
    assertThat(tasks().resume(ANYONE, 1)).isEqualTo(TaskChange.DONE);
    tasks().settle(node, List.of(retry(task, now())), now());
    assertThat(claimOne(node).attempt()).isEqualTo(2);
  }

  @Test
  void TASK16_cancel_pausedOrToBePaused_isCancelled() {
    tasks().insert(List.of(row(1), due(2, 1)));
    int node = join();
    ClaimedTask task = claimOne(node);
    tasks().pause(ANYONE, 1);
    tasks().pause(ANYONE, 2);
    assertThat(tasks().cancel(ANYONE, 2, now())).isEqualTo(Cancellation.CANCELLED);
    assertThat(tasks().cancel(ANYONE, 1, now())).isEqualTo(Cancellation.REQUESTED);
    assertThat(tasks().pause(ANYONE, 1)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().resume(ANYONE, 1)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().settle(node, List.of(finish(task, null)), now()))
        .containsExactly(new Settled(1, TaskStatus.CANCELLED));
    assertThat(tasks().resume(ANYONE, 2)).isEqualTo(TaskChange.TOO_LATE);
  }

  @Test
  void TASK16_requeue_leasedAndToBePaused_isReady() {
    tasks().insert(List.of(row(1)));
    int node = join();
    claimOne(node);
    tasks().pause(ANYONE, 1);
    assertThat(tasks().requeue(ANYONE, 1, now(), true)).isEqualTo(Requeue.REQUEUED);
    assertThat(state(1).asked()).isEqualTo(Asked.NOTHING);
    assertThat(claimOne(node).attempt()).isEqualTo(1);
  }

  @Test
  void TASK17_reschedule_readyOrPaused_isClaimedWithItsNewDueTime() {
    tasks().insert(List.of(due(1, 10), due(2, 20), due(3, 30)));
    tasks().pause(ANYONE, 3);
    assertThat(tasks().reschedule(ANYONE, 1, now() + 25)).isEqualTo(TaskChange.DONE);
    assertThat(tasks().reschedule(ANYONE, 2, now() + 5)).isEqualTo(TaskChange.DONE);
    assertThat(tasks().reschedule(ANYONE, 3, now() + 1)).isEqualTo(TaskChange.DONE);
    assertThat(tasks().earliestDue()).hasValue(now() + 5);
    int node = join();
    assertThat(tasks().claim(node, now() + 24, 10))
        .extracting(ClaimedTask::dueMillis)
        .containsExactly(now() + 5);
    assertThat(tasks().claim(node, now() + 25, 10))
        .extracting(ClaimedTask::dueMillis)
        .containsExactly(now() + 25);
    tasks().resume(ANYONE, 3);
    assertThat(claimOne(node).dueMillis()).isEqualTo(now() + 1);
    assertThat(state(1).row().runtimeMillis()).isEqualTo(now() + 10);
  }

  @Test
  void TASK17_reschedule_leasedFinalOrUnknown_changesNothing() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    tasks().settle(node, List.of(finish(claimed.get(1), null)), now());
    assertThat(tasks().reschedule(ANYONE, 1, now() + 9)).isEqualTo(TaskChange.RUNNING);
    assertThat(tasks().reschedule(ANYONE, 2, now() + 9)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().reschedule(ANYONE, 3, now() + 9)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(tasks().pause(ANYONE, 2)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().pause(ANYONE, 3)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(state(1).dueMillis()).isEqualTo(now());
    assertThat(tasks().settle(node, List.of(finish(claimed.get(0), null)), now())).hasSize(1);
  }

  @Test
  void TASK17_reschedule_whileOthersClaim_isDoneOrRunning() {
    int rounds = 200;
    for (long id = 1; id <= rounds; id++) {
      tasks().insert(List.of(row(id)));
    }
    int node = join();
    List<ClaimedTask> claimed = new ArrayList<>();
    List<TaskChange> changes = new ArrayList<>();
    together(
        2,
        thread -> {
          for (long id = 1; id <= rounds; id++) {
            if (thread == 1) {
              claimed.addAll(tasks().claim(node, now(), 1));
            } else {
              changes.add(tasks().reschedule(ANYONE, id, now() + 1));
            }
          }
          return thread;
        });
    assertThat(changes).hasSize(rounds);
    assertThat(claimed).allMatch(task -> task.dueMillis() == now());
    List<Long> ids = ids(claimed);
    for (long id = 1; id <= rounds; id++) {
      TaskChange expected = ids.contains(id) ? TaskChange.RUNNING : TaskChange.DONE;
      assertThat(changes.get((int) id - 1)).isEqualTo(expected);
    }
  }

  @Test
  void TASK18_replace_ready_isClaimedAsItIsNow() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    int node = join();
    ClaimedTask first = claimOne(node);
    tasks().settle(node, List.of(retry(first, now() + 60_000)), now());
    TaskRow other = other(1, Priority.BULK);
    assertThat(tasks().replace(other, IfTaken.REPLACE_IF_READY)).contains(Outcome.REPLACED);
    assertThat(state(1))
        .isEqualTo(new TaskState(other, TaskStatus.WAITING, now() + 3, 0, Asked.NOTHING, 0, null));
    assertThat(tasks().findId(7, "A")).hasValue(1);
    ClaimedTask second = claimOne(node);
    assertThat(second.row()).isEqualTo(other);
    assertThat(second.dueMillis()).isEqualTo(now() + 3);
    assertThat(second.attempt()).isEqualTo(1);
    assertThat(second.fence()).isGreaterThan(first.fence());
    assertThat(tasks().attempts(1)).hasSize(1);
  }

  @Test
  void TASK18_replace_leasedOrFinal_isKeptUnlessSuperseded() {
    tasks().insert(List.of(numbered(1, 7, "A"), numbered(2, 7, "B"), row(3)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    ClaimedTask stale = claimed.get(0);
    tasks().settle(node, List.of(fail(claimed.get(1))), now());
    for (long id = 1; id <= 2; id++) {
      TaskRow other = other(id, Priority.NORMAL);
      assertThat(tasks().replace(other, IfTaken.REPLACE_IF_READY)).contains(Outcome.KEPT);
      assertThat(state(id).row().content()).isEqualTo("[]");
      assertThat(tasks().replace(other, IfTaken.SUPERSEDE)).contains(Outcome.REPLACED);
      assertThat(state(id))
          .isEqualTo(
              new TaskState(other, TaskStatus.WAITING, now() + 3, 0, Asked.NOTHING, 0, null));
    }
    assertThat(tasks().settle(node, List.of(finish(stale, "1")), now())).isEmpty();
    assertThat(tasks().leased(node, List.of(1L))).isEmpty();
    assertThat(tasks().attempts(2)).hasSize(1);
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(3L, 1L, 2L);
    assertThat(tasks().replace(other(9, Priority.NORMAL), IfTaken.SUPERSEDE)).isEmpty();
  }

  @Test
  void TASK18_replace_pausedOrToBePaused_staysPaused() {
    tasks().insert(List.of(numbered(1, 7, "A"), due(2, 1)));
    int node = join();
    claimOne(node);
    tasks().pause(ANYONE, 1);
    tasks().pause(ANYONE, 2);
    assertThat(tasks().replace(other(1, Priority.NORMAL), IfTaken.SUPERSEDE)).isPresent();
    assertThat(tasks().replace(due(2, 9), IfTaken.REPLACE_IF_READY)).isPresent();
    assertThat(tasks().claim(node, FOREVER, 10)).isEmpty();
    tasks().resume(ANYONE, 1);
    tasks().resume(ANYONE, 2);
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(1L, 2L);
  }

  @Test
  void TASK18_replace_rolledBack_leavesTheHolderWhatItHas() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    int node = join();
    ClaimedTask held = claimOne(node);
    IllegalStateException failure = new IllegalStateException("the host changed its mind");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          TaskStore joined = tasks().joining(transaction);
                          joined.replace(other(1, Priority.NORMAL), IfTaken.SUPERSEDE);
                          throw failure;
                        }))
        .isSameAs(failure);
    assertThat(tasks().settle(node, List.of(finish(held, null)), now())).hasSize(1);
  }

  /** Another definition of the application's task {@code A}. */
  private TaskRow other(long id, Priority priority) {
    return new TaskRow(
        id,
        7,
        "other",
        id == 2 ? "B" : "A",
        "n",
        "{}",
        9,
        "linear:1:1",
        now() + 1,
        now() + 3,
        priority);
  }

  @Test
  void TASK19_progress_ofTheHolder_showsUntilTheLeaseEnds() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    int other = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    TaskProgress widest = new TaskProgress(100, "字".repeat(TaskProgress.MAX_NOTE));
    tasks().progress(node, List.of(report(claimed.get(1), new TaskProgress(0, ""))));
    tasks().progress(node, List.of(report(claimed.get(1), widest), report(claimed.get(0), widest)));
    assertThat(state(1).progress()).isEqualTo(widest);
    assertThat(state(2).progress()).isEqualTo(widest);
    TaskProgress stale = new TaskProgress(1, "stale");
    tasks().progress(other, List.of(report(claimed.get(0), stale)));
    tasks()
        .progress(node, List.of(new ProgressReport(1, 9, stale), new ProgressReport(99, 1, stale)));
    assertThat(state(1).progress()).isEqualTo(widest);
    tasks()
        .settle(node, List.of(retry(claimed.get(0), now()), finish(claimed.get(1), null)), now());
    assertThat(state(1).progress()).isNull();
    assertThat(state(2).progress()).isNull();
    tasks().progress(node, List.of(report(claimed.get(0), stale)));
    assertThat(state(1).progress()).isNull();
    claimOne(node);
    assertThat(state(1).progress()).isNull();
  }

  private static ProgressReport report(ClaimedTask task, TaskProgress progress) {
    return new ProgressReport(task.row().id(), task.fence(), progress);
  }

  @Test
  void TASK20_failed_pageByPage_eachOnceAndOnlyTheApplications() {
    for (long id = 1; id <= 5; id++) {
      tasks().insert(List.of(numbered(id, id == 3 ? 8 : 7, "no-" + id)));
    }
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 5);
    for (int i = 4; i >= 0; i--) {
      tasks()
          .settle(
              node,
              List.of(i == 1 ? finish(claimed.get(i), null) : fail(claimed.get(i))),
              now() + 9 - i);
    }
    assertThat(failed(ANYONE, 0, 2)).containsExactly(1L, 3L);
    assertThat(failed(ANYONE, 3, 2)).containsExactly(4L, 5L);
    assertThat(failed(ANYONE, 5, 2)).isEmpty();
    assertThat(failed(OptionalLong.of(7), 0, 10)).containsExactly(1L, 4L, 5L);
    assertThat(failed(OptionalLong.of(8), 0, 10)).containsExactly(3L);
    tasks().requeue(ANYONE, 4, now(), false);
    assertThat(failed(ANYONE, 1, 10)).containsExactly(3L, 5L);
  }

  private List<Long> failed(OptionalLong applicationId, long afterId, int limit) {
    return tasks().failed(applicationId, afterId, limit).stream()
        .map(state -> state.row().id())
        .toList();
  }

  @Test
  void TASK9_change_anothersTask_isNotFound() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    OptionalLong other = OptionalLong.of(8);
    assertThat(tasks().pause(other, 1)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(tasks().resume(other, 1)).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(tasks().reschedule(other, 1, now())).isEqualTo(TaskChange.NOT_FOUND);
    assertThat(tasks().pause(OptionalLong.of(7), 1)).isEqualTo(TaskChange.DONE);
  }

  @Test
  void TASK14_change_rolledBack_leavesNothing() {
    tasks().insert(List.of(row(1), row(2)));
    tasks().pause(ANYONE, 2);
    IllegalStateException failure = new IllegalStateException("the host changed its mind");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          TaskStore joined = tasks().joining(transaction);
                          joined.pause(ANYONE, 1);
                          joined.resume(ANYONE, 2);
                          joined.reschedule(ANYONE, 2, now() + 1);
                          throw failure;
                        }))
        .isSameAs(failure);
    assertThat(ids(tasks().claim(join(), FOREVER, 10))).containsExactly(1L);
    assertThat(state(2).dueMillis()).isEqualTo(now());
  }
}
