package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.RetryPolicy;
import dev.gatehouse.scheduler.Attempt.Outcome;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tasks that kill their nodes, among others that do not, stepped by hand. */
class SuspectsTest {
  private static final int LEASE_MILLIS = 10_000;

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final Set<String> killers = new HashSet<>();
  private final List<String> startsOfThisNode = new ArrayList<>();
  private boolean dead;

  SuspectsTest() {
    fixture.options = SchedulerOptions.DEFAULT;
    fixture.handlers.put(
        "work",
        context -> {
          if (!dead) {
            startsOfThisNode.add(context.content());
            dead = killers.contains(context.content());
          }
          return TaskResult.done();
        });
  }

  private List<TaskId> schedule(int count) {
    long due = fixture.storeClock.millis();
    return IntStream.rangeClosed(1, count)
        .mapToObj(number -> fixture.scheduleAt(due, "" + number))
        .toList();
  }

  private List<TaskId> with(TaskStatus status, List<TaskId> ids) {
    return ids.stream().filter(id -> fixture.status(id) == status).toList();
  }

  /** The next node recovers what the last left, and works until all is done or it is killed. */
  private void oneNode() {
    dead = false;
    startsOfThisNode.clear();
    SteppedNode node = new SteppedNode(fixture);
    node.engine.keeper().recover();
    boolean more = true;
    while (more && !dead) {
      int before = startsOfThisNode.size();
      node.claim();
      node.fire();
      node.work();
      if (!dead && node.engine.suspects().flush() > 0) {
        node.fire();
        node.work();
      }
      if (!dead) {
        node.settle();
      }
      more = startsOfThisNode.size() > before;
    }
    fixture.clock.advanceMillis(LEASE_MILLIS);
  }

  private void nodesUntilAllAreFinal(List<TaskId> ids, int mostNodes) {
    int nodes = 0;
    while (nodes < mostNodes && with(TaskStatus.FINISHED, ids).size() < ids.size()) {
      oneNode();
      nodes++;
      new SteppedNode(fixture).engine.keeper().recover();
    }
  }

  @Test
  void recover_oneKillerAmongMany_onlyTheKillerFails() {
    for (String killer : List.of("1", "700", "1500")) {
      killers.clear();
      killers.add(killer);
      List<TaskId> ids = schedule(1_500);

      nodesUntilAllAreFinal(ids, 7);

      TaskId guilty = ids.get(Integer.parseInt(killer) - 1);
      assertThat(with(TaskStatus.FAILED, ids)).containsExactly(guilty);
      assertThat(with(TaskStatus.FINISHED, ids)).hasSize(1_499);
      assertThat(fixture.outcomes(guilty)).hasSize(6).containsOnly(Outcome.CRASHED);
    }
  }

  @Test
  void recover_manyKillers_eachFailsAloneAndTheOthersRun() {
    killers.addAll(Set.of("1", "2", "3", "40", "41", "99"));
    List<TaskId> ids = schedule(100);

    nodesUntilAllAreFinal(ids, 40);

    assertThat(with(TaskStatus.FAILED, ids))
        .containsExactlyElementsOf(
            List.of(ids.get(0), ids.get(1), ids.get(2), ids.get(39), ids.get(40), ids.get(98)));
    assertThat(with(TaskStatus.FINISHED, ids)).hasSize(94);
  }

  @Test
  void recover_nodesLostBeforeAnythingBegan_countsOneCrashAndNoMore() {
    List<TaskId> ids = schedule(20);
    for (int lost = 0; lost < 10; lost++) {
      new SteppedNode(fixture).claim();
      fixture.clock.advanceMillis(LEASE_MILLIS);
      new SteppedNode(fixture).engine.keeper().recover();
    }
    assertThat(with(TaskStatus.WAITING, ids)).hasSize(20);
    assertThat(fixture.outcomes(ids.get(0))).containsExactly(Outcome.CRASHED);

    oneNode();

    assertThat(with(TaskStatus.FINISHED, ids)).hasSize(20);
    assertThat(fixture.state(ids.get(0)).attempt()).isEqualTo(2);
  }

  @Test
  void takes_aHostHasOneLocked_theOthersBeginAndThatOneLater() {
    List<TaskId> ids = schedule(3);
    new SteppedNode(fixture).claim();
    fixture.clock.advanceMillis(LEASE_MILLIS);
    SteppedNode node = new SteppedNode(fixture);
    node.engine.keeper().recover();
    fixture.store.locked.add(ids.get(0).value());
    node.round();
    node.round();
    assertThat(with(TaskStatus.FINISHED, ids)).containsExactly(ids.get(1), ids.get(2));

    fixture.store.locked.clear();
    node.round();
    node.round();
    assertThat(with(TaskStatus.FINISHED, ids)).hasSize(3);
  }

  @Test
  void takes_storeDoesNotAnswer_nothingBeginsThatItDoesNotKnowOf() {
    TaskId id = schedule(1).get(0);
    new SteppedNode(fixture).claim();
    fixture.clock.advanceMillis(LEASE_MILLIS);
    SteppedNode node = new SteppedNode(fixture);
    node.engine.keeper().recover();
    fixture.store.failing("progress");
    assertThatThrownBy(node::begin).isInstanceOf(StorageException.class);
    assertThat(startsOfThisNode).isEmpty();

    fixture.store.failing();
    node.round();

    assertThat(startsOfThisNode).containsExactly("1");
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
  }

  /** Three crashes on, each runs alone; but one that takes long holds up the others no longer. */
  @Test
  void flush_crashedThrice_oneAtATimeUnlessItRunsForLong() {
    fixture.receiver = request -> new CompletableFuture<>();
    Task task =
        Task.unnumbered()
            .application(fixture.application(7, 0, 0))
            .retryPolicy(RetryPolicy.NONE)
            .timeout(Duration.ofMinutes(10));
    fixture.engine().scheduler().schedule(task);
    fixture.engine().scheduler().schedule(task);
    for (int crash = 0; crash < 3; crash++) {
      new SteppedNode(fixture).begin();
      fixture.clock.advanceMillis(LEASE_MILLIS);
      new SteppedNode(fixture).engine.keeper().recover();
    }
    List<CompletableFuture<Response>> asked = new ArrayList<>();
    fixture.receiver =
        request -> {
          asked.add(new CompletableFuture<>());
          return asked.get(asked.size() - 1);
        };
    SteppedNode node = new SteppedNode(fixture);
    node.begin();
    node.begin();
    assertThat(asked).hasSize(1);
    for (int second = 0; second < 60; second++) {
      fixture.clock.advanceMillis(1_000);
      node.engine.membership().keep();
    }
    node.begin();
    assertThat(asked).hasSize(2);
  }

  @Test
  void takes_cancelledWhileItWaits_neverBegins() {
    List<TaskId> ids = schedule(2);
    new SteppedNode(fixture).claim();
    fixture.clock.advanceMillis(LEASE_MILLIS);
    SteppedNode node = new SteppedNode(fixture);
    node.engine.keeper().recover();
    node.claim();
    node.fire();
    node.work();
    fixture.store.cancel(OptionalLong.empty(), ids.get(0).value(), 0);
    node.engine.keeper().checkHeld();

    node.round();

    assertThat(startsOfThisNode).containsExactly("2");
    assertThat(fixture.status(ids.get(0))).isEqualTo(TaskStatus.CANCELLED);
    assertThat(node.engine.suspects().nanosToLook()).isEqualTo(Long.MAX_VALUE);
  }
}
