package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much a node takes from the store, and gives back. */
class ClaimerTest {
  /** A JSON array of 1 MiB. */
  private static final String LARGE = "[" + "1,".repeat((1 << 19) - 2) + "10]";

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final List<String> ran = new ArrayList<>();

  ClaimerTest() {
    fixture.handlers.put(
        "work",
        context -> {
          ran.add(context.content());
          return TaskResult.done();
        });
  }

  private List<TaskId> schedule(int count, long inMillis, String content) {
    Task task = Task.unnumbered().handler("work").content(content);
    task = task.at(fixture.clock.instant().plusMillis(inMillis));
    List<TaskId> ids = new ArrayList<>();
    for (int left = count; left > 0; left -= 1_000) {
      ids.addAll(
          fixture
              .engine()
              .scheduler()
              .scheduleAll(Collections.nCopies(Math.min(left, 1_000), task)));
    }
    return ids;
  }

  private int claims() {
    return fixture.store.calls("claim");
  }

  private static int held(SteppedNode node) {
    return node.engine.holdings().size();
  }

  private long running() {
    return fixture.store.count(fixture.clock.millis(), 5_000).leased();
  }

  @Test
  void claim_manyDueAndNoneBegins_takesNoMoreThanMayRun() {
    schedule(5_000, 0, "1");
    SteppedNode node = new SteppedNode(fixture);

    for (int i = 0; i < 20; i++) {
      node.claim();
      node.fire();
      fixture.clock.advanceMillis(100);
    }

    assertThat(held(node)).isEqualTo(128);
    assertThat(running()).isEqualTo(128);
    assertThat(claims()).isEqualTo(1);
  }

  @Test
  void claim_twentyThousandQuickTasks_doublesUpToTheLargestClaim() {
    schedule(20_000, 0, "1");
    SteppedNode node = new SteppedNode(fixture);

    while (ran.size() < 20_000) {
      int before = claims();
      node.round();
      assertThat(claims()).isEqualTo(before + 1);
    }

    // 128, 256, 512, and then 1,000 each.
    assertThat(claims()).isBetween(20, 24);
  }

  @Test
  void claim_notDueYet_countsTowardsTheCapacityAlone() {
    schedule(12_000, 900, "1");
    SteppedNode node = new SteppedNode(fixture);

    for (int i = 0; i < 20; i++) {
      node.claim();
    }

    // With less than a claim's worth of room left it waits for more.
    assertThat(held(node)).isBetween(9_001, 10_000);
    assertThat(claims()).isBetween(11, 13);
  }

  @Test
  void claim_dueAllAtOnceAndNoneBegins_theRestIsGivenBackUnbegunAndOthersTakeIt() {
    fixture.options = SchedulerOptions.builder().maxRunning(1).build();
    List<TaskId> ids = schedule(5_000, 900, "1");
    SteppedNode slow = new SteppedNode(fixture);
    for (int i = 0; i < 14; i++) {
      slow.claim();
    }
    assertThat(held(slow)).isEqualTo(5_000);
    fixture.clock.advanceMillis(900);
    slow.fire();
    slow.claim();
    int claims = claims();
    fixture.clock.advanceMillis(2_900);
    slow.claim();
    slow.settle();
    assertThat(held(slow)).isEqualTo(5_000);

    for (int i = 0; i < 20; i++) {
      fixture.clock.advanceMillis(100);
      slow.claim();
      slow.settle();
    }

    assertThat(held(slow)).isEqualTo(1);
    assertThat(running()).isEqualTo(1);
    assertThat(claims()).isEqualTo(claims);
    List<TaskState> back =
        ids.stream().map(fixture::state).filter(one -> one.status() == TaskStatus.WAITING).toList();
    assertThat(back).hasSize(4_999).allMatch(one -> one.attempt() == 0);
    assertThat(back).allMatch(one -> one.dueMillis() == TestClock.START.toEpochMilli() + 900);
    SteppedNode quick = new SteppedNode(fixture);
    for (int i = 0; i < 20; i++) {
      quick.round();
    }
    assertThat(ran).hasSize(4_999);
    slow.work();
    slow.settle();
    assertThat(ids).allMatch(id -> fixture.status(id) == TaskStatus.FINISHED);
    assertThat(ids).allMatch(id -> fixture.store.attempts(id.value()).size() == 1);
  }

  @Test
  void claim_overTheTargetForAMomentOnly_nothingIsGivenBack() {
    schedule(2_000, 900, "1");
    SteppedNode node = new SteppedNode(fixture);
    for (int i = 0; i < 10; i++) {
      node.claim();
    }
    fixture.clock.advanceMillis(900);
    node.fire();
    node.claim();
    fixture.clock.advanceMillis(2_900);
    node.claim();
    node.work();
    fixture.clock.advanceMillis(200);
    node.claim();

    assertThat(ran).hasSize(2_000);
    node.settle();
    assertThat(fixture.heard.stale).hasValue(0);
    assertThat(held(node)).isZero();
  }

