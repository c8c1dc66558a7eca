package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.testing.fixture.VirtualGatehouse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Order, shared limits and rates, stepped through virtual time. */
class LimitsTest {
  private static final Instant START = VirtualGatehouse.START;
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<String> ran = new ArrayList<>();
  private final List<Long> millis = new ArrayList<>();
  private final Set<String> failing = new HashSet<>();
  private final VirtualGatehouse virtual =
      VirtualGatehouse.create(
          builder ->
              builder
                  .handler("work", this::work)
                  .handler("paced", this::work)
                  .handler("bursts", this::work)
                  .handler("single", this::work)
                  .scheduler(
                      SchedulerOptions.builder()
                          .limit("paced", Limit.rate(2, SECOND))
                          .limit("bursts", Limit.rate(2, SECOND).burst(3))
                          .limit("single", Limit.concurrent(1))
                          .limitApplications(Limit.rate(1, SECOND))
                          .build()));

  private TaskResult work(TaskContext context) {
    String name = context.taskNo().orElseThrow();
    ran.add(name);
    millis.add(Duration.between(START, virtual.now()).toMillis());
    return failing.contains(name) ? TaskResult.failed("not yet") : TaskResult.done();
  }

  @AfterEach
  void close() {
    virtual.close();
  }

  private TaskScheduler scheduler() {
    return virtual.gatehouse().scheduler();
  }

  private static Task task(String taskNo, String handler) {
    return Task.of(taskNo)
        .handler(handler)
        .retryPolicy(RetryPolicy.linear(Duration.ofSeconds(5), 3));
  }

  private static Task inOrder(String taskNo) {
    return task(taskNo, "work").inOrder("customer");
  }

