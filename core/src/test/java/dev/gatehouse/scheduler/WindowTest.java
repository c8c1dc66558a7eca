package dev.gatehouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that wait for their time. */
class WindowTest {
  private final TestClock clock = new TestClock();
  private final HeldTasks tasks = new HeldTasks(clock);
  private final Window window = new Window();
  private final Queue<HeldTask> due = new ArrayDeque<>();

  private HeldTask add(long inMillis) {
    HeldTask held = tasks.dueIn(inMillis);
    window.add(held);
    return held;
  }

  private void move() {
    window.moveDue(clock.millis(), due);
  }

  @Test
  void moveDue_aMillisecondEarly_stays() {
    HeldTask held = add(100);
    clock.advanceMillis(99);
    move();
    assertThat(due).isEmpty();
    assertThat(window.nextDueMillis()).isEqualTo(held.dueMillis());

    clock.advanceMillis(1);
    move();

    assertThat(due).containsExactly(held);
    assertThat(window.nextDueMillis()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void moveDue_sameMillisecond_inTheOrderTheyCame() {
    HeldTask first = add(5);
    HeldTask later = add(6);
    HeldTask second = add(5);
    clock.advanceMillis(10);

    move();

    assertThat(due).containsExactly(first, second, later);
  }

  @Test
  void moveDue_clockSetBackAnHour_whatComesThenIsMovedInItsTime() {
    HeldTask before = add(1_000);
    move();
    clock.advanceMillis(-3_600_000);
    HeldTask after = add(10);
    move();
    assertThat(due).isEmpty();

    clock.advanceMillis(10);
    move();

    assertThat(due).containsExactly(after);
    assertThat(window.nextDueMillis()).isEqualTo(before.dueMillis());
  }

  @Test
  void moveDue_takenAwayMeanwhile_skipped() {
    HeldTask dropped = add(1);
    HeldTask kept = add(1);
    HeldTask lost = add(1);
    dropped.drop();
    lost.lose();
    clock.advanceMillis(1);

    move();

    assertThat(due).containsExactly(kept);
  }

  @Test
  void sweep_forgetsThoseTakenAwayAndNoOthers() {
    add(1).drop();
    HeldTask kept = add(2);
    add(2).drop();

    window.sweep();

    assertThat(window.nextDueMillis()).isEqualTo(kept.dueMillis());
    clock.advanceMillis(2);
    move();
    assertThat(due).containsExactly(kept);
  }

  @Test
  void moveDue_randomAddsTakesAndSteps_asASortedListWould() {
    long seed = Long.getLong("gatehouse.seed", System.nanoTime());
    System.out.println("WindowTest gatehouse.seed=" + seed);
    Random random = new Random(seed);
    List<HeldTask> model = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      switch (random.nextInt(8)) {
        case 0 -> clock.advanceMillis(random.nextInt(20));
        case 1 -> {
          if (!model.isEmpty()) {
            model.remove(random.nextInt(model.size())).drop();
          }
        }
        case 2 -> {
          long now = clock.millis();
          List<HeldTask> expected =
              model.stream()
                  .filter(held -> held.dueMillis() <= now)
                  .sorted(Comparator.comparingLong(HeldTask::dueMillis))
                  .toList();
          model.removeAll(expected);
          due.clear();
          move();
          assertThat(due).containsExactlyElementsOf(expected);
        }
        case 3 -> {
          if (random.nextInt(50) == 0) {
            window.sweep();
          }
        }
        default -> model.add(add(random.nextInt(200)));
      }
    }
  }

  @Test
  @Timeout(60)
  void add_fourThreadsWhileOneMoves_eachOnceAndNoneEarly() {
    Queue<HeldTask> moved = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> adding = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      HeldTasks own = new HeldTasks(clock);
      adding.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  window.add(own.dueIn(i % 7));
                }
              }));
    }
    CompletableFuture<Void> added =
        CompletableFuture.allOf(adding.toArray(new CompletableFuture<?>[0]));
    Set<HeldTask> seen = ConcurrentHashMap.newKeySet();
    boolean last;
    do {
      last = added.isDone();
      long now = clock.millis();
      window.moveDue(now, moved);
      for (HeldTask held = moved.poll(); held != null; held = moved.poll()) {
        assertThat(held.dueMillis()).isLessThanOrEqualTo(now);
        assertThat(seen.add(held)).isTrue();
      }
      clock.advanceMillis(1);
    } while (!last || window.nextDueMillis() != Long.MAX_VALUE);

    assertThat(seen).hasSize(20_000);
  }
}