  /** Tasks of an hour, of which another node could begin all that are left. */
  @Test
  void claim_handlersThatTakeVeryLong_whatCannotBeginIsLeftToOthers() {
    fixture.options = SchedulerOptions.builder().maxRunning(2).build();
    schedule(12, 0, "1");
    SteppedNode busy = new SteppedNode(fixture);
    busy.claim();
    busy.fire();
    IntStream.range(0, 2).forEach(i -> busy.engine.holdings().due().remove().begin());
    busy.engine.runner().permits().tryAcquire();
    for (int i = 0; i < 100; i++) {
      fixture.clock.advanceMillis(100);
      busy.claim();
      busy.settle();
    }
    SteppedNode idle = new SteppedNode(fixture);
    for (int i = 0; i < 20; i++) {
      idle.round();
    }

    assertThat(ran).hasSizeGreaterThanOrEqualTo(9);
  }

  /** An urgent task would wait for hours beside a node with nothing to do. */
  @Test
  void claim_noPermitIsFreeAndThereAreOthers_nothingIsTaken() {
    fixture.options = SchedulerOptions.builder().maxRunning(2).build();
    SteppedNode idle = new SteppedNode(fixture);
    SteppedNode busy = busy();
    IntStream.range(0, 30).forEach(i -> roundLater(busy));
    TaskId urgent = schedule(1, 0, "1").get(0);
    IntStream.range(0, 20).forEach(i -> roundLater(busy));
    assertThat(held(busy)).isEqualTo(2);

    idle.round();

    assertThat(fixture.status(urgent)).isEqualTo(TaskStatus.FINISHED);
  }

  @Test
  void claim_noPermitIsFreeAndThereAreOthers_whatWasTakenBeforeIsGivenBack() {
    fixture.options = SchedulerOptions.builder().maxRunning(2).build();
    SteppedNode idle = new SteppedNode(fixture);
    schedule(18, 0, "1");
    SteppedNode busy = busy();
    assertThat(held(busy)).isEqualTo(20);

    IntStream.range(0, 60).forEach(i -> roundLater(busy));

    assertThat(held(busy)).isEqualTo(2);
    idle.round();
    assertThat(ran).hasSize(18);
  }

  /** One begins every two and a half seconds, as many as could begin at once are some tens. */
  @Test
  void claim_handlersOfSecondsAndThereAreOthers_theRestIsGivenBackWithinSeconds() {
    fixture.options = SchedulerOptions.builder().maxRunning(2).build();
    SteppedNode idle = new SteppedNode(fixture);
    schedule(40, 0, "1");
    SteppedNode busy = busy();
    int fewest = Integer.MAX_VALUE;
    for (int round = 0; round < 100; round++) {
      roundLater(busy);
      fewest = Math.min(fewest, busy.engine.holdings().due().size());
      if (round % 25 == 0) {
        HeldTask next = busy.engine.holdings().due().poll();
        if (next != null) {
          next.begin();
        }
      }
    }

    assertThat(fewest).isLessThanOrEqualTo(2);
    assertThat(held(idle)).isZero();
  }

  private void roundLater(SteppedNode node) {
    fixture.clock.advanceMillis(100);
    node.claim();
    node.settle();
  }

  /** Tasks of a window of a minute would keep what is due from an idle node for as long. */
  @Test
  void claim_filledWithWhatIsNotDueYet_whatIsDueBeginsAllTheSame() {
    schedule(12_000, 35_000, "1");
    SteppedNode node = new SteppedNode(fixture);
    for (int i = 0; i < 30; i++) {
      node.claimAhead(60_000);
      fixture.clock.advanceMillis(100);
    }
    assertThat(held(node)).isBetween(9_001, 9_999);
    TaskId urgent = schedule(1, 0, "2").get(0);

    fixture.clock.advanceMillis(100);
    node.claimAhead(60_000);
    node.fire();
    node.work();

    assertThat(ran).containsExactly("2");
    node.settle();
    assertThat(fixture.status(urgent)).isEqualTo(TaskStatus.FINISHED);
  }

  /** Of few places too: what is under way, and what is not due, leaves one to what is due. */
  @Test
  void claim_fewPlacesFilledWithWhatIsNotDueYet_whatIsDueBeginsAllTheSame() {
    for (int capacity = 2; capacity <= 9; capacity++) {
      fixture.options = SchedulerOptions.builder().capacity(capacity).maxRunning(capacity).build();
      schedule(20, 35_000, "1");
      SteppedNode node = new SteppedNode(fixture);
      for (int i = 0; i < 30; i++) {
        node.claimAhead(60_000);
        fixture.clock.advanceMillis(100);
      }
      assertThat(held(node)).isBetween(1, capacity - 1);
      schedule(1, 0, "2");

      node.claimAhead(60_000);
      node.fire();
      node.work();

      assertThat(ran).containsExactly("2");
      ran.clear();
      node.engine.attempts().releaseAll();
      node.settle();
    }
  }

