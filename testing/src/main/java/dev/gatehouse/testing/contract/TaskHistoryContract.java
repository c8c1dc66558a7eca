package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.attempt;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.Attempt;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.scheduler.Cancellation;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.IfTaken;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Requeue;
import dev.gatehouse.scheduler.Settled;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskChange;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskState;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link TaskStore} on tasks that finished, many at a time: a store may keep those in
 * another way than single ones, but each is found, changed and purged as if it were alone.
 */
public abstract class TaskHistoryContract extends TaskContract {
  private static final int MANY = 2_500;
  private static final long APPLICATION = 7;
  private static final List<Priority> PRIORITIES = List.of(Priority.values());

  /** A contract of task stores. */
  protected TaskHistoryContract() {}

  /** A task that has much or little to tell, as its id has it. */
  private TaskRow varied(long id) {
    Random random = new Random(id);
    boolean own = random.nextInt(4) == 0;
    String content = "\"" + "€😀x".repeat(random.nextInt(10)) + id + "\"";
    TaskRow row =
        new TaskRow(
            id,
            own ? APPLICATION : 0,
            "kind" + random.nextInt(3),
            random.nextBoolean() ? "no-" + id : null,
            random.nextBoolean() ? "" : "name '" + id,
            content,
            1 + random.nextInt(3),
            "linear:0:" + random.nextInt(3),
            now() - random.nextInt(1_000),
            now() - random.nextInt(1_000),
            PRIORITIES.get(random.nextInt(PRIORITIES.size())));
    TaskRow keyed = random.nextInt(5) == 0 ? row.withKey("key", random.nextInt(3)) : row;
    return random.nextInt(5) == 0 ? keyed.withWorkflow(1 + random.nextInt(3)) : keyed;
  }

  private static @Nullable String result(long id) {
    return id % 3 == 0 ? "{\"result\":" + id + "}" : null;
  }

  private static Settlement finished(ClaimedTask task) {
    long id = task.row().id();
    Attempt attempt = attempt(task, Outcome.SUCCESS, "");
    Integer status = id % 7 == 0 ? (Integer) 200 : null;
    Attempt answered =
        new Attempt(
            attempt.number(),
            attempt.fence(),
            attempt.startedAt(),
            attempt.endedAt(),
            attempt.outcome(),
            status,
            "");
    return new Settlement.Finish(task.row(), answered, result(id));
  }

  /** The tasks of those ids, finished together. */
  private void finishAll(int node, LongStream ids) {
    tasks().insert(ids.mapToObj(this::varied).toList());
    settleAll(node, claimAll(node));
  }

