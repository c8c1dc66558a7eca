package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.due;
import static dev.gatehouse.testing.contract.TaskSamples.ended;
import static dev.gatehouse.testing.contract.TaskSamples.fail;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.ids;
import static dev.gatehouse.testing.contract.TaskSamples.numbered;
import static dev.gatehouse.testing.contract.TaskSamples.oneFieldApart;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskCounts;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link dev.gatehouse.scheduler.TaskStore} on tasks as their owners see them; {@link
 * TaskLeaseContract} has those on nodes and leases.
 */
public abstract class TaskStoreContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskStoreContract() {}

  @Test
  void TASK1_insert_everyFieldAtItsLimit_isReadBackWhole() {
    String wide = "字".repeat(64);
    TaskRow row =
        new TaskRow(
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                "k".repeat(64),
                wide,
                "'\"%_\\; DROP TABLE gh_task; --",
                "{\"a\":\"\\u0000 '\\\" %_\\\\ \uD83D\uDE00 字\",\"b\":12345678901234567890.10}",
                3_600_000,
                "linear:3600:10",
                now(),
                now() + 1)
            .withKey("字".repeat(120), 1_000)
            .withWorkflow(Long.MAX_VALUE);
    tasks().insert(List.of(row));
    assertThat(state(row.id()))
        .isEqualTo(new TaskState(row, TaskStatus.WAITING, now() + 1, 0, Asked.NOTHING, 0, null));
    assertThat(tasks().claim(join(), FOREVER, 1).get(0).row()).isEqualTo(row);
  }

  @Test
  void TASK1_insert_contentOfOneMebibyte_isReadBackWhole() {
    String content = "\"" + "x字😀".repeat((1 << 20) / 8 - 1) + "12345\"";
    TaskRow row = new TaskRow(1, 0, "kind", null, "", content, 1, "linear:0:0", now(), now());
    tasks().insert(List.of(row));
    assertThat(state(1).row().content()).isEqualTo(content);
  }

  @Test
  void TASK1_insert_mostTasksInOneCall_allAreThere() {
    List<TaskRow> rows = rows(TaskStore.MAX_BATCH);
    assertThat(tasks().insert(rows)).isEqualTo(rows.stream().map(TaskRow::id).toList());
    assertThat(ids(tasks().claim(join(), FOREVER, TaskStore.MAX_BATCH)))
        .containsExactlyElementsOf(rows.stream().map(TaskRow::id).toList());
  }

  /** A store may send what rows agree on once for all. */
  @Test
  void TASK1_insert_rowsThatDifferInSomeFields_areReadBackEachAsItIs() {
    List<LongFunction<TaskRow>> samples = oneFieldApart();
    long id = 0;
    for (LongFunction<TaskRow> one : samples) {
      for (LongFunction<TaskRow> other : samples) {
        List<TaskRow> rows = List.of(one.apply(++id), other.apply(++id), one.apply(++id));
        tasks().insert(rows);
        for (TaskRow row : rows) {
          assertThat(state(row.id()).row()).isEqualTo(row);
        }
      }
    }
  }

  @Test
  void TASK1_insert_emptyContents_allAreThere() {
    List<TaskRow> rows =
        LongStream.range(1, 4)
            .mapToObj(id -> new TaskRow(id, 0, "kind", null, "", "", 1, "none", now(), now()))
            .toList();
    assertThat(tasks().insert(rows)).containsExactly(1L, 2L, 3L);
    assertThat(tasks().claim(join(), FOREVER, 3)).hasSize(3);
  }

  @Test
  void TASK1_insert_tooFewOrTooMany_isRefused() {
    for (int count : new int[] {0, TaskStore.MAX_BATCH + 1}) {
      assertThatThrownBy(() -> tasks().insert(rows(count)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1..5000, was " + count);
    }
  }

  @Test
  void TASK2_insert_numberTaken_answersTheFirst() {
    assertThat(tasks().insert(List.of(numbered(1, 7, "A")))).containsExactly(1L);
    assertThat(
            tasks()
                .insert(
                    List.of(
                        numbered(2, 7, "A"),
                        numbered(3, 7, "a"),
                        numbered(4, 8, "A"),
                        numbered(5, 7, "B"),
                        numbered(6, 7, "B"))))
        .containsExactly(1L, 3L, 4L, 5L, 5L);
    assertThat(ids(tasks().claim(join(), FOREVER, 10))).containsExactly(1L, 3L, 4L, 5L);
    assertThat(tasks().findId(7, "A")).hasValue(1);
    assertThat(tasks().findId(8, "A")).hasValue(4);
    assertThat(tasks().findId(9, "A")).isEmpty();
  }

  @Test
  void TASK2_insert_numberOfFinalTask_isTakenUntilPurged() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    tasks().cancel(ANYONE, 1, now());
    assertThat(tasks().insert(List.of(numbered(2, 7, "A")))).containsExactly(1L);
    purge(now() + 1, 1);
    assertThat(tasks().findId(7, "A")).isEmpty();
    assertThat(tasks().insert(List.of(numbered(3, 7, "A")))).containsExactly(3L);
  }

  @Test
  void TASK2_insert_numberTakenInTransaction_othersOfItAreCommitted() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    storage()
        .run(
            transaction -> {
              TaskStore joined = tasks().joining(transaction);
              joined.insert(List.of(row(2)));
              assertThat(joined.insert(List.of(numbered(3, 7, "A")))).containsExactly(1L);
              joined.insert(List.of(row(4)));
            });
    assertThat(ids(tasks().claim(join(), FOREVER, 10))).containsExactly(1L, 2L, 4L);
  }

  @Test
  void TASK2_insert_sixteenThreadsWithOneNumber_oneWins() {
    List<Long> answers = together(16, id -> tasks().insert(List.of(numbered(id, 7, "A"))).get(0));
    assertThat(Set.copyOf(answers)).hasSize(1);
    assertThat(ids(tasks().claim(join(), FOREVER, 16))).containsExactly(answers.get(0));
  }

  @Test
  void TASK2_insert_threadsWithTheSameNumbersInOppositeOrder_eachNumberOnce() {
    List<List<Long>> answers =
        together(
            8,
            thread -> {
              List<TaskRow> rows = new ArrayList<>();
              for (int i = 1; i <= 50; i++) {
                rows.add(numbered(thread * 1_000L + i, 7, "no-" + i));
              }
              if (thread % 2 == 0) {
                Collections.reverse(rows);
              }
              return tasks().insert(rows).stream().sorted().toList();
            });
    assertThat(Set.copyOf(answers)).hasSize(1);
    assertThat(ids(tasks().claim(join(), FOREVER, 1_000)))
        .containsExactlyInAnyOrderElementsOf(answers.get(0));
  }

  @Test
  void TASK8_cancel_ready_isFinalAtOnce() {
    tasks().insert(List.of(row(1)));
    assertThat(tasks().cancel(ANYONE, 1, now() + 1)).isEqualTo(Cancellation.CANCELLED);
    assertThat(state(1)).isEqualTo(ended(1, TaskStatus.CANCELLED, 0, now() + 1, null));
    assertThat(tasks().claim(join(), FOREVER, 1)).isEmpty();
    assertThat(tasks().cancel(ANYONE, 1, now())).isEqualTo(Cancellation.TOO_LATE);
    assertThat(tasks().cancel(ANYONE, 2, now())).isEqualTo(Cancellation.NOT_FOUND);
  }

  @Test
  void TASK8_cancel_leased_isMarkedAndStaysWithItsHolder() {
    tasks().insert(List.of(due(1, 5), due(2, 4), due(3, 6)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 3);
    assertThat(tasks().cancel(ANYONE, 1, now())).isEqualTo(Cancellation.REQUESTED);
    assertThat(tasks().cancel(ANYONE, 1, now())).isEqualTo(Cancellation.REQUESTED);
    assertThat(state(1).asked()).isEqualTo(Asked.CANCEL);
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(tasks().leased(node, now() + 5, 10))
        .containsExactly(
            new LeasedTask(2, claimed.get(0).fence(), Asked.NOTHING),
            new LeasedTask(1, claimed.get(1).fence(), Asked.CANCEL));
    assertThat(tasks().leased(node, now() + 6, 1)).hasSize(1);
    assertThat(tasks().leased(join(), FOREVER, 10)).isEmpty();
  }

  @Test
  void TASK9_anothersTask_isNotFound() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    OptionalLong other = OptionalLong.of(8);
    assertThat(tasks().find(other, 1)).isEmpty();
    assertThat(tasks().cancel(other, 1, now())).isEqualTo(Cancellation.NOT_FOUND);
    assertThat(tasks().cancel(OptionalLong.of(7), 1, now())).isEqualTo(Cancellation.CANCELLED);
    assertThat(tasks().requeue(other, 1, now(), true)).isEqualTo(Requeue.NOT_FOUND);
    assertThat(tasks().find(other, 1)).isEmpty();
    assertThat(tasks().find(OptionalLong.of(7), 1)).isPresent();
    assertThat(tasks().find(OptionalLong.of(0), 1)).isEmpty();
  }

  @Test
  void TASK10_requeue_failed_startsAnewWithGrowingFence() {
    tasks().insert(List.of(row(1)));
    int lost = join();
    claimOne(lost);
    tasks().leave(lost, "boot");
    tasks().recover(3, now(), 1);
    int node = join();
    ClaimedTask second = claimOne(node);
    assertThat(second.crashes()).isEqualTo(1);
    tasks().settle(node, List.of(fail(second)), now());
    assertThat(tasks().requeue(ANYONE, 1, now() + 3, false)).isEqualTo(Requeue.REQUEUED);
    assertThat(state(1))
        .isEqualTo(new TaskState(row(1), TaskStatus.WAITING, now() + 3, 0, Asked.NOTHING, 0, null));
    ClaimedTask third = claimOne(node);
    assertThat(List.of(third.attempt(), third.crashes(), third.fence())).containsExactly(1, 0, 3L);
    tasks().settle(node, List.of(finish(third, null)), now());
    assertThat(tasks().attempts(1)).extracting(Attempt::fence).containsExactly(1L, 2L, 3L);
    assertThat(tasks().attempts(1)).extracting(Attempt::number).containsExactly(1, 2, 1);
  }

  @Test
  void TASK10_requeue_unforced_onlyFailedAndCancelled() {
    tasks().insert(List.of(numbered(1, 7, "A"), row(2), row(3)));
    assertThat(tasks().requeue(ANYONE, 1, now(), false)).isEqualTo(Requeue.WAITING);
    assertThat(tasks().requeue(ANYONE, 1, now() + 9, true)).isEqualTo(Requeue.WAITING);
    assertThat(state(1).dueMillis()).isEqualTo(now());
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    assertThat(tasks().requeue(ANYONE, 1, now(), false)).isEqualTo(Requeue.RUNNING);
    tasks().settle(node, List.of(finish(claimed.get(0), "1")), now());
    assertThat(tasks().requeue(ANYONE, 1, now(), false)).isEqualTo(Requeue.FINISHED);
    tasks().cancel(ANYONE, 3, now());
    assertThat(tasks().requeue(ANYONE, 3, now(), false)).isEqualTo(Requeue.REQUEUED);
    assertThat(tasks().requeue(ANYONE, 99, now(), true)).isEqualTo(Requeue.NOT_FOUND);
    assertThat(tasks().findId(7, "A")).hasValue(1);
  }

  @Test
  void TASK10_requeue_forced_finishedAndLeasedRunAgain() {
    tasks().insert(List.of(row(1), row(2)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 2);
    tasks().settle(node, List.of(finish(claimed.get(0), "1")), now());
    tasks().cancel(ANYONE, 2, now());
    assertThat(tasks().requeue(ANYONE, 1, now(), true)).isEqualTo(Requeue.REQUEUED);
    assertThat(tasks().requeue(ANYONE, 2, now(), true)).isEqualTo(Requeue.REQUEUED);
    assertThat(state(1).result()).isNull();
    assertThat(state(2).asked()).isEqualTo(Asked.NOTHING);
    assertThat(tasks().settle(node, List.of(finish(claimed.get(1), "2")), now())).isEmpty();
    assertThat(tasks().claim(node, FOREVER, 2))
        .allMatch(task -> task.fence() == 2 && task.attempt() == 1);
  }

  @Test
  void TASK21_count_fewTasks_allByTheirState() {
    assertThat(tasks().count(now(), 5_000)).isEqualTo(new TaskCounts(0, 0, 0, true));
    tasks().insert(List.of(row(1), due(2, 1), due(3, 2), due(4, 3), row(5), row(6), row(7)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, now(), 4);
    tasks().settle(node, List.of(finish(claimed.get(0), null)), now());
    assertThat(tasks().count(now(), 5_000)).isEqualTo(new TaskCounts(3, 0, 3, true));
    assertThat(tasks().count(now() + 1, 5_000)).isEqualTo(new TaskCounts(2, 1, 3, true));
    assertThat(tasks().count(now() + 2, 100).due()).isLessThanOrEqualTo(2);
  }

  @Test
  void TASK21_count_moreThanTheLimit_looksAtNoMoreAndSaysSo() {
    tasks().insert(rows(300));
    TaskCounts counts = tasks().count(now(), 100);
    assertThat(counts.complete()).isFalse();
    assertThat(counts.due()).isBetween(1L, 100L);
    assertThat(counts.waiting() + counts.leased()).isZero();
    for (int limit : new int[] {99, TaskStore.MAX_BATCH + 1}) {
      assertThatThrownBy(() -> tasks().count(now(), limit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("100..5000, was " + limit);
    }
  }

  @Test
  void TASK13_purge_ofOneStatus_leavesTheOthers() {
    tasks().insert(rows(6));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 6);
    tasks().settle(node, List.of(fail(claimed.get(0)), fail(claimed.get(3))), now() + 1);
    tasks().settle(node, List.of(finish(claimed.get(1), null)), now() + 2);
    tasks().settle(node, List.of(new Settlement.Cancel(3, 1, null)), now() + 3);
    tasks().settle(node, List.of(finish(claimed.get(4), null)), now() + 4);
    assertThat(tasks().purge(TaskStatus.FINISHED, now() + 4, 10)).isEqualTo(1);
    assertThat(tasks().purge(TaskStatus.CANCELLED, now() + 3, 10)).isZero();
    assertThat(tasks().purge(TaskStatus.CANCELLED, now() + 4, 10)).isEqualTo(1);
    assertThat(tasks().find(ANYONE, 2)).isEmpty();
    assertThat(tasks().find(ANYONE, 3)).isEmpty();
    assertThat(state(5).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(tasks().failed(ANYONE, 0, 10)).extracting(s -> s.row().id()).containsExactly(1L, 4L);
    assertThat(tasks().purge(TaskStatus.FAILED, now() + 1, 10)).isZero();
    assertThat(tasks().purge(TaskStatus.FAILED, now() + 2, 1)).isEqualTo(1);
    assertThat(tasks().purge(TaskStatus.FAILED, now() + 2, 10)).isEqualTo(1);
    assertThat(tasks().failed(ANYONE, 0, 10)).isEmpty();
    assertThat(tasks().purge(TaskStatus.RUNNING, FOREVER, 10)).isZero();
    assertThat(state(6).status()).isEqualTo(TaskStatus.RUNNING);
  }

  @Test
  void TASK13_purge_onlyFinalOnesThatEndedBefore_noMoreThanAsked() {
    tasks().insert(List.of(numbered(1, 7, "A"), row(2), row(3), row(4), row(5)));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
    tasks().settle(node, List.of(finish(claimed.get(0), null)), now() + 30);
    tasks().settle(node, List.of(fail(claimed.get(1))), now() + 20);
    tasks().settle(node, List.of(finish(claimed.get(2), null)), now() + 10);
    assertThat(purge(now() + 30, 1)).isEqualTo(1);
    assertThat(tasks().find(ANYONE, 3).isPresent())
        .isNotEqualTo(tasks().find(ANYONE, 2).isPresent());
    assertThat(purge(now() + 30, 10)).isEqualTo(1);
    assertThat(tasks().attempts(2)).isEmpty();
    assertThat(purge(now() + 31, 10)).isEqualTo(1);
    assertThat(tasks().findId(7, "A")).isEmpty();
    assertThat(purge(FOREVER, 10)).isZero();
    assertThat(state(4).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(state(5).status()).isEqualTo(TaskStatus.WAITING);
  }

  @Test
  void TASK14_transaction_committed_keepsEverything() {
    storage()
        .run(
            transaction -> {
              TaskStore joined = tasks().joining(transaction);
              joined.insert(List.of(numbered(1, 7, "A"), row(2)));
              joined.cancel(ANYONE, 1, now());
              assertThat(joined.find(ANYONE, 1)).isPresent();
            });
    assertThat(state(1).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(ids(tasks().claim(join(), FOREVER, 10))).containsExactly(2L);
  }

  @Test
  void TASK14_transaction_rolledBack_leavesNothing() {
    tasks().insert(List.of(row(1), row(2), row(3), numbered(9, 7, "Z")));
    int node = join();
    ClaimedTask held = claimOne(node);
    tasks().cancel(ANYONE, 3, now());
    IllegalStateException failure = new IllegalStateException("the host changed its mind");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          TaskStore joined = tasks().joining(transaction);
                          joined.insert(List.of(numbered(4, 7, "A")));
                          joined.settle(node, List.of(finish(held, "1")), now());
                          joined.cancel(ANYONE, 2, now());
                          joined.requeue(ANYONE, 3, now(), false);
                          joined.claim(node, FOREVER, 10);
                          joined.purge(TaskStatus.FAILED, FOREVER, 10);
                          joined.leave(node, "boot");
                          joined.recover(0, now(), 10);
                          throw failure;
                        }))
        .isSameAs(failure);
    assertThat(tasks().find(ANYONE, 4)).isEmpty();
    assertThat(tasks().findId(7, "A")).isEmpty();
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(state(2).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(state(3).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(tasks().attempts(1)).isEmpty();
    assertThat(tasks().settle(node, List.of(finish(held, "1")), now())).hasSize(1);
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(2L, 9L);
  }
}