  /** Seven of eight places are under way for long, with a permit free. */
  @Test
  void claim_lessThanAQuarterOfThePlacesIsFree_anUrgentTaskBeginsWithThem() {
    fixture.options = SchedulerOptions.builder().capacity(8).maxRunning(8).build();
    schedule(7, 0, "1");
    SteppedNode node = new SteppedNode(fixture);
    node.claim();
    beginAll(node, 7);
    IntStream.range(0, 30).forEach(i -> roundLater(node));
    schedule(1, 0, "2");

    roundLater(node);
    node.fire();
    node.work();

    assertThat(ran).containsExactly("2");
  }

  @Test
  void claim_lessThanAQuarterOfTheBudgetIsFree_anUrgentTaskBeginsWithIt() {
    fixture.options = SchedulerOptions.builder().maxHeldBytes(8 << 20).maxRunning(8).build();
    schedule(7, 0, LARGE);
    SteppedNode node = new SteppedNode(fixture);
    node.claim();
    beginAll(node, 7);
    IntStream.range(0, 30).forEach(i -> roundLater(node));
    schedule(1, 0, "2");

    roundLater(node);
    node.fire();
    node.work();

    assertThat(ran).containsExactly("2");
  }

  private static void beginAll(SteppedNode node, int count) {
    IntStream.range(0, count)
        .forEach(
            i -> {
              node.engine.holdings().due().remove().begin();
              node.engine.runner().permits().tryAcquire();
            });
  }

  /** One that has begun two tasks that do not end, and may begin no more. */
  private SteppedNode busy() {
    schedule(2, 0, "1");
    SteppedNode node = new SteppedNode(fixture);
    node.claim();
    beginAll(node, 2);
    return node;
  }

  /** Workers take permits, and with them what may be held, at any moment of a claim. */
  @Test
  void claim_permitsAreTakenMeanwhile_doesNotFail() {
    schedule(5_000, 0, "1");
    for (int moment = 1; moment <= 20; moment++) {
      AtomicInteger looks = new AtomicInteger(moment);
      AtomicReference<Runnable> work = new AtomicReference<>(() -> {});
      SteppedNode node =
          new SteppedNode(
              fixture,
              () -> {
                if (looks.decrementAndGet() == 0) {
                  work.get().run();
                }
                return fixture.clock.nanoTime();
              });
      node.claim();
      assertThat(held(node)).isEqualTo(128);
      IntStream.range(0, 40).forEach(i -> node.engine.holdings().due().remove());
      fixture.clock.advance(Duration.ofHours(1));
      Permits permits = node.engine.runner().permits();
      work.set(() -> IntStream.range(0, 128).forEach(i -> permits.tryAcquire()));
      looks.set(moment);

      assertThatCode(node::claim).doesNotThrowAnyException();
    }
  }

  @Test
  void claim_largeContents_neverMoreThanTheBudgetAndAllAreDone() {
    fixture.options = SchedulerOptions.builder().maxHeldBytes(8 << 20).build();
    schedule(40, 0, LARGE);
    SteppedNode node = new SteppedNode(fixture);

    int most = 0;
    for (int i = 0; i < 10; i++) {
      node.claim();
      node.claim();
      most = Math.max(most, held(node));
      node.fire();
      node.work();
      node.settle();
    }

    assertThat(most).isEqualTo(8);
    assertThat(ran).hasSize(40);
    assertThat(held(node)).isZero();
  }

  @Test
  void claim_largeContentsAfterManySmallOnes_atMostTwiceTheBudget() {
    fixture.options = SchedulerOptions.builder().maxHeldBytes(8 << 20).build();
    schedule(500, 0, "1");
    SteppedNode node = new SteppedNode(fixture);
    while (ran.size() < 500) {
      node.round();
    }
    schedule(40, 0, LARGE);

    node.claim();
    assertThat(held(node)).isEqualTo(16);
    node.claim();
    assertThat(held(node)).isEqualTo(16);
    node.fire();
    node.work();
    node.settle();
    node.claim();

    assertThat(held(node)).isEqualTo(8);
  }

  @Test
  void claim_largeContentsGivenBackOrLost_countNoMore() {
    fixture.options = SchedulerOptions.builder().maxHeldBytes(8 << 20).build();
    List<TaskId> ids = schedule(20, 0, LARGE);
    SteppedNode node = new SteppedNode(fixture);
    node.claim();
    node.engine.attempts().releaseAll();
    node.settle();
    node.claim();
    assertThat(held(node)).isEqualTo(8);
    for (HeldTask held : node.engine.holdings().all()) {
      assertThat(fixture.engine().scheduler().forceRequeue(held.id())).isEqualTo(Requeue.REQUEUED);
    }
    node.engine.keeper().checkHeld();
    assertThat(held(node)).isZero();

    node.claim();

    assertThat(held(node)).isEqualTo(8);
    assertThat(ids).hasSize(20);
  }

  @Test
  void claim_smallContentsAndTheDefaultBudget_noneIsHeldBack() {
    schedule(3_000, 0, "\"" + "x".repeat(98) + "\"");
    SteppedNode node = new SteppedNode(fixture);

    for (int i = 0; i < 6; i++) {
      node.round();
    }

    assertThat(ran).hasSize(128 + 256 + 512 + 1_000 + 1_000 + 104);
  }
}