  private List<ClaimedTask> claimAll(int node) {
    List<ClaimedTask> all = new ArrayList<>();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, MANY);
    while (!claimed.isEmpty()) {
      all.addAll(claimed);
      claimed = tasks().claim(node, FOREVER, MANY);
    }
    Collections.shuffle(all, new Random(1));
    return all;
  }

  private void settleAll(int node, List<ClaimedTask> claimed) {
    List<Settlement> settlements = claimed.stream().map(TaskHistoryContract::finished).toList();
    assertThat(tasks().settle(node, settlements, now()))
        .extracting(Settled::id)
        .containsExactlyInAnyOrderElementsOf(TaskSamples.ids(claimed));
  }

  private TaskState finished(long id) {
    TaskRow row = varied(id);
    return new TaskState(
        row, TaskStatus.FINISHED, row.runtimeMillis(), 1, Asked.NOTHING, now(), result(id));
  }

  @Test
  void TASK25_settle_manyFinished_eachIsFoundAsItWas() {
    finishAll(join(), LongStream.rangeClosed(1, MANY));
    for (long id = 1; id <= MANY; id += 13) {
      assertThat(state(id)).isEqualTo(finished(id));
      List<Attempt> attempts = tasks().attempts(id);
      assertThat(attempts).hasSize(1);
      assertThat(attempts.get(0).outcome()).isEqualTo(Outcome.SUCCESS);
      assertThat(attempts.get(0).startedAt()).isEqualTo(START);
      assertThat(attempts.get(0).endedAt()).isEqualTo(START.plusMillis(3));
      assertThat(attempts.get(0).httpStatus()).isEqualTo(id % 7 == 0 ? (Integer) 200 : null);
      String taskNo = varied(id).taskNo();
      if (taskNo != null) {
        assertThat(tasks().findId(varied(id).applicationId(), taskNo)).hasValue(id);
      }
    }
    assertThat(tasks().find(ANYONE, MANY + 1)).isEmpty();
    assertThat(tasks().attempts(MANY + 1)).isEmpty();
    assertThat(tasks().failed(ANYONE, 0, 10)).isEmpty();
  }

  @Test
  void TASK25_settle_finishedFarApart_eachIsFoundAsItWas() {
    Random random = new Random(5);
    List<Long> ids = new ArrayList<>();
    long id = 1;
    for (int i = 0; i < 600; i++) {
      boolean far = random.nextInt(40) == 0;
      id += 1 + (far ? 1L << (20 + random.nextInt(20)) : random.nextInt(1 << 22));
      ids.add(id);
    }
    Collections.shuffle(ids, random);
    int node = join();
    finishAll(node, ids.subList(0, 300).stream().mapToLong(Long::longValue));
    finishAll(node, ids.subList(300, 600).stream().mapToLong(Long::longValue));
    ids.forEach(one -> assertThat(state(one)).isEqualTo(finished(one)));
    assertThat(tasks().find(ANYONE, Long.MAX_VALUE)).isEmpty();
    assertThat(tasks().find(ANYONE, ids.get(0) + 1)).isEmpty();
  }

  @Test
  void TASK25_settle_finishedInTurn_eachIsFoundAsItWas() {
    int node = join();
    tasks().insert(LongStream.rangeClosed(1, 1_000).mapToObj(this::varied).toList());
    List<ClaimedTask> claimed = claimAll(node);
    for (int from = 0; from < claimed.size(); from += 50) {
      settleAll(node, claimed.subList(from, from + 50));
    }
    for (long id = 1; id <= 1_000; id++) {
      assertThat(state(id)).isEqualTo(finished(id));
    }
  }

  @Test
  void TASK25_settle_amongMany_onlyThoseHeldAndNotCancelledFinish() {
    int node = join();
    tasks().insert(LongStream.rangeClosed(1, 200).mapToObj(this::varied).toList());
    List<ClaimedTask> claimed = claimAll(node);
    for (long id = 10; id <= 200; id += 10) {
      tasks().cancel(ANYONE, id, now());
    }
    for (long id = 5; id <= 200; id += 10) {
      tasks().requeue(ANYONE, id, now() + 60_000, true);
    }
    List<Settlement> settlements = claimed.stream().map(TaskHistoryContract::finished).toList();
    Map<Long, TaskStatus> settled = new HashMap<>();
    tasks().settle(node, settlements, now()).forEach(one -> settled.put(one.id(), one.status()));
    for (long id = 1; id <= 200; id++) {
      if (id % 10 == 0) {
        assertThat(settled.get(id)).isEqualTo(TaskStatus.CANCELLED);
        assertThat(state(id).status()).isEqualTo(TaskStatus.CANCELLED);
      } else if (id % 5 == 0) {
        assertThat(settled).doesNotContainKey(id);
        assertThat(state(id).status()).isEqualTo(TaskStatus.WAITING);
      } else {
        assertThat(settled.get(id)).isEqualTo(TaskStatus.FINISHED);
        assertThat(state(id)).isEqualTo(finished(id));
      }
    }
    assertThat(tasks().settle(node, settlements, now() + 1)).isEmpty();
  }

  @Test
  void TASK25_change_oneOfMany_isTooLateAndChangesNothing() {
    finishAll(join(), LongStream.rangeClosed(1, 100));
    long id = 50;
    assertThat(tasks().cancel(ANYONE, id, now())).isEqualTo(Cancellation.TOO_LATE);
    assertThat(tasks().pause(ANYONE, id)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().resume(ANYONE, id)).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().reschedule(ANYONE, id, now())).isEqualTo(TaskChange.TOO_LATE);
    assertThat(tasks().requeue(ANYONE, id, now(), false)).isEqualTo(Requeue.FINISHED);
    OptionalLong other = OptionalLong.of(99);
    assertThat(tasks().requeue(other, id, now(), true)).isEqualTo(Requeue.NOT_FOUND);
    assertThat(tasks().cancel(other, id, now())).isEqualTo(Cancellation.NOT_FOUND);
    assertThat(tasks().find(other, id)).isEmpty();
    assertThat(state(id)).isEqualTo(finished(id));
  }

  @Test
  void TASK25_requeue_someOfMany_theyRunAgainAndTheOthersStay() {
    int node = join();
    finishAll(node, LongStream.rangeClosed(1, 100));
    for (long id : List.of(1L, 100L, 50L, 2L)) {
      assertThat(tasks().requeue(ANYONE, id, now() + 5, true)).isEqualTo(Requeue.REQUEUED);
      assertThat(state(id).status()).isEqualTo(TaskStatus.WAITING);
      assertThat(state(id).row()).isEqualTo(varied(id));
      assertThat(tasks().attempts(id)).hasSize(1);
    }
    List<ClaimedTask> again = claimAll(node);
    assertThat(again).allSatisfy(task -> assertThat(task.fence()).isGreaterThan(1));
    settleAll(node, again);
    for (long id = 1; id <= 100; id++) {
      assertThat(state(id).status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(state(id).row()).isEqualTo(varied(id));
      boolean requeued = id <= 2 || id == 50 || id == 100;
      assertThat(tasks().attempts(id)).hasSize(requeued ? 2 : 1);
    }
  }

  @Test
  void TASK25_requeue_allOfMany_everyOneRunsAgain() {
    int node = join();
    finishAll(node, LongStream.rangeClosed(1, 40));
    for (long id = 1; id <= 40; id++) {
      assertThat(tasks().requeue(ANYONE, id, now(), true)).isEqualTo(Requeue.REQUEUED);
    }
    assertThat(claimAll(node)).hasSize(40);
  }

  @Test
  void TASK25_requeue_inATransactionThatIsRolledBack_changesNothing() {
    finishAll(join(), LongStream.rangeClosed(1, 40));
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          requeueOne(tasks().joining(transaction));
                          throw failure;
                        }))
        .isSameAs(failure);
    assertThat(state(7)).isEqualTo(finished(7));
  }

  private void requeueOne(TaskStore joined) {
    assertThat(joined.requeue(ANYONE, 7, now(), true)).isEqualTo(Requeue.REQUEUED);
    assertThat(joined.find(ANYONE, 7).orElseThrow().status()).isEqualTo(TaskStatus.WAITING);
    assertThat(joined.find(ANYONE, 8).orElseThrow()).isEqualTo(finished(8));
  }

  @Test
  void TASK25_replace_oneOfMany_isGivenItsNewDefinition() {
    finishAll(join(), LongStream.rangeClosed(1, 40));
    TaskRow other = TaskSamples.row(9);
    assertThat(tasks().replace(other, IfTaken.REPLACE_IF_READY)).isPresent();
    assertThat(state(9)).isEqualTo(finished(9));
    assertThat(tasks().replace(other, IfTaken.SUPERSEDE)).isPresent();
    assertThat(state(9).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(state(9).row().content()).isEqualTo("{}");
    assertThat(state(10)).isEqualTo(finished(10));
  }

  @Test
  void TASK25_purge_many_theyAreGoneWithTheirNumbers() {
    int node = join();
    finishAll(node, LongStream.rangeClosed(1, 300));
    tasks().requeue(ANYONE, 8, now(), true);
    assertThat(purge(now(), 1_000)).isZero();
    assertThat(state(1)).isEqualTo(finished(1));
    assertThat(purge(now() + 1, 1_000)).isEqualTo(299);
    for (long id = 1; id <= 300; id++) {
      assertThat(tasks().find(ANYONE, id).isPresent()).isEqualTo(id == 8);
      assertThat(tasks().attempts(id)).hasSize(id == 8 ? 1 : 0);
      String taskNo = varied(id).taskNo();
      if (taskNo != null && id != 8) {
        assertThat(tasks().findId(varied(id).applicationId(), taskNo)).isEmpty();
      }
    }
    assertThat(purge(now() + 1, 1_000)).isZero();
  }

  @Test
  void TASK25_purge_limited_comesToAnEnd() {
    finishAll(join(), LongStream.rangeClosed(1, MANY));
    int purged = 0;
    int last = 100;
    while (last >= 100) {
      last = purge(now() + 1, 100);
      purged += last;
    }
    assertThat(purged).isEqualTo(MANY);
  }

  @Test
  void TASK25_settle_largeAmongSmall_eachIsFoundAsItWas() {
    int node = join();
    String large = "\"" + "€".repeat(50_000) + "\"";
    List<TaskRow> rows = new ArrayList<>();
    for (long id = 1; id <= 60; id++) {
      TaskRow row = TaskSamples.row(id);
      rows.add(id % 20 == 0 ? withContent(row, large) : row);
    }
    tasks().insert(rows);
    List<Settlement> settlements = new ArrayList<>();
    for (ClaimedTask task : claimAll(node)) {
      settlements.add(finish(task, task.row().id() == 30 ? large : null));
    }
    tasks().settle(node, settlements, now());
    for (TaskRow row : rows) {
      assertThat(state(row.id()).row()).isEqualTo(row);
      assertThat(state(row.id()).result()).isEqualTo(row.id() == 30 ? large : null);
    }
  }

  private static TaskRow withContent(TaskRow row, String content) {
    return new TaskRow(
        row.id(),
        row.applicationId(),
        row.kind(),
        row.taskNo(),
        row.name(),
        content,
        row.timeoutMillis(),
        row.retry(),
        row.createdMillis(),
        row.runtimeMillis());
  }
}
