package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.Together.together;
import static dev.gatehouse.testing.contract.WorkflowSamples.APPLICATION;
import static dev.gatehouse.testing.contract.WorkflowSamples.insert;
import static dev.gatehouse.testing.contract.WorkflowSamples.report;
import static dev.gatehouse.testing.contract.WorkflowSamples.row;
import static dev.gatehouse.testing.contract.WorkflowSamples.running;
import static dev.gatehouse.testing.contract.WorkflowSamples.steps;
import static dev.gatehouse.testing.contract.WorkflowSamples.task;
import static dev.gatehouse.testing.contract.WorkflowSamples.with;
import static dev.gatehouse.testing.contract.WorkflowSamples.work;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.IfFailed;
import dev.gatehouse.scheduler.NodeState;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.WorkflowReport;
import dev.gatehouse.scheduler.WorkflowRow;
import dev.gatehouse.scheduler.WorkflowStatus;
import dev.gatehouse.scheduler.WorkflowStep;
import dev.gatehouse.scheduler.WorkflowStore;
import dev.gatehouse.scheduler.WorkflowWork;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link WorkflowStore}. Not safe: confine to one thread.
 *
 * @see WorkflowStore
 */
public abstract class WorkflowStoreContract extends StoreContract {
  private static final int THREADS = 8;
  private static final OptionalLong ANYBODY = OptionalLong.empty();

  /** A contract of a store. */
  protected WorkflowStoreContract() {}

  private WorkflowStore workflows() {
    return storage().workflows();
  }

  private static List<Long> ids(List<WorkflowReport> reports) {
    return reports.stream().map(WorkflowReport::id).toList();
  }

  private static List<Long> idsOf(List<WorkflowWork> work) {
    return work.stream().map(one -> one.task().id()).toList();
  }

  @Test
  final void FLOW1_insert_valuesAtTheirLimits_readAsWritten() {
    WorkflowRow largest =
        new WorkflowRow(
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            "\u65e5".repeat(64),
            WorkflowStatus.FAILED,
            Long.MAX_VALUE,
            Long.MAX_VALUE);
    List<Integer> after = IntStream.range(899, 999).boxed().toList();
    List<WorkflowStep> steps =
        IntStream.range(0, 1_000)
            .mapToObj(
                number ->
                    new WorkflowStep(
                        number,
                        Long.MAX_VALUE - 999 + number,
                        "\u65e5".repeat(64),
                        number == 999 ? after : List.of(),
                        IfFailed.of(number % 3),
                        NodeState.of(number % 6),
                        number % 2 == 0 ? Long.MAX_VALUE : 0))
            .toList();
    List<WorkflowWork> work = steps.stream().map(step -> largest(step.taskId())).toList();

    workflows().insert(largest, steps, work);

    assertThat(workflows().find(ANYBODY, Long.MAX_VALUE)).contains(largest);
    assertThat(workflows().steps(Long.MAX_VALUE)).isEqualTo(steps);
    assertThat(workflows().work(Long.MAX_VALUE, idsOf(work))).isEqualTo(work);
  }

  private static WorkflowWork largest(long id) {
    boolean last = id == Long.MAX_VALUE;
    return new WorkflowWork(
        new TaskRow(
            id,
            Long.MAX_VALUE,
            "k".repeat(64),
            null,
            "n".repeat(64),
            last ? "x".repeat(1 << 20) : "{}",
            3_600_000,
            "r".repeat(32),
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Priority.BULK,
            last ? "k".repeat(120) : null,
            last ? 1_000 : 0,
            Long.MAX_VALUE),
        last ? Long.MAX_VALUE : WorkflowWork.AT);
  }

