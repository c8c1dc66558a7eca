package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Attempts that end in transactions of their handlers, stepped by hand. */
class CompleterTest {
  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<TaskContext> contexts = new ArrayList<>();

  /** A transaction that does not tell of its commit. */
  private final Transaction silent = action -> {};

  private TaskId schedule() {
    Task task = Task.unnumbered().handler("work");
    return fixture
        .engine()
        .scheduler()
        .schedule(task.retryPolicy(RetryPolicy.linear(Duration.ofSeconds(1), 3)));
  }

  private static RuntimeException rollback() {
    return new IllegalStateException("rolled back");
  }

  private void completeAndRollBack(TaskContext context) {
    assertThatThrownBy(
            () ->
                fixture.store.run(
                    transaction -> {
                      context.completeIn(transaction);
                      throw rollback();
                    }))
        .hasMessage("rolled back");
  }

  @Test
  void completeIn_committedAndTold_doneWithoutASettlementOfTheEngines() {
    fixture.handlers.put(
        "work",
        context -> {
          fixture.store.run(transaction -> context.completeIn(transaction, "[1]"));
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.state(id).result()).isEqualTo("[1]");
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
    assertThat(fixture.store.calls("settle")).isEqualTo(1);
    assertThat(member.engine.holdings().isEmpty()).isTrue();
    assertThat(fixture.heard.outcomes).containsExactly("work success");
    assertThat(fixture.heard.stale).hasValue(0);
  }

  @Test
  void completeIn_committedUntold_keeperLearnsOfIt() {
    fixture.handlers.put(
        "work",
        context -> {
          context.completeIn(silent);
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);
    member.round();
    assertThat(fixture.heard.outcomes).isEmpty();

    member.engine.keeper().checkHeld();
    member.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.store.calls("settle")).isEqualTo(1);
    assertThat(member.engine.holdings().isEmpty()).isTrue();
    assertThat(fixture.heard.outcomes).containsExactly("work success");
  }

  @Test
  void completeIn_checkedBeforeTheHandlerReturns_handlerIsLeftAlone() {
    SteppedNode[] member = new SteppedNode[1];
    List<Boolean> interrupted = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          context.completeIn(silent);
          member[0].engine.keeper().checkHeld();
          clock.advanceMillis(70_000);
          interrupted.add(Thread.currentThread().isInterrupted());
          return TaskResult.done();
        });
    TaskId id = schedule();
    member[0] = new SteppedNode(fixture);

    member[0].round();
    member[0].engine.keeper().checkHeld();

