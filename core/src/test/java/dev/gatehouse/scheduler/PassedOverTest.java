package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.registry.Application;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** Nodes that meet tasks which they cannot try. */
class PassedOverTest {
  private static final long START = TestClock.START.toEpochMilli();

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final List<String> done = new ArrayList<>();

  private SteppedNode nodeWith(String kind) {
    fixture.handlers.clear();
    fixture.handlers.put(
        kind,
        context -> {
          done.add(kind);
          return TaskResult.done();
        });
    return new SteppedNode(fixture);
  }

  private List<TaskId> schedule(int count, String... kinds) {
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Task task = Task.unnumbered().handler(kinds[i % kinds.length]);
      ids.add(fixture.engine().scheduler().schedule(task));
    }
    return ids;
  }

  private long settlements() {
    return fixture.store.calls("settle");
  }

  @Test
  void round_nodesOfDifferentHandlers_eachTaskRunsAtOnceInItsFirstAttempt() {
    SteppedNode first = nodeWith("a");
    SteppedNode second = nodeWith("b");
    List<TaskId> ids = schedule(100, "a", "b");

    first.round();
    second.round();

    assertThat(done).hasSize(100);
    for (TaskId id : ids) {
      TaskState state = fixture.state(id);
      assertThat(state.status()).isEqualTo(TaskStatus.FINISHED);
      assertThat(state.attempt()).isEqualTo(1);
      assertThat(state.dueMillis()).isEqualTo(START);
      assertThat(fixture.outcomes(id)).containsExactly(Attempt.Outcome.SUCCESS);
    }
    schedule(100, "a", "b");
    long before = settlements();
    second.round();
    first.round();
    assertThat(done).hasSize(200);
    assertThat(settlements() - before).isEqualTo(2);
  }

  @Test
  void round_claimedAheadOfItsTime_isGivenBackBeforeItIsDue() {
    SteppedNode first = nodeWith("a");
    SteppedNode second = nodeWith("b");
    Task task = Task.unnumbered().handler("b").in(Duration.ofMillis(500));
    TaskId id = fixture.engine().scheduler().schedule(task);
    first.claim();
    first.settle();
    second.claim();

    clock.advanceMillis(500);
    second.fire();
    second.work();
    second.settle();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.heard.lateness).containsExactly(Duration.ZERO);
  }

  @Test
  void round_givenBack_othersHearOfIt() {
    List<Long> hints = new ArrayList<>();
    fixture.store.hints =
        new Hints() {
          @Override
          public void announce(long dueMillis) {
            hints.add(dueMillis);
          }

          @Override
          public Listening listen(LongConsumer listener) {
            return () -> {};
          }
        };
    nodeWith("b");
    SteppedNode node = nodeWith("a");
    schedule(1, "b");
    hints.clear();

    node.round();

    assertThat(hints).containsExactly(START);
  }

  @Test
  void round_kindNobodyHas_isClaimedOnceAndWaits() {
    SteppedNode node = nodeWith("a");
    List<TaskId> ids = schedule(500, "misspelt");
    node.round();
    long settled = settlements();
    schedule(10, "a");
    for (int i = 0; i < 50; i++) {
      clock.advanceMillis(1_000);
      node.round();
    }

    assertThat(done).hasSize(10);
    assertThat(settlements() - settled).isEqualTo(1);
    for (TaskId id : ids) {
      TaskState state = fixture.state(id);
      assertThat(state.status()).isEqualTo(TaskStatus.WAITING);
      assertThat(List.of(state.attempt(), state.dueMillis())).containsExactly(0, START);
    }
  }

  @Test
  void claim_onlyForeignTasksAreDue_nextLookIsNotBefore2500Millis() {
    SteppedNode node = nodeWith("a");
    schedule(10, "misspelt");
    node.round();
    node.claim();

    long wait = node.engine.claimer().claim(SteppedNode.WINDOW_MILLIS, 100);

    assertThat(wait).isEqualTo(Claimer.IDLE_NANOS);
  }

  @Test
  void status_foreignKinds_namesThemAndTellsTheLag() {
    fixture.handlers.put("a", context -> TaskResult.done());
    TaskEngine engine = fixture.engine();
    assertThat(engine.status().missingHandlers()).isEmpty();
    schedule(4, "x", "a", "y");
    Stepper stepper = engine.stepper();
    stepper.run();
    clock.advanceMillis(7_000);

    assertThat(engine.status().missingHandlers()).containsExactlyInAnyOrder("x", "y");
    assertThat(engine.status().lag()).isEqualTo(Duration.ofSeconds(7));
    assertThat(stepper.next()).isEmpty();
  }

  @Test
  void run_moreKindsThanAreRemembered_theRestIsPostponed() {
    fixture.handlers.put("a", context -> TaskResult.done());
    TaskEngine engine = fixture.engine();
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < Exclusion.MAX_KINDS + 6; i++) {
      ids.addAll(schedule(1, "kind-" + i));
    }
    TaskId known = schedule(1, "a").get(0);

    engine.stepper().run();

    assertThat(engine.status().missingHandlers()).hasSize(Exclusion.MAX_KINDS);
    assertThat(fixture.status(known)).isEqualTo(TaskStatus.FINISHED);
    assertThat(ids).filteredOn(id -> fixture.state(id).dueMillis() == START).hasSize(64);
    assertThat(ids).filteredOn(id -> fixture.state(id).dueMillis() == START + 10_000).hasSize(6);
    assertThat(ids).allMatch(id -> fixture.state(id).attempt() == 0);
  }

  @Test
  void round_applicationDisabled_isPassedOverUntilItIsEnabled() {
    SteppedNode node = nodeWith("a");
    TaskId id = fixture.scheduleCallback();
    Application application = fixture.applications.byId.get(7L);
    fixture.disable(application);
    node.round();
    long settled = settlements();
    for (int i = 0; i < 20; i++) {
      clock.advanceMillis(2_500);
      node.round();
    }
    assertThat(settlements()).isEqualTo(settled);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(START);

    fixture.applications.put(application);
    node.round();

    assertThat(fixture.sent).hasSize(1);
    assertThat(fixture.state(id).status()).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.state(id).attempt()).isEqualTo(1);
  }

  @Test
  void round_disabledApplicationRemoved_itsTaskFails() {
    SteppedNode node = nodeWith("a");
    TaskId id = fixture.scheduleCallback();
    fixture.disable(fixture.applications.byId.get(7L));
    node.round();
    fixture.applications.byId.clear();

    node.round();
    assertThat(fixture.status(id)).isEqualTo(TaskStatus.WAITING);
    clock.advanceMillis(30_000);
    node.round();

    assertThat(fixture.status(id)).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void round_registryOutOfReach_disabledApplicationStaysPassedOver() {
    SteppedNode node = nodeWith("a");
    TaskId id = fixture.scheduleCallback();
    fixture.disable(fixture.applications.byId.get(7L));
    node.round();
    fixture.applications.failure = new StorageException("away");
    TaskId other = schedule(1, "a").get(0);

    node.round();

    assertThat(fixture.status(other)).isEqualTo(TaskStatus.FINISHED);
    assertThat(fixture.state(id).dueMillis()).isEqualTo(START);
  }
}
