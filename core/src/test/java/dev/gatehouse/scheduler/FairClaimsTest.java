package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.TaskStore.Reach;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Claims beside a backlog, and what they ask of the store. */
class FairClaimsTest {
  private static final long START = TestClock.START.toEpochMilli();

  private final SchedulerFixture fixture = new SchedulerFixture();
  private final TestClock clock = fixture.clock;
  private final EngineClock engineClock = EngineClock.followingStore(clock, clock::nanoTime);
  private final PassedOver passedOver = new PassedOver(fixture.parts(), engineClock);
  private final List<Asked> asked = new ArrayList<>();
  private final FairClaims claims = new FairClaims(slowStore(), passedOver, engineClock);
  private final int node = fixture.store.join("boot", Duration.ofDays(1)).node();
  private long lastId;
  private long tookMillis;

  /** What the store was asked for. */
  private record Asked(Reach reach, Exclusion exclusion, int limit) {}

  /** The fixture's store, for which looks take their time, and that tells what it was asked. */
  private TaskStore slowStore() {
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("claim")) {
                asked.add(
                    new Asked((Reach) arguments[1], (Exclusion) arguments[2], (int) arguments[4]));
              }
              clock.advanceMillis(tookMillis);
              try {
                return method.invoke(fixture.store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void insert(long application, int count) {
    insert(application, "work", count, clock.millis());
  }

  private void insert(long application, String kind, int count, long dueMillis) {
    fixture.store.insert(
        LongStream.range(0, count)
            .mapToObj(
                i ->
                    new TaskRow(
                        ++lastId,
                        application,
                        kind,
                        null,
                        "",
                        "{}",
                        1,
                        "linear:0:0",
                        START,
                        dueMillis))
            .toList());
  }

  private List<Long> claim(Reach reach, int limit) {
    return claims.claim(node, reach, clock.millis(), limit).stream()
        .map(task -> task.row().applicationId())
        .toList();
  }

  @Test
  void claim_behindBacklogOfOne_nextThatBeginsAnewHasTheOthers() {
    insert(1, 500);
    insert(2, 3);
    insert(0, 1);

    assertThat(claim(Reach.ALL, 100)).hasSize(100).containsOnly(1L);
    assertThat(claim(Reach.ONWARD, 100)).hasSize(100).containsOnly(1L);
    assertThat(claim(Reach.ALL, 100)).hasSize(100).contains(2L, 2L, 2L, 0L);
    assertThat(asked)
        .extracting(Asked::reach)
        .containsExactly(Reach.ALL, Reach.ONWARD, Reach.BESIDE, Reach.ALL);
    assertThat(asked.get(2).exclusion().applicationIds()).containsExactly(1L);
    assertThat(asked.get(2).limit()).isEqualTo(50);
    assertThat(asked.get(3).limit()).isEqualTo(96);
  }

  @Test
  void claim_whatItTakesBeside_isInOrderWithTheRest() {
    insert(1, 300);
    claim(Reach.ALL, 100);
    insert(2, "work", 2, START - 5);
    insert(2, "work", 1, START);

    List<ClaimedTask> claimed = claims.claim(node, Reach.ALL, START, 100);

    assertThat(claimed)
        .isSortedAccordingTo(
            Comparator.comparingLong(ClaimedTask::dueMillis).thenComparing(task -> task.row().id()))
        .doesNotHaveDuplicates()
        .hasSize(100);
  }

  @Test
  void claim_behindBacklogsOfThree_theQuietOneIsFoundOnceAllAreKnown() {
    for (long application = 1; application <= 3; application++) {
      insert(application, 400);
    }
    insert(4, 1);
    List<Long> claimed = new ArrayList<>(claim(Reach.ALL, 100));
    int rounds = 0;
    while (!claimed.contains(4L)) {
      clock.advanceMillis(2_000);
      claimed.addAll(claim(Reach.ALL, 100));
      rounds++;
    }

    assertThat(rounds).isEqualTo(3);
    assertThat(claimed).hasSize(400);
  }

  @Test
  void claim_crowdOfTwenty_isTakenInOrderOnly() {
    for (int i = 0; i < 20; i++) {
      for (long application = 1; application <= 20; application++) {
        insert(application, 1);
      }
    }

    for (int i = 0; i < 4; i++) {
      assertThat(claim(Reach.ALL, 100)).hasSize(100);
      clock.advanceMillis(1_000);
    }
    assertThat(asked).extracting(Asked::reach).containsOnly(Reach.ALL);
  }

  @Test
  void claim_notFull_endsTheNoise() {
    insert(1, 150);
    claim(Reach.ALL, 100);
    assertThat(claim(Reach.ALL, 100)).hasSize(50);
    asked.clear();
    insert(1, 10);
    clock.advanceMillis(1_000);

    assertThat(claim(Reach.ALL, 100)).hasSize(10);
    assertThat(asked).hasSize(1);
  }

  @Test
  void claim_onlyOthersFillClaimsForTenSeconds_isNoisyNoLonger() {
    insert(1, 100);
    insert(2, 5_000);
    claim(Reach.ALL, 100);
    for (int i = 0; i < 10; i++) {
      clock.advanceMillis(1_000);
      claim(Reach.ALL, 100);
    }
    asked.clear();
    clock.advanceMillis(1_000);

    claim(Reach.ALL, 100);

    assertThat(asked.get(0).exclusion().applicationIds()).containsExactly(2L);
  }

  @Test
  void claim_onceAMinute_findsTheOthersAllTheSame() {
    insert(1, 500);
    insert(2, 1);

    assertThat(claim(Reach.ALL, 20)).containsOnly(1L);
    clock.advanceMillis(60_000);
    assertThat(claim(Reach.ALL, 20)).hasSize(20).contains(2L);
  }

  @Test
  void claim_backlogLastsForFiveSeconds_looksAtAllOfItFromThenOn() {
    insert(1, "work", 5_000, START - 60_000);
    insert(2, "work", 1, START - 2_000);
    insert(3, 1);

    List<Long> claimed = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      claimed.addAll(claim(Reach.ALL, 100));
      clock.advanceMillis(250);
    }
    assertThat(claimed).contains(3L).doesNotContain(2L);
    assertThat(claim(Reach.ALL, 100)).contains(2L);
  }

  @Test
  void claim_oneByOne_isInOrder() {
    insert(1, 5);
    insert(2, 1);

    for (int i = 0; i < 5; i++) {
      assertThat(claim(Reach.ALL, 1)).containsExactly(1L);
    }
    assertThat(asked).extracting(Asked::reach).containsOnly(Reach.ALL);
  }

  @Test
  void claim_lookBesideTookLong_theNextBeginWhereItDidForFiftyTimesThat() {
    insert(1, 10_000);
    claim(Reach.ALL, 100);
    tookMillis = 20;
    clock.advanceMillis(5_000);
    long first = clock.millis();
    claim(Reach.ALL, 100);
    insert(2, 1);
    clock.advanceMillis(300);
    asked.clear();

    assertThat(claim(Reach.ALL, 100)).contains(2L);
    assertThat(asked.get(0).exclusion().dueFromMillis()).isEqualTo(first - 1_000);
    insert(2, "work", 1, START - 5_000);
    clock.advanceMillis(2_000);
    asked.clear();
    claim(Reach.ALL, 100);
    assertThat(asked.get(0).exclusion().dueFromMillis()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void claim_besideTooSoonAgain_isNotMade() {
    insert(1, 1_000);
    claim(Reach.ALL, 100);
    claim(Reach.ALL, 100);
    asked.clear();
    clock.advanceMillis(249);
    claim(Reach.ALL, 100);
    assertThat(asked).extracting(Asked::reach).containsExactly(Reach.ALL);
    clock.advanceMillis(1);
    claim(Reach.ALL, 100);
    assertThat(asked).extracting(Asked::reach).containsExactly(Reach.ALL, Reach.BESIDE, Reach.ALL);
  }

  @Test
  void claim_besideFullAndLong_restsTenTimesThat() {
    for (int i = 0; i < 50; i++) {
      for (long application = 2; application <= 21; application++) {
        insert(application, 1);
      }
    }
    insert(1, "work", 1_000, START - 1);
    claim(Reach.ALL, 100);
    tookMillis = 100;
    claim(Reach.ALL, 100);
    asked.clear();
    clock.advanceMillis(700);
    claim(Reach.ALL, 100);
    assertThat(asked).extracting(Asked::reach).containsExactly(Reach.ALL);
    clock.advanceMillis(100);
    claim(Reach.ALL, 100);
    assertThat(asked.get(1).reach()).isEqualTo(Reach.BESIDE);
  }

  @Test
  void claim_foreignBacklog_looksAtAllOfItForATenthOfTheTime() {
    fixture.handlers.put("work", context -> TaskResult.done());
    insert(0, "elsewhere", 500, START - 10_000);
    passedOver.passes(
        new TaskRow(9_999, 0, "elsewhere", null, "", "{}", 1, "linear:0:0", START, START));
    tookMillis = 50;
    claim(Reach.ALL, 100);
    insert(0, 1);
    insert(0, "work", 1, START - 9_000);

    assertThat(claim(Reach.ALL, 100)).hasSize(1);
    assertThat(claims.earliestDue()).isEmpty();
    clock.advanceMillis(400);
    assertThat(claim(Reach.ALL, 100)).hasSize(1);
    assertThat(asked)
        .extracting(one -> one.exclusion().dueFromMillis() == Long.MIN_VALUE)
        .containsExactly(true, false, true);
  }

  /** The store may have stood still meanwhile: what is recovered then must not wait minutes. */
  @Test
  void claim_oneLookTookVeryLong_allIsLookedAtWithinHalfAMinute() {
    fixture.handlers.put("work", context -> TaskResult.done());
    passedOver.passes(
        new TaskRow(9_999, 0, "elsewhere", null, "", "{}", 1, "linear:0:0", START, START));
    tookMillis = 20_000;
    assertThat(claim(Reach.ALL, 100)).isEmpty();
    tookMillis = 0;
    insert(0, "work", 1, START - 9_000);

    assertThat(claim(Reach.ALL, 100)).isEmpty();
    clock.advanceMillis(30_000);
    assertThat(claim(Reach.ALL, 100)).hasSize(1);
  }

  @Test
  void earliestDue_foreignTasksOnly_isEmpty() {
    insert(0, "elsewhere", 5, START);
    assertThat(claims.earliestDue()).hasValue(START);
    passedOver.passes(
        new TaskRow(9_999, 0, "elsewhere", null, "", "{}", 1, "linear:0:0", START, START));

    assertThat(claims.earliestDue()).isEqualTo(OptionalLong.empty());
    insert(0, "work", 1, START + 60_000);
    assertThat(claims.earliestDue()).hasValue(START + 60_000);
  }
}