    assertThat(interrupted).containsExactly(false);
    assertThat(fixture.heard.outcomes).containsExactly("work success");
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.SUCCESS);
  }

  @Test
  void completeIn_rolledBackAndHandlerThrows_ordinaryFailureAndRetry() {
    fixture.handlers.put(
        "work",
        context -> {
          if (context.attempt() == 1) {
            completeAndRollBack(context);
            throw rollback();
          }
          fixture.store.run(transaction -> context.completeIn(transaction));
          return TaskResult.done();
        });
    TaskId id = schedule();
    TaskEngine engine = fixture.engine();

    fixture.runUntil(engine.stepper(), Duration.ofSeconds(5));

    assertThat(fixture.outcomes(id)).containsExactly(Outcome.FAILURE, Outcome.SUCCESS);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void completeIn_rolledBackAndTriedAgainByTheHandler_done() {
    fixture.handlers.put(
        "work",
        context -> {
          completeAndRollBack(context);
          fixture.store.run(transaction -> context.completeIn(transaction));
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(fixture.outcomes(id).get(fixture.outcomes(id).size() - 1))
        .isEqualTo(Outcome.SUCCESS);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(member.engine.holdings().isEmpty()).isTrue();
  }

  @Test
  void completeIn_rolledBackAndHandlerReturnsDone_failsAfterFiveSecondsAndIsRetried() {
    fixture.handlers.put(
        "work",
        context -> {
          contexts.add(context);
          if (context.attempt() == 1) {
            completeAndRollBack(context);
          } else {
            fixture.store.run(transaction -> context.completeIn(transaction));
          }
          return TaskResult.done();
        });
    TaskId id = schedule();
    TaskEngine engine = fixture.engine();
    Stepper stepper = engine.stepper();

    fixture.runUntil(stepper, Duration.ofMillis(4_999));
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.RUNNING);
    fixture.runUntil(stepper, Duration.ofSeconds(6));

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(contexts).hasSize(2);
    assertThat(fixture.heard.outcomes).containsExactly("work failure", "work success");
  }

  /** Else one that polls would go on for ever. */
  @Test
  void completeIn_rolledBackAndItsTimeIsUp_handlerIsTold() {
    List<Boolean> told = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          completeAndRollBack(context);
          told.add(context.isCancelled());
          clock.advance(Duration.ofHours(1));
          told.add(context.isCancelled());
          return TaskResult.failed("too late");
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(told).containsExactly(false, true);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.TIMEOUT);
  }

  @Test
  void completeIn_rolledBackAndCancelledThen_handlerIsTold() {
    List<Boolean> told = new ArrayList<>();
    SteppedNode[] member = new SteppedNode[1];
    TaskEngine scheduling = fixture.engine();
    fixture.handlers.put(
        "work",
        context -> {
          completeAndRollBack(context);
          scheduling.scheduler().cancel(context.id());
          told.add(context.isCancelled());
          member[0].engine.keeper().checkHeld();
          told.add(context.isCancelled());
          return TaskResult.failed("cancelled");
        });
    TaskId id = schedule();
    member[0] = new SteppedNode(fixture);

    member[0].round();

    assertThat(told).containsExactly(false, true);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void completeIn_committedAndItsTimeIsUp_handlerIsLeftAlone() {
    List<Boolean> told = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          fixture.store.run(transaction -> context.completeIn(transaction));
          clock.advance(Duration.ofHours(1));
          told.add(context.isCancelled());
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(told).containsExactly(false);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void completeIn_committedAndHandlerThrows_staysDone() {
    fixture.handlers.put(
        "work",
        context -> {
          fixture.store.run(transaction -> context.completeIn(transaction));
          throw rollback();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.heard.outcomes).containsExactly("work success");
  }

  @Test
  void completeIn_cancelledMeanwhile_refusedAndEndsAsCancelled() {
    List<String> refusals = new ArrayList<>();
    TaskEngine scheduling = fixture.engine();
    fixture.handlers.put(
        "work",
        context -> {
          scheduling.scheduler().cancel(context.id());
          try {
            fixture.store.run(transaction -> context.completeIn(transaction));
          } catch (ConflictException e) {
            refusals.add(e.getMessage());
            return TaskResult.failed("refused");
          }
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(refusals)
        .containsExactly(
            "attempt 1 of task 1 has ended, was cancelled, or is another node's:"
                + " roll the transaction back");
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.CANCELLED);
  }

  @Test
  void completeIn_recoveredByAnotherNode_refused() {
    SchedulerOptions options = SchedulerOptions.DEFAULT;
    fixture.options = options;
    SteppedNode[] other = new SteppedNode[1];
    List<ConflictException> refusals = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          contexts.add(context);
          if (context.attempt() == 1) {
            clock.advanceMillis(options.lease().toMillis() + 1);
            while (other[0].engine.membership().keep() == 0) {}
            other[0].engine.keeper().recover();
            other[0].round();
          }
          try {
            context.completeIn(silent);
          } catch (ConflictException e) {
            refusals.add(e);
            throw e;
          }
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);
    other[0] = new SteppedNode(fixture);

    member.round();

    assertThat(contexts).hasSize(2);
    assertThat(refusals).hasSize(1);
    assertThat(fixture.outcomes(id)).containsExactly(Outcome.CRASHED, Outcome.SUCCESS);
  }

  @Test
  void completeIn_afterTheHandlerReturned_refused() {
    fixture.handlers.put(
        "work",
        context -> {
          contexts.add(context);
          return TaskResult.done();
        });
    schedule();
    new SteppedNode(fixture).round();

    assertThatThrownBy(() -> contexts.get(0).completeIn(silent))
        .isInstanceOf(ConflictException.class);
  }

  @Test
  void completeIn_resultIsNoJson_refusedBeforeTheStoreIsAsked() {
    List<String> refusals = new ArrayList<>();
    fixture.handlers.put(
        "work",
        context -> {
          try {
            context.completeIn(silent, "{");
          } catch (IllegalArgumentException e) {
            refusals.add(e.getMessage());
          }
          return TaskResult.done();
        });
    TaskId id = schedule();
    SteppedNode member = new SteppedNode(fixture);

    member.round();

    assertThat(refusals).hasSize(1);
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }
}