  @Test
  void inOrder_firstFailsForAWhile_othersWaitUntilItIsFinal() {
    failing.add("A");
    scheduler().scheduleAll(List.of(inOrder("A"), inOrder("B"), task("C", "work"), inOrder("D")));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "C");
    failing.clear();
    virtual.advance(Duration.ofSeconds(30));
    assertThat(ran).containsExactly("A", "C", "A", "B", "D");
  }

  @Test
  void inOrder_firstFailsForGood_nextGoesOn() {
    failing.add("A");
    scheduler().scheduleAll(List.of(inOrder("A"), inOrder("B")));
    virtual.advance(Duration.ofMinutes(2));
    assertThat(ran).containsExactly("A", "A", "A", "A", "B");
    assertThat(scheduler().findTask("A").orElseThrow().status()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void inOrder_scheduledInAnotherOrder_runsInOrderOfDueTimes() {
    failing.add("A");
    scheduler().schedule(inOrder("A"));
    virtual.advance(SECOND);
    scheduler().schedule(inOrder("late").in(Duration.ofSeconds(3)));
    scheduler().schedule(inOrder("early").in(Duration.ofSeconds(2)));
    scheduler().schedule(inOrder("tomorrow").in(Duration.ofDays(1)));
    failing.clear();
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).containsExactly("A", "A", "early", "late");
    virtual.advance(Duration.ofDays(1));
    assertThat(ran).endsWith("tomorrow");
  }

  @Test
  void inOrder_firstIsPaused_othersWaitUntilItIsResumed() {
    TaskId first = scheduler().schedule(inOrder("A").in(SECOND));
    scheduler().schedule(inOrder("B").in(Duration.ofSeconds(2)));
    scheduler().pause(first);
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).isEmpty();
    scheduler().resume(first);
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
  }

  @Test
  void inOrder_firstIsCancelled_nextRuns() {
    failing.add("A");
    TaskId first = scheduler().schedule(inOrder("A"));
    scheduler().schedule(inOrder("B"));
    virtual.advance(SECOND);
    scheduler().cancel(first);
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
  }

  @Test
  void inOrder_oneThatWaitsIsCancelledOrPaused_othersKeepTheirTurn() {
    failing.add("A");
    scheduler().schedule(inOrder("A"));
    TaskId second = scheduler().schedule(inOrder("B"));
    TaskId third = scheduler().schedule(inOrder("C"));
    scheduler().schedule(inOrder("D"));
    virtual.advance(SECOND);
    assertThat(scheduler().cancel(second)).isEqualTo(Cancellation.CANCELLED);
    assertThat(scheduler().pause(third)).isEqualTo(TaskChange.DONE);
    failing.clear();
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).containsExactly("A", "A");
    scheduler().resume(third);
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "A", "C", "D");
  }

  @Test
  void inOrder_oneIsReplacedByOneWithoutOrder_thatRunsAndOthersGoOn() {
    failing.add("A");
    scheduler().schedule(inOrder("A"));
    scheduler().schedule(inOrder("B"));
    scheduler().schedule(inOrder("C"));
    virtual.advance(SECOND);
    scheduler().schedule(task("B", "work").ifTaken(IfTaken.SUPERSEDE));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
    scheduler().schedule(task("A", "work").ifTaken(IfTaken.SUPERSEDE));
    virtual.advance(SECOND);
    assertThat(ran).containsExactlyInAnyOrder("A", "B", "A", "C");
  }

  @Test
  void inOrder_requeuedAfterItFailed_standsAtItsOldPlace() {
    failing.addAll(List.of("A", "B"));
    TaskId first = scheduler().schedule(inOrder("A").retryPolicy(RetryPolicy.linear(SECOND, 0)));
    scheduler().schedule(inOrder("B"));
    scheduler().schedule(inOrder("C"));
    virtual.advance(SECOND);
    failing.clear();
    scheduler().requeue(first);
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).containsExactly("A", "B", "B", "A", "C");
  }

  @Test
  void inOrder_sameKeyOfTwoApplications_doNotWaitForEachOther() {
    failing.add("A");
    List<Application> applications = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      applications.add(virtual.gatehouse().registry().register(Application.named(name)));
    }
    scheduler().schedule(inOrder("A").application(applications.get(0)));
    scheduler().schedule(inOrder("A").application(applications.get(1)));
    scheduler().schedule(inOrder("A"));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "A", "A");
  }

  @Test
  void rate_manyDueAtOnce_beginEvenlySpread() {
    for (int i = 0; i < 5; i++) {
      scheduler().schedule(task("T" + i, "paced"));
    }
    virtual.advance(Duration.ofSeconds(10));
    assertThat(ran).containsExactly("T0", "T1", "T2", "T3", "T4");
    assertThat(millis).containsExactly(0L, 500L, 1_000L, 1_500L, 2_000L);
  }

  @Test
  void rate_retries_takeTheirTurnToo() {
    failing.add("T0");
    scheduler().schedule(task("T0", "paced").retryPolicy(RetryPolicy.linear(Duration.ZERO, 2)));
    virtual.advance(Duration.ofSeconds(10));
    assertThat(millis).containsExactly(0L, 500L, 1_000L);
  }

  @Test
  void rate_withBurst_someAtOnceThenEvenlySpread() {
    for (int i = 0; i < 5; i++) {
      scheduler().schedule(task("T" + i, "bursts"));
    }
    virtual.advance(Duration.ofSeconds(10));
    assertThat(millis).containsExactly(0L, 0L, 0L, 500L, 1_000L);
    scheduler().schedule(task("T5", "bursts"));
    scheduler().schedule(task("T6", "bursts"));
    virtual.advance(Duration.ofSeconds(1));
    assertThat(millis).endsWith(10_000L, 10_000L);
  }

  @Test
  void rate_ofApplications_isOneForEach() {
    Map<String, Application> applications = new HashMap<>();
    for (String name : List.of("one", "two")) {
      applications.put(name, virtual.gatehouse().registry().register(Application.named(name)));
    }
    for (int i = 0; i < 3; i++) {
      int number = i;
      applications
          .values()
          .forEach(
              application ->
                  scheduler().schedule(task("T" + number, "work").application(application)));
    }
    virtual.advance(Duration.ofSeconds(10));
    assertThat(millis).containsExactly(0L, 0L, 1_000L, 1_000L, 2_000L, 2_000L);
  }

  @Test
  void rate_taskThatWaitsForItsTime_canBeCancelled() {
    scheduler().schedule(task("T0", "paced"));
    scheduler().schedule(task("T1", "paced"));
    TaskId third = scheduler().schedule(task("T2", "paced"));
    virtual.advance(Duration.ofMillis(100));
    assertThat(scheduler().cancel(third)).isEqualTo(Cancellation.CANCELLED);
    virtual.advance(Duration.ofSeconds(10));
    assertThat(ran).containsExactly("T0", "T1");
  }

  @Test
  void concurrent_oneWaitsForItsRetry_othersRunMeanwhile() {
    failing.add("A");
    scheduler().schedule(task("A", "single"));
    scheduler().schedule(task("B", "single"));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
  }

  @Test
  void atMost_oneWaitsForItsRetry_othersRunMeanwhile() {
    failing.add("A");
    scheduler().schedule(task("A", "work").atMost(1, "tenant"));
    scheduler().schedule(task("B", "work").atMost(1, "tenant"));
    virtual.advance(SECOND);
    assertThat(ran).containsExactly("A", "B");
  }

  @Test
  void everyLimitAtOnce_allRunInOrder() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      names.add("T%02d".formatted(i));
      scheduler().schedule(task(names.get(i), i % 2 == 0 ? "single" : "paced").inOrder("all"));
    }
    virtual.advance(Duration.ofMinutes(1));
    assertThat(ran).isEqualTo(names);
  }

  @Test
  void limits_outOfRange_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.concurrent(0))
        .withMessage("attempts must be in 1..1000, was 0");
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.concurrent(1_001));
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.rate(0, SECOND));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.rate(1_000_000, Duration.ofMillis(1)))
        .withMessage("attempts must be at least 1 us apart, were 1000000 in PT0.001S");
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.rate(1, Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.rate(1, Duration.ofDays(2)));
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.rate(1, SECOND).burst(0));
    assertThatIllegalStateException().isThrownBy(() -> Limit.concurrent(1).burst(2));
    assertThatIllegalArgumentException().isThrownBy(() -> Task.unnumbered().inOrder(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Task.unnumbered().inOrder("k".repeat(121)));
    assertThatIllegalArgumentException().isThrownBy(() -> Task.unnumbered().atMost(0, "k"));
    assertThatIllegalArgumentException().isThrownBy(() -> Task.unnumbered().atMost(1_001, "k"));
  }
}
