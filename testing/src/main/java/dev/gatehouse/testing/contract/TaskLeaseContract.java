package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.attempt;
import static dev.gatehouse.testing.contract.TaskSamples.ended;
import static dev.gatehouse.testing.contract.TaskSamples.fail;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.forget;
import static dev.gatehouse.testing.contract.TaskSamples.interrupt;
import static dev.gatehouse.testing.contract.TaskSamples.numbered;
import static dev.gatehouse.testing.contract.TaskSamples.release;
import static dev.gatehouse.testing.contract.TaskSamples.retry;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.NodeLease;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.LeasedPart;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link dev.gatehouse.scheduler.TaskStore} on nodes and settlements; {@link
 * TaskRecoveryContract}, {@link TaskStoreContract} and {@link TaskClaimContract} have the others.
 */
public abstract class TaskLeaseContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskLeaseContract() {}

  @Test
  void TASK5_settle_staleFenceOrForeignNode_changesNothing() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    int other = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    ClaimedTask stale = claimed.get(0);
    tasks().settle(node, List.of(release(stale)), now());
    ClaimedTask again = claimOne(other);
    assertThat(tasks().settle(node, List.of(finish(again, "1")), now())).isEmpty();
    assertThat(
            tasks().settle(node, List.of(finish(stale, "2"), finish(claimed.get(1), "3")), now()))
        .containsExactly(new Settled(2, TaskStatus.FINISHED));
    assertThat(tasks().settle(other, List.of(finish(stale, "4")), now())).isEmpty();
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(tasks().attempts(1)).isEmpty();
    assertThat(tasks().settle(other, List.of(finish(again, "5")), now())).hasSize(1);
  }

  @Test
  void TASK5_settle_finalOrUnknownTask_changesNothing() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask task = claimOne(node);
    tasks().settle(node, List.of(finish(task, "1")), now());
    assertThat(tasks().settle(node, List.of(fail(task)), now() + 1)).isEmpty();
    assertThat(tasks().settle(node, List.of(new Settlement.Release(99, 1, now())), now()))
        .isEmpty();
    assertThat(state(1).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(tasks().attempts(1)).hasSize(1);
  }

  @Test
  void TASK5_settle_zombieAfterRecovery_changesNothing() {
    tasks().insert(List.of(row(1)));
    int zombie = join();
    ClaimedTask stale = claimOne(zombie);
    clock.advance(LEASE);
    tasks().recover(3, now(), 10);
    assertThat(tasks().settle(zombie, List.of(finish(stale, null)), now())).isEmpty();
    ClaimedTask fresh = claimOne(join());
    assertThat(tasks().settle(zombie, List.of(finish(fresh, null)), now())).isEmpty();
    assertThat(fresh.fence()).isGreaterThan(stale.fence());
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void TASK6_settle_eachKind_becomesWhatItSays() {
    tasks().insert(rows(5));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 5);
    ClaimedTask cancelled = claimed.get(3);
    List<Settled> settled =
        tasks()
            .settle(
                node,
                List.of(
                    new Settlement.Release(5, claimed.get(4).fence(), now() + 9),
                    finish(claimed.get(0), "{\"r\":\"😀\"}"),
                    retry(claimed.get(1), now() + 7),
                    fail(claimed.get(2)),
                    new Settlement.Cancel(4, cancelled.fence(), null)),
                now() + 1);
    assertThat(settled)
        .containsExactlyInAnyOrder(
            new Settled(1, TaskStatus.FINISHED),
            new Settled(2, TaskStatus.WAITING),
            new Settled(3, TaskStatus.FAILED),
            new Settled(4, TaskStatus.CANCELLED),
            new Settled(5, TaskStatus.WAITING));
    long end = now() + 1;
    assertThat(state(1)).isEqualTo(ended(1, TaskStatus.FINISHED, 1, end, "{\"r\":\"😀\"}"));
    assertThat(state(2))
        .isEqualTo(new TaskState(row(2), TaskStatus.WAITING, now() + 7, 1, Asked.NOTHING, 0, null));
    assertThat(state(3)).isEqualTo(ended(3, TaskStatus.FAILED, 1, end, null));
    assertThat(state(4)).isEqualTo(ended(4, TaskStatus.CANCELLED, 0, end, null));
    assertThat(state(5))
        .isEqualTo(new TaskState(row(5), TaskStatus.WAITING, now() + 9, 0, Asked.NOTHING, 0, null));
    assertThat(tasks().attempts(1)).containsExactly(attempt(claimed.get(0), Outcome.SUCCESS, ""));
    assertThat(tasks().attempts(2))
        .containsExactly(attempt(claimed.get(1), Outcome.FAILURE, "no '😀'"));
    assertThat(tasks().attempts(4)).isEmpty();
    assertThat(tasks().leased(node, FOREVER, 10)).isEmpty();
  }

  @Test
  void TASK6_settle_interrupted_isRecordedButNotCounted() {
    tasks().insert(List.of(row(1)));
    int lost = join();
    claimOne(lost);
    tasks().leave(lost, "boot");
    tasks().recover(3, now(), 1);
    int node = join();
    ClaimedTask closed = claimOne(node);
    assertThat(tasks().settle(node, List.of(interrupt(closed, now() + 7)), now()))
        .containsExactly(new Settled(1, TaskStatus.WAITING));
    assertThat(tasks().settle(node, List.of(interrupt(closed, now())), now())).isEmpty();
    assertThat(state(1))
        .isEqualTo(new TaskState(row(1), TaskStatus.WAITING, now() + 7, 1, Asked.NOTHING, 0, null));
    assertThat(tasks().attempts(1).get(1))
        .isEqualTo(attempt(closed, Outcome.INTERRUPTED, "closed"));
    ClaimedTask again = claimOne(node);
    assertThat(List.of(again.attempt(), again.crashes(), again.fence())).containsExactly(2, 1, 3L);
    tasks().cancel(ANYONE, 1, now());
    assertThat(tasks().settle(node, List.of(interrupt(again, now())), now()))
        .containsExactly(new Settled(1, TaskStatus.CANCELLED));
    assertThat(tasks().attempts(1))
        .extracting(Attempt::outcome)
        .containsExactly(Outcome.CRASHED, Outcome.INTERRUPTED, Outcome.INTERRUPTED);
  }

  @Test
  void TASK6_settle_released_countsNoAttemptButGrowsItsFence() {
    tasks().insert(List.of(row(1)));
    int node = join();
    tasks().settle(node, List.of(release(claimOne(node))), now());
    ClaimedTask again = claimOne(node);
    assertThat(List.of(again.attempt(), again.fence())).containsExactly(1, 2L);
  }

  @Test
  void TASK6_settle_longestTexts_areKept() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    String error = "字".repeat(Attempt.MAX_ERROR);
    Attempt retried = failed(claimed.get(0), error);
    Attempt last = failed(claimed.get(1), error);
    tasks()
        .settle(
            node,
            List.of(new Settlement.Retry(1, retried, now()), new Settlement.Fail(2, last)),
            now());
    assertThat(tasks().attempts(1)).containsExactly(retried);
    assertThat(tasks().attempts(2)).containsExactly(last);
  }

  private Attempt failed(ClaimedTask task, String error) {
    Instant end = clock.instant().plusMillis(1);
    return new Attempt(1, task.fence(), clock.instant(), end, Outcome.TIMEOUT, 504, error);
  }

  @Test
  void TASK6_settle_longestResult_isKept() {
    tasks().insert(List.of(row(1)));
    int node = join();
    String result = "\"" + "字".repeat((64 << 10) - 2) + "\"";
    tasks().settle(node, List.of(finish(claimOne(node), result)), now());
    assertThat(state(1).result()).isEqualTo(result);
  }

  @Test
  void TASK6_settle_mostTasksInOneCall_allCount() {
    int count = TaskStore.MAX_BATCH;
    tasks().insert(rows(count));
    int node = join();
    List<Settlement> all = new ArrayList<>();
    tasks().claim(node, FOREVER, count).forEach(task -> all.add(finish(task, null)));
    Collections.reverse(all);
    assertThat(tasks().settle(node, all, now())).hasSize(count);
    assertThat(purge(now() + 1, count)).isEqualTo(count);
  }

  @Test
  void TASK6_settle_oneTaskTwice_isRefused() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask task = claimOne(node);
    assertThatThrownBy(() -> tasks().settle(node, List.of(finish(task, null), fail(task)), now()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice: 1");
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void TASK7_settle_cancelRequested_endsAsCancelledWhateverItSays() {
    tasks().insert(rows(4));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
    claimed.forEach(task -> tasks().cancel(ANYONE, task.row().id(), now()));
    assertThat(tasks().leased(node, FOREVER, 4)).allMatch(task -> task.asked() == Asked.CANCEL);
    List<Settled> settled =
        tasks()
            .settle(
                node,
                List.of(
                    finish(claimed.get(0), "1"),
                    retry(claimed.get(1), now()),
                    fail(claimed.get(2)),
                    release(claimed.get(3))),
                now() + 2);
    assertThat(settled).hasSize(4).allMatch(task -> task.status() == TaskStatus.CANCELLED);
    assertThat(state(1).result()).isNull();
    assertThat(state(1).asked()).isEqualTo(Asked.NOTHING);
    assertThat(state(1).endedMillis()).isEqualTo(now() + 2);
    assertThat(tasks().attempts(1)).hasSize(1);
    assertThat(state(4).attempt()).isZero();
    assertThat(tasks().attempts(4)).isEmpty();
  }

  @Test
  void TASK15_settle_forgotten_isGoneWithItsNumberAndAttempts() {
    tasks().insert(List.of(numbered(1, 7, "A"), row(2)));
    int node = join();
    tasks().settle(node, List.of(retry(claimOne(node), now())), now());
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    ClaimedTask cancelled = claimed.get(1);
    tasks().cancel(ANYONE, cancelled.row().id(), now());
    assertThat(tasks().settle(node, List.of(forget(claimed.get(0)), forget(cancelled)), now()))
        .containsExactlyInAnyOrder(
            new Settled(1, TaskStatus.FINISHED), new Settled(2, TaskStatus.CANCELLED));
    assertThat(tasks().find(ANYONE, 1)).isEmpty();
    assertThat(tasks().attempts(1)).isEmpty();
    assertThat(tasks().findId(7, "A")).isEmpty();
    assertThat(state(2).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(purge(FOREVER, 10)).isEqualTo(1);
  }

  @Test
  void TASK15_settle_forgottenThatWasAskedToPause_isGoneToo() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    int node = join();
    ClaimedTask held = claimOne(node);
    assertThat(tasks().pause(ANYONE, 1)).isEqualTo(TaskChange.REQUESTED);

    assertThat(tasks().settle(node, List.of(forget(held)), now()))
        .containsExactly(new Settled(1, TaskStatus.FINISHED));

    assertThat(tasks().find(ANYONE, 1)).isEmpty();
    assertThat(tasks().findId(7, "A")).isEmpty();
  }

  @Test
  void TASK15_settle_forgottenUnderStaleFence_isKept() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask stale = claimOne(node);
    tasks().settle(node, List.of(release(stale)), now());
    ClaimedTask fresh = claimOne(node);
    assertThat(tasks().settle(node, List.of(forget(stale)), now())).isEmpty();
    assertThat(tasks().settle(join(), List.of(forget(fresh)), now())).isEmpty();
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void TASK8_leased_byIds_onlyTheNodesOwn() {
    tasks().insert(rows(3));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    tasks().cancel(ANYONE, 2, now());
    assertThat(tasks().leased(node, List.of(1L, 2L, 3L, 4L)))
        .containsExactlyInAnyOrder(
            new LeasedTask(1, claimed.get(0).fence(), Asked.NOTHING),
            new LeasedTask(2, claimed.get(1).fence(), Asked.CANCEL));
    assertThat(tasks().leased(join(), List.of(1L, 2L))).isEmpty();
  }

  @Test
  void TASK11_join_tellsWhenOthersExpire() {
    NodeLease first = tasks().join("boot", LEASE);
    assertThat(first.othersExpireMillis()).isEqualTo(Long.MAX_VALUE);
    clock.advance(Duration.ofSeconds(1));
    NodeLease second = tasks().join("boot", LEASE);
    assertThat(second.othersExpireMillis()).isEqualTo(first.expiresMillis());
    assertThat(tasks().renew(first.node(), "boot", LEASE).orElseThrow().othersExpireMillis())
        .isEqualTo(second.expiresMillis());
    tasks().insert(List.of(row(1)));
    claimOne(second.node());
    tasks().leave(second.node(), "boot");
    assertThat(tasks().renew(first.node(), "boot", LEASE).orElseThrow().othersExpireMillis())
        .isLessThanOrEqualTo(now());
    tasks().recover(3, now(), 10);
    assertThat(tasks().renew(first.node(), "boot", LEASE).orElseThrow().othersExpireMillis())
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void TASK11_join_numbersAreNeverGivenTwice() {
    int first = join();
    tasks().leave(first, "boot");
    clock.advance(Duration.ofDays(2));
    tasks().recover(3, now(), 1);
    assertThat(first).isPositive();
    assertThat(join()).isGreaterThan(first);
  }

  @Test
  void TASK11_renew_inTime_goesOnFromThePresent() {
    NodeLease lease = tasks().join("boot", LEASE);
    assertThat(List.of(lease.nowMillis(), lease.expiresMillis()))
        .containsExactly(now(), now() + 10_000);
    clock.advance(LEASE.minusMillis(1));
    assertThat(tasks().renew(lease.node(), "boot", LEASE))
        .contains(new NodeLease(lease.node(), now(), now() + 10_000, Long.MAX_VALUE));
    clock.advance(LEASE.minusMillis(1));
    assertThat(tasks().recover(3, now(), 1)).isEmpty();
    assertThat(tasks().renew(lease.node(), "boot", LEASE)).isPresent();
  }

  @Test
  void TASK11_renew_lostLeftOrAnothersLease_isEmpty() {
    int lost = join();
    assertThat(tasks().renew(lost, "another boot", LEASE)).isEmpty();
    clock.advance(LEASE);
    assertThat(tasks().renew(lost, "boot", LEASE)).isEmpty();
    int left = join();
    tasks().leave(left, "another boot");
    assertThat(tasks().renew(left, "boot", LEASE)).isPresent();
    tasks().leave(left, "boot");
    assertThat(tasks().renew(left, "boot", LEASE)).isEmpty();
    assertThat(tasks().renew(left + 1, "boot", LEASE)).isEmpty();
  }

  @Test
  void TASK11_nowMicros_isTheTimeOfLeases() {
    long before = tasks().join("boot", LEASE).nowMillis() * 1_000;
    long now = tasks().nowMicros();
    long after = tasks().join("boot", LEASE).nowMillis() * 1_000 + 999;
    assertThat(now).isBetween(before, after);
  }

  /** All parts of what the node holds, up to the last. */
  protected final List<Long> leasedByParts(int node, long dueUntilMillis) {
    List<Long> ids = new ArrayList<>();
    boolean more = true;
    for (int parts = 0; more; parts++) {
      assertThat(parts).as("parts").isLessThan(1_000);
      LeasedPart part = tasks().leasedPart(node, dueUntilMillis);
      part.tasks().forEach(task -> ids.add(task.id()));
      more = !part.last();
    }
    return ids;
  }

  @Test
  void TASK30_leasedPart_partAfterPart_allThatTheNodeHolds() {
    tasks().insert(rows(60));
    int node = join();
    int other = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 20);
    tasks().claim(other, FOREVER, 20);
    tasks().settle(node, List.of(finish(claimed.get(0), null), release(claimed.get(1))), now());

    List<Long> held = claimed.subList(2, 20).stream().map(task -> task.row().id()).toList();
    assertThat(leasedByParts(node, FOREVER)).containsExactlyInAnyOrderElementsOf(held);
    assertThat(leasedByParts(node, FOREVER)).containsExactlyInAnyOrderElementsOf(held);
    assertThat(leasedByParts(other, FOREVER)).hasSize(20);
    assertThat(leasedByParts(other + 1, FOREVER)).isEmpty();
    assertThat(tasks().leasedPart(node, -1)).isEqualTo(new LeasedPart(List.of(), true));
  }
}
