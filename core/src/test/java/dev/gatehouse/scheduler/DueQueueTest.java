package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order in which due tasks begin, and how many there are. */
class DueQueueTest {
  private final HeldTasks tasks = new HeldTasks(new TestClock());
  private final List<Waker.Role> woken = new ArrayList<>();
  private final DueQueue due = new DueQueue(woken::add);

  private List<HeldTask> add(int count, Priority priority, long applicationId) {
    List<HeldTask> added = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      HeldTask held = tasks.due(priority, applicationId);
      due.add(held);
      added.add(held);
    }
    return added;
  }

  private List<HeldTask> poll(int count) {
    List<HeldTask> polled = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      polled.add(due.remove());
    }
    return polled;
  }

  private static long count(List<HeldTask> of, Priority priority) {
    return of.stream().filter(held -> held.row().priority() == priority).count();
  }

  @Test
  void poll_manyOfEachPriority_sixThreeAndOneOfTen() {
    add(100, Priority.BULK, 0);
    add(100, Priority.NORMAL, 0);
    add(100, Priority.URGENT, 0);

    for (int ten = 0; ten < 10; ten++) {
      List<HeldTask> polled = poll(10);
      assertThat(count(polled, Priority.URGENT)).isEqualTo(6);
      assertThat(count(polled, Priority.NORMAL)).isEqualTo(3);
      assertThat(count(polled, Priority.BULK)).isEqualTo(1);
    }
  }

  @Test
  void poll_oneUrgentBehindManyOfBulk_comesWithinTwo() {
    for (int turn = 0; turn < 70; turn++) {
      add(5, Priority.BULK, turn % 3);
      HeldTask urgent = add(1, Priority.URGENT, 9).get(0);

      assertThat(poll(2)).contains(urgent);
    }
  }

  @Test
  void poll_onePriority_firstComeFirstServed() {
    List<HeldTask> added = add(50, Priority.NORMAL, 4);

    assertThat(poll(50)).containsExactlyElementsOf(added);
    assertThat(due.poll()).isNull();
    assertThat(due).isEmpty();
  }

  @Test
  void poll_applicationBesideOneWithABacklog_comesWithinAFewTurns() {
    for (int turn = 0; turn < 100; turn++) {
      add(20, Priority.NORMAL, 1);
      HeldTask other = add(1, Priority.NORMAL, 2).get(0);

      assertThat(poll(14)).contains(other);
    }
  }

  @Test
  void size_someTakenAwayAndSwept_isOfTheOthers() {
    List<HeldTask> added = add(10, Priority.NORMAL, 0);
    added.subList(2, 5).forEach(HeldTask::drop);
    added.get(5).lose();
    assertThat(due).hasSize(10);

    due.sweep();

    assertThat(due).hasSize(6).doesNotContainAnyElementsOf(added.subList(2, 6));
    assertThat(due.size()).isEqualTo(6);
    poll(6);
    assertThat(due.size()).isZero();
    assertThat(due.begun()).isEqualTo(6);
  }

  @Test
  void begun_polledAfterItWasTakenAway_doesNotCount() {
    List<HeldTask> added = add(3, Priority.NORMAL, 0);
    added.get(1).drop();

    poll(3);

    assertThat(due.begun()).isEqualTo(2);
    assertThat(due.size()).isZero();
  }

  @Test
  void add_againAfterItsGates_countsAgain() {
    HeldTask held = add(1, Priority.NORMAL, 0).get(0);
    poll(1);
    due.add(held);

    assertThat(due.size()).isEqualTo(1);
    assertThat(poll(1)).containsExactly(held);
    assertThat(due.size()).isZero();
  }

  @Test
  void rouseAt_asManyLeft_wakesTheClaimerOnce() {
    add(5, Priority.NORMAL, 0);
    due.rouseAt(3);
    poll(1);
    assertThat(woken).isEmpty();

    poll(4);

    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
  }

  @Test
  void rouseAt_fewerLeftAlready_wakesTheClaimerAtOnce() {
    add(2, Priority.NORMAL, 0);

    due.rouseAt(2);
    poll(2);

    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
  }

  @Test
  void rouseAt_sweptDown_wakesTheClaimer() {
    List<HeldTask> added = add(5, Priority.NORMAL, 0);
    due.rouseAt(1);
    added.subList(1, 5).forEach(HeldTask::drop);

    due.sweep();

    assertThat(woken).containsExactly(Waker.Role.CLAIMER);
  }

  @Test
  void passLast_threeClasses_bulkFirstAndOfTheRestWhatCameLast() {
    List<HeldTask> urgent = add(4, Priority.URGENT, 0);
    List<HeldTask> normal = add(4, Priority.NORMAL, 0);
    List<HeldTask> bulk = add(4, Priority.BULK, 0);
    List<HeldTask> passed = new ArrayList<>();

    due.passLast(6, 100, passed::add);

    assertThat(passed)
        .containsExactlyInAnyOrder(
            bulk.get(0), bulk.get(1), bulk.get(2), bulk.get(3), normal.get(2), normal.get(3));
    assertThat(due).contains(urgent.get(3));
  }

  @Test
  void passLast_moreThanAskedFor_noMoreThanThatMany() {
    add(50, Priority.NORMAL, 0);
    List<HeldTask> passed = new ArrayList<>();

    due.passLast(10, 15, passed::add);

    assertThat(passed).hasSize(15);
  }

  @Test
  void passLast_oneApplicationHasMore_givesMore() {
    List<HeldTask> noisy = add(20, Priority.NORMAL, 1);
    add(3, Priority.NORMAL, 2);
    List<HeldTask> passed = new ArrayList<>();

    due.passLast(8, 100, passed::add);

    assertThat(passed).containsExactlyInAnyOrderElementsOf(noisy.subList(5, 20));
  }

  @Test
  @Timeout(60)
  void size_addedPolledDroppedAndSweptByManyThreads_isZeroInTheEnd() {
    AtomicBoolean done = new AtomicBoolean();
    Set<HeldTask> polled = ConcurrentHashMap.newKeySet();
    AtomicInteger droppedAsPolled = new AtomicInteger();
    DueQueue shared = new DueQueue(Waker.NONE);
    CompletableFuture<Void> sweeping =
        CompletableFuture.runAsync(
            () -> {
              while (!done.get()) {
                shared.sweep();
              }
            });
    List<CompletableFuture<Void>> polling = new ArrayList<>();
    for (int thread = 0; thread < 2; thread++) {
      polling.add(
          CompletableFuture.runAsync(
              () -> {
                while (!done.get() || !shared.isEmpty()) {
                  HeldTask next = shared.poll();
                  if (next != null && next.isWaiting()) {
                    next.begin();
                    assertThat(polled.add(next)).isTrue();
                  } else if (next != null) {
                    droppedAsPolled.incrementAndGet();
                  }
                }
              }));
    }
    for (int i = 0; i < 50_000; i++) {
      HeldTask held = tasks.due(Priority.of(i % 3), i % 5);
      shared.add(held);
      if (i % 4 == 0) {
        held.drop();
      }
    }
    done.set(true);
    polling.forEach(CompletableFuture::join);
    sweeping.join();

    assertThat(shared.size()).isZero();
    assertThat(polled).hasSizeGreaterThanOrEqualTo(37_500);
    assertThat(shared.begun())
        .isBetween((long) polled.size(), (long) polled.size() + droppedAsPolled.get());
  }
}