  @Test
  final void FLOW1_work_contentOfEveryKind_byteForByte() {
    String content = " {\"a\" : \"\\u0041 '\u8ba2\ud83d\ude00\", \"n\":1.0} ";
    TaskRow like = work(1).get(0).task();
    WorkflowWork work =
        new WorkflowWork(
            new TaskRow(
                    like.id(),
                    0,
                    "kind",
                    null,
                    "it's",
                    content,
                    1,
                    "linear:0:0",
                    0,
                    0,
                    Priority.URGENT)
                .withWorkflow(1),
            0);

    workflows().insert(running(1), steps(1).subList(0, 1), List.of(work));

    assertThat(workflows().work(1, List.of(like.id()))).containsExactly(work);
  }

  @Test
  final void FLOW1_work_someOfTwoWorkflows_onlyThoseOfTheOne() {
    insert(workflows(), 1);
    insert(workflows(), 2);

    assertThat(workflows().work(1, List.of(task(1, 2), task(1, 0), task(2, 1))))
        .containsExactly(work(1).get(0), work(1).get(2));
    assertThat(workflows().work(3, List.of(task(1, 0)))).isEmpty();
    assertThat(workflows().steps(2)).isEqualTo(steps(2));
    assertThat(workflows().steps(3)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().work(1, List.of()));
    List<Long> tooMany = LongStream.rangeClosed(0, 1_000).boxed().toList();
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().work(1, tooMany));
  }

  @Test
  final void FLOW1_insert_noStepsOrOtherWork_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> workflows().insert(running(1), List.of(), List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> workflows().insert(running(1), steps(1), work(1).subList(0, 2)));

    assertThat(workflows().find(ANYBODY, 1)).isEmpty();
  }

  @Test
  final void FLOW2_find_others_notFound() {
    insert(workflows(), 1);

    assertThat(workflows().find(OptionalLong.of(APPLICATION), 1)).contains(running(1));
    assertThat(workflows().find(ANYBODY, 1)).contains(running(1));
    assertThat(workflows().find(OptionalLong.of(APPLICATION + 1), 1)).isEmpty();
    assertThat(workflows().find(OptionalLong.of(0), 1)).isEmpty();
    assertThat(workflows().find(ANYBODY, 2)).isEmpty();
  }

  @Test
  final void FLOW3_tryLock_manyAtOnce_eachSeesWhatTheOthersDid() {
    insert(workflows(), row(1, WorkflowStatus.RUNNING, 100));

    together(
        THREADS,
        number ->
            storage()
                .call(
                    transaction -> {
                      WorkflowStore joined = workflows().joining(transaction);
                      long ended = lockedOnce(joined).endedMillis();
                      joined.change(row(1, WorkflowStatus.RUNNING, ended + 1), List.of());
                      return ended;
                    }));

    assertThat(workflows().find(ANYBODY, 1).orElseThrow().endedMillis()).isEqualTo(100 + THREADS);
  }

  private static WorkflowRow lockedOnce(WorkflowStore joined) {
    Optional<WorkflowRow> locked = joined.tryLock(1);
    while (locked.isEmpty()) {
      Thread.onSpinWait();
      locked = joined.tryLock(1);
    }
    return locked.get();
  }

  @Test
  final void FLOW3_tryLock_none_empty() {
    assertThat(
            storage()
                .<Boolean>call(
                    transaction -> workflows().joining(transaction).tryLock(1).isPresent()))
        .isFalse();
  }

  @Test
  final void FLOW4_change_some_onlyThoseAndTheirState() {
    insert(workflows(), 1);
    insert(workflows(), 2);
    WorkflowStep first = steps(1).get(0);
    WorkflowStep last = steps(1).get(2);

    workflows()
        .change(
            row(1, WorkflowStatus.STOPPING, 0),
            List.of(with(first, NodeState.FAILED, 9), with(last, NodeState.CANCELLED, 8)));

    assertThat(workflows().find(ANYBODY, 1)).contains(row(1, WorkflowStatus.STOPPING, 0));
    assertThat(workflows().steps(1))
        .containsExactly(
            with(first, NodeState.FAILED, 9), steps(1).get(1), with(last, NodeState.CANCELLED, 8));
    assertThat(workflows().find(ANYBODY, 2)).contains(running(2));
    assertThat(workflows().steps(2)).isEqualTo(steps(2));
    workflows().change(row(1, WorkflowStatus.FAILED, 10), List.of());
    assertThat(workflows().find(ANYBODY, 1)).contains(row(1, WorkflowStatus.FAILED, 10));
  }

  @Test
  final void FLOW4_keepResults_some_withTheirNodes() {
    insert(workflows(), 1);
    insert(workflows(), 2);
    String large = "\"" + "\u65e5".repeat((64 << 10) - 2) + "\"";
    workflows()
        .keepResults(
            List.of(
                new WorkflowReport(1, 1, task(1, 0), TaskStatus.FINISHED, large),
                new WorkflowReport(2, 1, task(1, 1), TaskStatus.FINISHED, null),
                new WorkflowReport(3, 2, task(2, 1), TaskStatus.FINISHED, "2"),
                new WorkflowReport(4, 3, task(3, 1), TaskStatus.FINISHED, "3")));
    workflows().keepResults(List.of());

    assertThat(workflows().result(1, task(1, 0))).contains(large);
    assertThat(workflows().result(1, task(1, 1))).isEmpty();
    assertThat(workflows().result(2, task(2, 1))).contains("2");
    assertThat(workflows().result(1, task(2, 1))).isEmpty();
    assertThat(workflows().result(3, task(3, 1))).isEmpty();
    assertThat(workflows().work(1, List.of(task(1, 0)))).containsExactly(work(1).get(0));
  }

  @Test
  final void FLOW5_take_reportsOfTwo_onceInOrderAndOthersStay() {
    WorkflowReport cancel = new WorkflowReport(3, 1, 0, TaskStatus.CANCELLED, null);
    workflows().report(List.of(report(5, 1), cancel, report(4, 2)));
    workflows().report(List.of(report(1, 1)));

    assertThat(workflows().take(1, 2)).containsExactly(report(1, 1), cancel);
    assertThat(workflows().take(1, 2)).containsExactly(report(5, 1));
    assertThat(workflows().take(1, 2)).isEmpty();
    assertThat(workflows().take(2, 5_000)).containsExactly(report(4, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().take(1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().take(1, 5_001));
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().report(List.of()));
  }

  @Test
  final void FLOW5_takeAndReport_manyAtOnce_eachOnce() {
    insert(workflows(), 1);
    int each = 20;
    List<List<Long>> taken =
        together(
            THREADS,
            number ->
                LongStream.range(0, each)
                    .boxed()
                    .flatMap(
                        turn -> {
                          workflows().report(List.of(report(number * each + turn, 1)));
                          return takeLocked().stream();
                        })
                    .toList());

    assertThat(taken.stream().flatMap(List::stream))
        .doesNotHaveDuplicates()
        .hasSize(THREADS * each);
  }

  private List<Long> takeLocked() {
    return storage()
        .call(
            transaction -> {
              WorkflowStore joined = workflows().joining(transaction);
              lockedOnce(joined);
              return ids(joined.take(1, 10));
            });
  }

  @Test
  final void FLOW6_open_reportedOrEnding_eachOnceInOrder() {
    insert(workflows(), row(1, WorkflowStatus.CANCELLING, 0));
    insert(workflows(), running(2));
    insert(workflows(), running(3));
    insert(workflows(), row(4, WorkflowStatus.STOPPING, 0));
    insert(workflows(), row(5, WorkflowStatus.FAILED, 6));
    workflows().report(List.of(report(1, 4), report(2, 4), report(3, 2), report(4, 9)));

    assertThat(workflows().open(0, 1_000)).containsExactly(1L, 2L, 4L, 9L);
    assertThat(workflows().open(0, 2)).containsExactly(1L, 2L);
    assertThat(workflows().open(2, 2)).containsExactly(4L, 9L);
    assertThat(workflows().open(9, 2)).isEmpty();
    workflows().take(2, 10);
    workflows().take(9, 10);
    workflows().change(row(1, WorkflowStatus.CANCELLED, 7), List.of());
    assertThat(workflows().open(0, 1_000)).containsExactly(4L);
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().open(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().open(0, 1_001));
  }

  @Test
  final void FLOW7_purge_someEnded_earliestWithAllTheirs() {
    insert(workflows(), row(1, WorkflowStatus.FINISHED, 30));
    insert(workflows(), row(2, WorkflowStatus.FAILED, 10));
    insert(workflows(), row(3, WorkflowStatus.CANCELLED, 20));
    insert(workflows(), row(4, WorkflowStatus.FINISHED, 31));
    insert(workflows(), running(5));
    insert(workflows(), row(6, WorkflowStatus.CANCELLING, 0));
    workflows().keepResults(List.of(report(1, 2), report(2, 1)));

    assertThat(workflows().purge(10, 5)).isZero();
    assertThat(workflows().purge(31, 2)).isEqualTo(2);

    assertThat(present()).containsExactly(1L, 4L, 5L, 6L);
    assertThat(workflows().steps(2)).isEmpty();
    assertThat(workflows().work(2, List.of(task(2, 0)))).isEmpty();
    assertThat(workflows().result(2, task(2, 0))).isEmpty();
    assertThat(workflows().result(1, task(1, 0))).isPresent();
    assertThat(workflows().purge(31, 2)).isEqualTo(1);
    assertThat(workflows().purge(31, 2)).isZero();
    assertThat(present()).containsExactly(4L, 5L, 6L);
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().purge(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> workflows().purge(0, 1_001));
  }

  private List<Long> present() {
    return LongStream.rangeClosed(1, 7)
        .filter(id -> workflows().find(ANYBODY, id).isPresent())
        .boxed()
        .toList();
  }

  @Test
  final void FLOW8_joined_commit_allVisible() {
    prepare();
    storage().run(transaction -> changeAll(workflows().joining(transaction)));

    assertThat(present()).containsExactly(1L, 3L);
    assertThat(workflows().find(ANYBODY, 1)).contains(row(1, WorkflowStatus.STOPPING, 0));
    assertThat(workflows().steps(1).get(0).state()).isEqualTo(NodeState.FAILED);
    assertThat(workflows().result(1, task(1, 0))).contains("{\"report\":1}");
    assertThat(workflows().open(0, 10)).containsExactly(1L, 3L);
  }

  @Test
  final void FLOW8_joined_rollback_nothingVisible() {
    prepare();
    rolledBack(this::changeAll);

    assertThat(present()).containsExactly(1L, 2L);
    assertThat(workflows().find(ANYBODY, 1)).contains(running(1));
    assertThat(workflows().steps(1)).isEqualTo(steps(1));
    assertThat(workflows().steps(2)).isEqualTo(steps(2));
    assertThat(workflows().result(1, task(1, 0))).isEmpty();
    assertThat(workflows().open(0, 10)).containsExactly(1L);
    assertThat(workflows().take(1, 10)).containsExactly(report(1, 1));
    insert(workflows(), 3);
  }

  private void prepare() {
    insert(workflows(), 1);
    insert(workflows(), row(2, WorkflowStatus.FINISHED, 4));
    workflows().report(List.of(report(1, 1)));
  }

  private void changeAll(WorkflowStore joined) {
    assertThat(joined.tryLock(1)).isPresent();
    joined.keepResults(joined.take(1, 10));
    joined.change(
        row(1, WorkflowStatus.STOPPING, 0), List.of(with(steps(1).get(0), NodeState.FAILED, 1)));
    insert(joined, 3);
    joined.report(List.of(report(2, 3)));
    joined.purge(5, 10);
    assertThat(joined.open(0, 10)).containsExactly(1L, 3L);
  }

  private void rolledBack(Consumer<WorkflowStore> work) {
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          work.accept(workflows().joining(transaction));
                          throw failure;
                        }))
        .isSameAs(failure);
  }
}
