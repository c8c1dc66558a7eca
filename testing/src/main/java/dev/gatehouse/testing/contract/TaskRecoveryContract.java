package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.due;
import static dev.gatehouse.testing.contract.TaskSamples.ended;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.ProgressReport;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.TaskProgress;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link dev.gatehouse.scheduler.TaskStore} on what lost and departed nodes held;
 * {@link TaskLeaseContract} has those on leases.
 */
public abstract class TaskRecoveryContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskRecoveryContract() {}

  @Test
  void TASK12_recover_lostNode_freesWhatItHeld() {
    tasks().insert(List.of(due(1, 40_000), row(2)));
    int lost = join();
    tasks().claim(lost, FOREVER, 1);
    tasks().claim(lost, FOREVER, 1);
    clock.advance(LEASE.minusMillis(1));
    int live = join();
    tasks().insert(List.of(row(3)));
    tasks().claim(live, FOREVER, 1);
    assertThat(tasks().recover(3, now(), 10)).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(tasks().recover(3, now(), 10))
        .containsExactlyInAnyOrder(
            new Settled(1, TaskStatus.WAITING), new Settled(2, TaskStatus.WAITING));
    assertThat(state(1).dueMillis()).isEqualTo(now() - 10_000 + 40_000);
    assertThat(state(3).status()).isEqualTo(TaskStatus.RUNNING);
    Attempt crash = tasks().attempts(2).get(0);
    assertThat(List.of(crash.number(), crash.fence(), crash.outcome()))
        .containsExactly(1, 1L, Outcome.CRASHED);
    assertThat(crash.endedAt()).isEqualTo(clock.instant());
    ClaimedTask again = claimOne(live);
    assertThat(List.of(again.crashes(), again.attempt())).containsExactly(1, 2);
  }

  @Test
  void TASK12_recover_departedNode_freesAtOnce() {
    tasks().insert(List.of(row(1)));
    int node = join();
    claimOne(node);
    tasks().leave(node, "boot");
    assertThat(tasks().recover(3, now(), 10)).hasSize(1);
  }

  @Test
  void TASK12_recover_withLimit_comesToAnEnd() {
    tasks().insert(rows(25));
    int one = join();
    int two = join();
    tasks().claim(one, FOREVER, 12);
    tasks().claim(two, FOREVER, 13);
    clock.advance(LEASE);
    List<Integer> sizes =
        Stream.generate(() -> tasks().recover(3, now(), 10).size()).limit(4).toList();
    assertThat(sizes).containsExactly(10, 10, 5, 0);
    assertThat(tasks().claim(join(), FOREVER, 100)).hasSize(25);
  }

  @Test
  void TASK12_recover_twoDaysAfterTheLoss_stillFrees() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    tasks().claim(node, FOREVER, 2);
    clock.advance(Duration.ofDays(2));
    assertThat(tasks().recover(3, now(), 1)).hasSize(1);
    clock.advance(Duration.ofDays(2));
    join();
    assertThat(tasks().recover(3, now(), 1)).hasSize(1);
  }

  /** As after a failover to a server whose clock is behind. */
  @Test
  void TASK12_recover_clockSetBack_freesALeaseLater() {
    tasks().insert(List.of(row(1)));
    claimOne(join());
    int live = join();
    clock.advance(Duration.ofHours(-1));
    assertThat(othersExpire(live)).isLessThanOrEqualTo(now());
    assertThat(tasks().recover(3, now(), 10)).isEmpty();
    assertThat(othersExpire(live)).isEqualTo(now() + LEASE.toMillis());
    clock.advance(LEASE.minusMillis(1));
    assertThat(tasks().recover(3, now(), 10)).isEmpty();
    assertThat(othersExpire(live)).isEqualTo(now() + 1);
    clock.advance(Duration.ofMillis(1));
    assertThat(tasks().recover(3, now(), 10)).containsExactly(new Settled(1, TaskStatus.WAITING));
  }

  private long othersExpire(int node) {
    return tasks().renew(node, "boot", LEASE).orElseThrow().othersExpireMillis();
  }

  @Test
  void TASK12_recover_clockSetBack_liveNodesKeepTheirLeases() {
    tasks().insert(List.of(row(1)));
    Duration longer = LEASE.multipliedBy(3);
    int node = tasks().join("boot", longer).node();
    ClaimedTask task = claimOne(node);
    int live = join();
    clock.advance(Duration.ofHours(-1));
    assertThat(tasks().recover(3, now(), 10)).isEmpty();
    clock.advance(longer.minusMillis(1));
    assertThat(tasks().recover(3, now(), 10)).isEmpty();
    assertThat(tasks().renew(node, "boot", longer)).isPresent();
    assertThat(tasks().renew(live, "boot", LEASE)).isEmpty();
    assertThat(tasks().settle(node, List.of(finish(task, null)), now())).hasSize(1);
  }

  /** Its lease is renewed to an end long before what it had claimed until then is due. */
  @Test
  void TASK12_recover_clockSetBackAndLostLater_freesWhatItHeldBefore() {
    tasks().insert(List.of(due(1, 5_000)));
    int node = join();
    tasks().claim(node, FOREVER, 1);
    clock.advance(Duration.ofHours(-1));
    tasks().recover(3, now(), 10);
    assertThat(tasks().renew(node, "boot", LEASE)).isPresent();
    clock.advance(LEASE);
    assertThat(tasks().recover(3, now(), 10)).containsExactly(new Settled(1, TaskStatus.WAITING));
  }

  /** What was committed after its node was seen to hold nothing is still looked for. */
  @Test
  void TASK12_recover_clockSetBackAfterALoss_stillFreesWhatComesLater() {
    tasks().insert(List.of(row(1)));
    int lost = join();
    clock.advance(LEASE);
    tasks().recover(3, now(), 10);
    clock.advance(Duration.ofHours(-1));
    assertThat(tasks().insertHeld(lost, List.of(row(2)))).containsExactly(2L);
    assertThat(tasks().recover(3, now(), 10)).containsExactly(new Settled(2, TaskStatus.WAITING));
  }

  @Test
  void TASK12_recover_cancelRequestedOrTooManyCrashes_isFinal() {
    tasks().insert(List.of(row(1), row(2)));
    for (int crash = 1; crash <= 2; crash++) {
      int node = join();
      tasks().claim(node, FOREVER, 2).forEach(task -> begins(node, task));
      tasks().leave(node, "boot");
      if (crash == 2) {
        tasks().cancel(ANYONE, 1, now());
      }
      List<Settled> settled = tasks().recover(1, now() + 1, 10);
      assertThat(settled)
          .extracting(Settled::status)
          .containsExactlyInAnyOrder(
              crash == 1 ? TaskStatus.WAITING : TaskStatus.CANCELLED,
              crash == 1 ? TaskStatus.WAITING : TaskStatus.FAILED);
    }
    assertThat(state(1).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(state(2)).isEqualTo(ended(2, TaskStatus.FAILED, 2, now() + 1, null));
    assertThat(tasks().attempts(2)).hasSize(2).allMatch(a -> a.outcome() == Outcome.CRASHED);
  }

  private void begins(int node, ClaimedTask task) {
    TaskProgress none = new TaskProgress(0, "");
    tasks().progress(node, List.of(new ProgressReport(task.row().id(), task.fence(), none)));
  }

  /** One task that kills its nodes must not take down with it all that was claimed beside it. */
  @Test
  void TASK12_recover_crashedBefore_countsOnlyWhatHasBegunSince() {
    tasks().insert(rows(4));
    for (int crash = 1; crash <= 3; crash++) {
      int node = join();
      List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
      claimed.stream().filter(task -> task.row().id() == 1).forEach(task -> begins(node, task));
      if (crash == 3) {
        tasks().cancel(ANYONE, 4, now());
      }
      tasks().leave(node, "boot");
      assertThat(tasks().recover(2, now() + 1, 10)).hasSize(4);
    }
    assertThat(state(1)).isEqualTo(ended(1, TaskStatus.FAILED, 3, now() + 1, null));
    assertThat(tasks().attempts(1)).hasSize(3).allMatch(a -> a.outcome() == Outcome.CRASHED);
    for (long id = 2; id <= 3; id++) {
      assertThat(state(id))
          .isEqualTo(new TaskState(row(id), TaskStatus.WAITING, now(), 1, Asked.NOTHING, 0, null));
      assertThat(tasks().attempts(id)).hasSize(1);
    }
    assertThat(state(4)).isEqualTo(ended(4, TaskStatus.CANCELLED, 1, now() + 1, null));
    List<ClaimedTask> again = tasks().claim(join(), FOREVER, 4);
    assertThat(again)
        .extracting(task -> List.of(task.attempt(), task.crashes(), (int) task.fence()))
        .containsExactly(List.of(2, 1, 4), List.of(2, 1, 4));
  }
}
