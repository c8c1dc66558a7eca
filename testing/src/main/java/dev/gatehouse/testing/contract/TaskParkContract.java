package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.due;
import static dev.gatehouse.testing.contract.TaskSamples.fail;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.forget;
import static dev.gatehouse.testing.contract.TaskSamples.ids;
import static dev.gatehouse.testing.contract.TaskSamples.numbered;
import static dev.gatehouse.testing.contract.TaskSamples.park;
import static dev.gatehouse.testing.contract.TaskSamples.release;
import static dev.gatehouse.testing.contract.TaskSamples.retry;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.CountedTasks;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.OpenTask;
import dev.gatehouse.scheduler.OpenTask.State;
import dev.gatehouse.scheduler.OtherCounts;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.RetriesAhead;
import dev.gatehouse.scheduler.Scheduled.Outcome;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link TaskStore} on tasks that are parked until someone admits them. */
public abstract class TaskParkContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskParkContract() {}

  /** The tasks 1 to count, inserted and parked; what they were claimed as. */
  private List<ClaimedTask> parked(int node, int count) {
    tasks().insert(rows(count));
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, count);
    tasks().settle(node, claimed.stream().map(TaskSamples::park).toList(), now());
    return claimed;
  }

  private State open(long id) {
    return tasks().open(List.of(id)).get(0).state();
  }

  @Test
  void TASK22_park_leased_waitsUnclaimedAsItWas() {
    tasks().insert(List.of(numbered(1, 7, "A"), due(2, 5)));
    int node = join();
    ClaimedTask task = tasks().claim(node, now(), 1).get(0);
    assertThat(tasks().settle(node, List.of(park(task)), now() + 1))
        .containsExactly(new Settled(1, TaskStatus.WAITING));

    assertThat(state(1))
        .isEqualTo(
            new TaskState(
                numbered(1, 7, "A"), TaskStatus.WAITING, now(), 0, Asked.NOTHING, 0, null));
    assertThat(tasks().attempts(1)).isEmpty();
    assertThat(tasks().leased(node, FOREVER, 10)).isEmpty();
    assertThat(tasks().earliestDue()).hasValue(now() + 5);
    assertThat(tasks().count(now(), 100).due()).isZero();
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(2L);
    assertThat(tasks().claim(node, FOREVER, 1_000)).isEmpty();
    assertThat(tasks().recover(0, now(), 10)).isEmpty();
  }

  @Test
  void TASK22_park_staleFenceOrForeignNode_changesNothing() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask stale = claimOne(node);
    tasks().settle(node, List.of(release(stale)), now());
    ClaimedTask task = claimOne(node);

    assertThat(tasks().settle(node, List.of(park(stale)), now())).isEmpty();
    assertThat(tasks().settle(join(), List.of(park(task)), now())).isEmpty();
    assertThat(tasks().settle(node, List.of(finish(task, null)), now())).hasSize(1);
  }

  @Test
  void TASK22_park_askedToCancelOrToPause_isCancelledOrPaused() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    tasks().cancel(ANYONE, 1, now());
    tasks().pause(ANYONE, 2);
    assertThat(tasks().settle(node, claimed.stream().map(TaskSamples::park).toList(), now() + 3))
        .containsExactlyInAnyOrder(
            new Settled(1, TaskStatus.CANCELLED), new Settled(2, TaskStatus.WAITING));

    assertThat(state(1).endedMillis()).isEqualTo(now() + 3);
    assertThat(open(2)).isEqualTo(State.PAUSED);
    assertThat(tasks().admit(List.of(1L, 2L))).isEmpty();
    tasks().resume(ANYONE, 2);
    assertThat(claimOne(node).attempt()).isEqualTo(1);
  }

  @Test
  void TASK22_admit_parked_isReadyAsBeforeUnderALaterFence() {
    int node = join();
    ClaimedTask first = parked(node, 3).get(0);

    assertThat(tasks().admit(List.of(1L, 3L, 9L))).containsExactlyInAnyOrder(1L, 3L);
    assertThat(tasks().admit(List.of(1L, 3L))).isEmpty();

    assertThat(tasks().earliestDue()).hasValue(now());
    List<ClaimedTask> again = tasks().claim(node, FOREVER, 10);
    assertThat(ids(again)).containsExactly(1L, 3L);
    assertThat(again.get(0).row()).isEqualTo(row(1));
    assertThat(List.of(again.get(0).attempt(), again.get(0).crashes())).containsExactly(1, 0);
    assertThat(again.get(0).fence()).isGreaterThan(first.fence());
  }

  @Test
  void TASK22_admit_readyLeasedPausedOrFinal_changesNothing() {
    tasks().insert(rows(4));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    tasks().settle(node, List.of(fail(claimed.get(0))), now());
    tasks().pause(ANYONE, 3);

    assertThat(tasks().admit(List.of(1L, 2L, 3L, 4L))).isEmpty();

    assertThat(tasks().settle(node, List.of(finish(claimed.get(1), null)), now())).hasSize(1);
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(4L);
  }

  @Test
  void TASK22_admit_mostInOneCall_allAreReady() {
    int node = join();
    int count = TaskStore.MAX_BATCH;
    parked(node, count);

    assertThat(tasks().admit(rows(count).stream().map(TaskRow::id).toList())).hasSize(count);

    assertThat(tasks().claim(node, FOREVER, count)).hasSize(count);
    assertThatIllegalArgumentException().isThrownBy(() -> tasks().admit(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tasks().admit(Collections.nCopies(count + 1, 1L)));
    assertThatIllegalArgumentException().isThrownBy(() -> tasks().open(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tasks().open(Collections.nCopies(count + 1, 1L)));
  }

  @Test
  void TASK28_admitHeld_parked_areAsIfAdmittedAndClaimed() {
    int other = join();
    ClaimedTask first = parked(other, 4).get(0);
    tasks().pause(ANYONE, 4);
    int node = join();

    List<ClaimedTask> held = tasks().admitHeld(node, Exclusion.NONE, List.of(3L, 1L, 4L, 9L, 1L));

    assertThat(ids(held)).containsExactly(1L, 3L);
    assertThat(held.get(0).row()).isEqualTo(row(1));
    assertThat(held.get(0).dueMillis()).isEqualTo(first.dueMillis());
    assertThat(List.of(held.get(0).attempt(), held.get(0).crashes())).containsExactly(1, 0);
    assertThat(held.get(0).fence()).isGreaterThan(first.fence());
    assertThat(tasks().leased(node, FOREVER, 10))
        .extracting(LeasedTask::id, LeasedTask::fence)
        .containsExactly(tuple(1L, held.get(0).fence()), tuple(3L, held.get(1).fence()));
    assertThat(tasks().admitHeld(node, Exclusion.NONE, List.of(1L, 3L))).isEmpty();
    assertThat(tasks().settle(node, List.of(finish(held.get(0), null)), now())).hasSize(1);
    assertThat(tasks().settle(node, List.of(release(held.get(1))), now())).hasSize(1);
    assertThat(claimOne(node).attempt()).isEqualTo(1);
    assertThat(open(2)).isEqualTo(State.PARKED);
  }

  @Test
  void TASK28_admitHeld_passedOver_staysParked() {
    int node = join();
    parked(node, 2);
    Set<String> kinds = Set.of(row(1).kind());

    assertThat(tasks().admitHeld(node, new Exclusion(kinds, Set.of(), 0), List.of(1L, 2L)))
        .isEmpty();
    assertThat(
            tasks()
                .admitHeld(
                    node,
                    new Exclusion(Set.of(), Set.of(row(1).applicationId()), 0),
                    List.of(1L, 2L)))
        .isEmpty();

    assertThat(open(1)).isEqualTo(State.PARKED);
    assertThat(tasks().admit(List.of(1L, 2L))).hasSize(2);
  }

  @Test
  void TASK28_admitHeld_nodeThatHasLeft_leasesNothing() {
    int node = join();
    parked(node, 1);
    tasks().leave(node, "boot");

    assertThat(tasks().admitHeld(node, Exclusion.NONE, List.of(1L))).isEmpty();

    assertThat(open(1)).isEqualTo(State.PARKED);
  }

  @Test
  void TASK28_admitHeld_nodeIsLost_isRecoveredWithACrash() {
    int node = join();
    parked(node, 1);
    assertThat(tasks().admitHeld(node, Exclusion.NONE, List.of(1L))).hasSize(1);
    tasks().leave(node, "boot");

    assertThat(tasks().recover(3, now(), 10)).containsExactly(new Settled(1, TaskStatus.WAITING));

    ClaimedTask again = claimOne(join());
    assertThat(List.of(again.attempt(), again.crashes())).containsExactly(2, 1);
  }

  @Test
  void TASK28_admitHeld_mostInOneCall_allAreLeased() {
    int node = join();
    int count = TaskStore.MAX_BATCH;
    parked(node, count);

    assertThat(
            tasks().admitHeld(node, Exclusion.NONE, rows(count).stream().map(TaskRow::id).toList()))
        .hasSize(count);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> tasks().admitHeld(node, Exclusion.NONE, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> tasks().admitHeld(node, Exclusion.NONE, Collections.nCopies(count + 1, 1L)));
  }

  @Test
  void TASK22_pauseAndResume_parked_isReady() {
    int node = join();
    parked(node, 1);

    assertThat(tasks().pause(ANYONE, 1)).isEqualTo(TaskChange.DONE);
    assertThat(open(1)).isEqualTo(State.PAUSED);
    assertThat(tasks().admit(List.of(1L))).isEmpty();
    assertThat(tasks().resume(ANYONE, 1)).isEqualTo(TaskChange.DONE);

    assertThat(claimOne(node).attempt()).isEqualTo(1);
  }

  @Test
  void TASK22_resume_parkedAndNotPaused_staysParked() {
    int node = join();
    parked(node, 1);

    assertThat(tasks().resume(ANYONE, 1)).isEqualTo(TaskChange.DONE);

    assertThat(open(1)).isEqualTo(State.PARKED);
    assertThat(tasks().claim(node, FOREVER, 10)).isEmpty();
  }

  @Test
  void TASK22_reschedule_parked_isReadyAtItsNewTime() {
    int node = join();
    parked(node, 1);

    assertThat(tasks().reschedule(ANYONE, 1, now() + 7)).isEqualTo(TaskChange.DONE);

    assertThat(open(1)).isEqualTo(State.READY);
    assertThat(claimOne(node).dueMillis()).isEqualTo(now() + 7);
  }

  @Test
  void TASK22_replace_parked_isReady() {
    int node = join();
    parked(node, 2);

    assertThat(tasks().replace(due(1, 3), IfTaken.REPLACE_IF_READY)).contains(Outcome.REPLACED);
    assertThat(tasks().replace(due(2, 4), IfTaken.SUPERSEDE)).contains(Outcome.REPLACED);

    assertThat(tasks().claim(node, FOREVER, 10))
        .extracting(ClaimedTask::dueMillis)
        .containsExactly(now() + 3, now() + 4);
  }

  @Test
  void TASK22_cancelAndRequeue_parked_isFinalThenReady() {
    int node = join();
    parked(node, 1);

    assertThat(tasks().requeue(ANYONE, 1, now(), true)).isEqualTo(Requeue.WAITING);
    assertThat(tasks().cancel(OptionalLong.of(8), 1, now())).isEqualTo(Cancellation.NOT_FOUND);
    assertThat(tasks().cancel(ANYONE, 1, now())).isEqualTo(Cancellation.CANCELLED);
    assertThat(tasks().admit(List.of(1L))).isEmpty();
    assertThat(tasks().requeue(ANYONE, 1, now(), false)).isEqualTo(Requeue.REQUEUED);

    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(1L);
  }

  @Test
  void TASK22_rolledBack_staysAsItWas() {
    int node = join();
    parked(node, 1);
    tasks().insert(List.of(row(2)));
    ClaimedTask held = claimOne(node);
    IllegalStateException failure = new IllegalStateException("the host changed its mind");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          TaskStore joined = tasks().joining(transaction);
                          assertThat(joined.admit(List.of(1L))).containsExactly(1L);
                          assertThat(joined.settle(node, List.of(park(held)), now())).hasSize(1);
                          throw failure;
                        }))
        .isSameAs(failure);

    assertThat(open(1)).isEqualTo(State.PARKED);
    assertThat(tasks().claim(node, FOREVER, 10)).isEmpty();
    assertThat(tasks().settle(node, List.of(finish(held, null)), now())).hasSize(1);
  }

  @Test
  void TASK24_open_eachState_onlyThoseThatAreNotFinal() {
    int node = join();
    parked(node, 1);
    tasks().insert(List.of(row(2), due(3, 1), due(4, 2), due(5, 3)));
    List<ClaimedTask> claimed = tasks().claim(node, now() + 1, 2);
    tasks().settle(node, List.of(finish(claimed.get(0), null)), now());
    tasks().pause(ANYONE, 4);

    assertThat(tasks().open(List.of(1L, 2L, 3L, 4L, 5L, 6L, 3L)))
        .extracting(OpenTask::id, OpenTask::state)
        .containsExactlyInAnyOrder(
            tuple(1L, State.PARKED),
            tuple(3L, State.LEASED),
            tuple(4L, State.PAUSED),
            tuple(5L, State.READY));
    assertThat(tasks().open(List.of(3L)))
        .containsExactly(new OpenTask(3, claimed.get(1).fence(), State.LEASED));
  }

  private static TaskRow owned(long id, String retry, int timeoutMillis, long inMillis) {
    long start = START.toEpochMilli();
    return new TaskRow(
        id, 7, "kind", null, "", "[]", timeoutMillis, retry, start, start + inMillis);
  }

  private List<RetriesAhead> ahead(long dueUntilMillis) {
    return tasks().retriesAhead(7, dueUntilMillis, "", 0, 10);
  }

  @Test
  void TASK26_retriesAhead_begunOrDueSoon_byPolicyAndFailures() {
    tasks()
        .insert(
            List.of(
                owned(1, "linear:5:5", 10, 0),
                owned(2, "linear:5:5", 30, 0),
                owned(3, "linear:5:5", 20, 0),
                owned(4, "linear:9:5", 40, 500),
                owned(5, "linear:9:5", 50, 501),
                row(6)));
    assertThat(ahead(now() + 500))
        .containsExactlyInAnyOrder(
            new RetriesAhead("linear:5:5", 0, now(), 30),
            new RetriesAhead("linear:9:5", 0, now() + 500, 40));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, now(), 10);
    assertThat(ahead(now() - 1))
        .as("leased, none has failed")
        .containsExactly(new RetriesAhead("linear:5:5", 0, now(), 30));
    tasks()
        .settle(
            node,
            List.of(
                retry(claimed.get(0), now() + 9_000),
                finish(claimed.get(1), null),
                release(claimed.get(2))),
            now());
    assertThat(ahead(now()))
        .containsExactlyInAnyOrder(
            new RetriesAhead("linear:5:5", 0, now(), 20),
            new RetriesAhead("linear:5:5", 1, now() + 9_000, 10));
    tasks().pause(ANYONE, 1);
    tasks().cancel(ANYONE, 3, now());
    assertThat(ahead(now()))
        .as("paused, and one cancelled")
        .containsExactly(new RetriesAhead("linear:5:5", 1, now() + 9_000, 10));
  }

  @Test
  void TASK26_retriesAhead_inPages_allOnce() {
    List<TaskRow> rows = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      rows.add(owned(i + 1, "linear:" + i + ":5", 1, 0));
    }
    tasks().insert(rows);
    List<RetriesAhead> all = new ArrayList<>();
    List<RetriesAhead> page = tasks().retriesAhead(7, now(), "", 0, 3);
    while (!page.isEmpty()) {
      all.addAll(page);
      RetriesAhead last = page.get(page.size() - 1);
      page = tasks().retriesAhead(7, now(), last.retry(), last.failed(), 3);
    }
    assertThat(all).hasSize(7).doesNotHaveDuplicates();
    assertThatIllegalArgumentException().isThrownBy(() -> tasks().retriesAhead(7, now(), "", 0, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tasks().retriesAhead(7, now(), "", 0, TaskStore.MAX_BATCH + 1));
  }

  @Test
  void TASK29_countOthers_fewTasks_allByTheirState() {
    assertThat(tasks().countOthers(100)).isEqualTo(counts(0, 0, 0, 0, 0));
    tasks().insert(rows(16));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 12);
    tasks()
        .settle(
            node,
            List.of(
                finish(claimed.get(0), null),
                finish(claimed.get(1), null),
                finish(claimed.get(2), "1"),
                fail(claimed.get(3)),
                fail(claimed.get(4)),
                park(claimed.get(5)),
                park(claimed.get(6)),
                park(claimed.get(7)),
                park(claimed.get(8)),
                forget(claimed.get(9)),
                retry(claimed.get(10), now())),
            now());
    tasks().cancel(ANYONE, 13, now());
    tasks().pause(ANYONE, 14);
    tasks().pause(ANYONE, 15);
    tasks().pause(ANYONE, claimed.get(11).row().id());

    assertThat(tasks().countOthers(100)).isEqualTo(counts(2, 4, 2, 1, 3));

    tasks().resume(ANYONE, 14);
    tasks().admit(List.of(claimed.get(5).row().id()));
    tasks().requeue(ANYONE, claimed.get(3).row().id(), now(), false);
    tasks().requeue(ANYONE, claimed.get(0).row().id(), now(), true);
    tasks().requeue(ANYONE, 13, now(), false);
    assertThat(tasks().countOthers(TaskStore.MAX_BATCH)).isEqualTo(counts(1, 3, 1, 0, 2));
    purge(FOREVER, 10);
    assertThat(tasks().countOthers(100)).isEqualTo(counts(1, 3, 0, 0, 0));
  }

  @Test
  void TASK29_countOthers_moreThanTheLimit_atLeastSoManyOrAll() {
    tasks().insert(rows(150));
    LongStream.rangeClosed(1, 150).forEach(id -> tasks().pause(ANYONE, id));
    CountedTasks paused = tasks().countOthers(100).paused();
    assertThat(paused.number()).isBetween(100L, 150L);
    assertThat(paused.complete()).isEqualTo(paused.number() == 150);
    assertThat(tasks().countOthers(151).paused()).isEqualTo(new CountedTasks(150, true));
    for (int limit : new int[] {99, TaskStore.MAX_BATCH + 1}) {
      assertThatThrownBy(() -> tasks().countOthers(limit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("100..5000, was " + limit);
    }
  }

  private static OtherCounts counts(
      long paused, long parked, long failed, long cancelled, long finished) {
    return new OtherCounts(
        new CountedTasks(paused, true),
        new CountedTasks(parked, true),
        new CountedTasks(failed, true),
        new CountedTasks(cancelled, true),
        new CountedTasks(finished, true));
  }
}
