package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.fail;
import static dev.gatehouse.testing.contract.TaskSamples.finish;
import static dev.gatehouse.testing.contract.TaskSamples.forget;
import static dev.gatehouse.testing.contract.TaskSamples.park;
import static dev.gatehouse.testing.contract.TaskSamples.retry;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.GateStore.GatePage;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.TaskPage;
import dev.gatehouse.scheduler.GateStore.Turn;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.Settlement;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** The rules of {@link GateStore} on what somebody left behind, and on purges. */
public abstract class GateSweepContract extends TaskContract {
  static final int THREADS = 8;
  static final int ROUNDS = 20;

  /** A contract of a store. */
  protected GateSweepContract() {}

  /** The store under test. */
  protected final GateStore gates() {
    return tasks().gates();
  }

  static Place waiting(String gate, long task, long millis) {
    return new Place(gate, task, millis, 1, false);
  }

  static Place holding(String gate, long task) {
    return new Place(gate, task, 0, 1, true);
  }

  Map<String, Long> lock(Collection<String> names) {
    return storage().call(transaction -> gates().joining(transaction).lock(names));
  }

  void whileLocked(
      Collection<String> names,
      AtomicInteger again,
      BiConsumer<GateStore, Map<String, Long>> work) {
    new LockedGates(storage(), gates()).run(names, again, work);
  }

  static List<Long> tasks(List<Place> places) {
    return places.stream().map(Place::taskId).toList();
  }

  /** Those of all pages of so many tasks. */
  private List<Place> left(long nowMillis, int limit) {
    TaskPage page = gates().left(nowMillis, 0, limit);
    List<Place> left = new ArrayList<>(page.left());
    while (page.last() != 0) {
      page = gates().left(nowMillis, page.last(), limit);
      left.addAll(page.left());
    }
    return left;
  }

  /** Those of all pages of so many gates. */
  private List<String> stalled(long nowMillis, int limit) {
    GatePage page = gates().stalled(nowMillis, "", limit);
    List<String> stalled = new ArrayList<>(page.stalled());
    while (!page.last().isEmpty()) {
      page = gates().stalled(nowMillis, page.last(), limit);
      stalled.addAll(page.stalled());
    }
    return stalled;
  }

  @Test
  final void GATE6_left_onlyOfFinalAndGone() {
    tasks().insert(rows(9));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 6);
    tasks()
        .settle(
            node,
            List.of(
                finish(claimed.get(0), null),
                fail(claimed.get(1)),
                forget(claimed.get(2)),
                retry(claimed.get(3), now()),
                park(claimed.get(4))),
            now());
    tasks().pause(ANYONE, 7);
    tasks().cancel(ANYONE, 8, now());
    for (long id = 1; id <= 10; id++) {
      gates().add(List.of(waiting("a", id, id), waiting("b", id, 0)));
    }

    assertThat(tasks(left(now() - 1, 100)))
        .containsExactlyInAnyOrder(1L, 1L, 2L, 2L, 3L, 3L, 8L, 8L, 10L, 10L);
    assertThat(left(now(), 100)).contains(waiting("a", 8, 8), waiting("b", 8, 0));
    assertThat(tasks(left(now(), 3)))
        .containsExactlyInAnyOrder(1L, 1L, 2L, 2L, 3L, 3L, 8L, 8L, 10L, 10L);
    TaskPage page = gates().left(now(), 7, 2);
    assertThat(page.last()).isEqualTo(9);
    assertThat(tasks(page.left())).containsExactlyInAnyOrder(8L, 8L);
    tasks().requeue(ANYONE, 2, now(), false);
    purge(FOREVER, 10);
    assertThat(new HashSet<>(tasks(left(now(), 100)))).containsExactlyInAnyOrder(1L, 3L, 8L, 10L);
  }

  @Test
  final void GATE6_left_heldByPausedOrDueLater_notByOthers() {
    tasks().insert(rows(6));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
    tasks()
        .settle(
            node,
            List.of(
                retry(claimed.get(0), now() + 1),
                retry(claimed.get(1), now() + 2),
                park(claimed.get(2))),
            now());
    tasks().pause(ANYONE, 5);
    for (long id = 1; id <= 6; id++) {
      gates().add(List.of(waiting("a", id, id), holding("b", id)));
    }

    assertThat(left(now() + 1, 100)).containsExactlyInAnyOrder(holding("b", 2), holding("b", 5));
    assertThat(tasks(left(now(), 100))).containsExactlyInAnyOrder(1L, 2L, 5L);
    tasks().pause(ANYONE, 3);
    tasks().pause(ANYONE, 4);
    assertThat(tasks(left(now(), 100))).containsExactlyInAnyOrder(1L, 2L, 3L, 5L);
  }

  @Test
  final void GATE6_stalled_heldByTasksThatAreGone_areFoundAtGatesThatWereLocked() {
    tasks().insert(rows(2));
    tasks().pause(ANYONE, 2);
    lock(List.of("a", "b", "d"));
    gates()
        .add(
            List.of(
                holding("a", 1),
                holding("a", 2),
                holding("b", 7),
                waiting("b", 8, 0),
                holding("c", 9)));

    assertThat(gates().stalled(now(), "", 10).left())
        .containsExactlyInAnyOrder(holding("a", 2), holding("b", 7));
    GatePage page = gates().stalled(now(), "a", 2);
    assertThat(page.left()).containsExactly(holding("b", 7));
    assertThat(page.last()).isEqualTo("d");
    assertThat(gates().stalled(now(), "d", 2)).isEqualTo(new GatePage(List.of(), List.of(), ""));
  }

  @Test
  final void GATE9_stalled_onlyWhereAParkedTaskMayBeLetIn() {
    tasks().insert(rows(5));
    int node = join();
    List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 4);
    List<Settlement> parked = new ArrayList<>();
    claimed.subList(0, 3).forEach(task -> parked.add(park(task)));
    tasks().settle(node, parked, now());
    gates()
        .add(
            List.of(
                waiting("room", 1, 0),
                waiting("full", 1, 0),
                holding("full", 4),
                new Place("half", 2, 0, 2, false),
                new Place("half", 4, 0, 2, true),
                waiting("leased", 4, 0),
                waiting("leased", 3, 1),
                waiting("ready", 5, 0),
                holding("held", 1),
                waiting("behind", 5, 0),
                waiting("behind", 3, 1)));

    assertThat(stalled(now(), 100)).isEmpty();
    lock(List.of("room", "full", "half", "leased", "ready", "held", "behind"));

    assertThat(stalled(now(), 100)).containsExactlyInAnyOrder("room", "half");
    assertThat(stalled(now() - 1, 100)).containsExactlyInAnyOrder("room", "half", "behind");
    assertThat(stalled(now() - 1, 2)).containsExactlyInAnyOrder("room", "half", "behind");
    tasks().pause(ANYONE, 5);
    assertThat(stalled(now(), 100)).containsExactlyInAnyOrder("room", "half", "behind");
    gates().hold(List.of(waiting("room", 1, 0)));
    tasks().pause(ANYONE, 3);
    tasks().cancel(ANYONE, 2, now());
    assertThat(stalled(now(), 100)).isEmpty();
  }

  @Test
  final void GATE9_stalled_firstIsGone_whoIsParkedBehindIsFound() {
    tasks().insert(rows(2));
    int node = join();
    List<Settlement> parked = new ArrayList<>();
    tasks().claim(node, FOREVER, 2).forEach(task -> parked.add(park(task)));
    tasks().settle(node, parked, now());
    lock(List.of("behind", "later", "alone"));
    gates()
        .add(
            List.of(
                waiting("behind", 9, 0),
                new Place("behind", 1, now(), 1, false, Priority.BULK),
                waiting("later", 9, 0),
                waiting("later", 2, now() + 1),
                waiting("alone", 9, 0)));

    assertThat(stalled(now(), 100)).containsExactly("behind");
    assertThat(stalled(now() + 1, 100)).containsExactlyInAnyOrder("behind", "later");
  }

  @Test
  final void GATE10_handOn_onlyFromWhoHoldsItAloneToWhoWaitsFirst() {
    lock(List.of("next", "second", "free", "two", "waits", "alone"));
    gates()
        .add(
            List.of(
                holding("next", 1),
                waiting("next", 2, 0),
                waiting("next", 3, 1),
                holding("second", 1),
                waiting("second", 2, 1),
                waiting("second", 3, 0),
                waiting("free", 2, 0),
                holding("two", 1),
                holding("two", 4),
                waiting("two", 2, 0),
                holding("waits", 4),
                waiting("waits", 2, 0),
                waiting("waits", 1, 1),
                holding("alone", 1)));
    List<Place> before = gates().ofTasks(List.of(1L, 2L, 3L, 4L));
    List<Turn> turns = new ArrayList<>();
    for (String gate : List.of("next", "second", "free", "two", "waits", "alone", "unknown")) {
      turns.add(new Turn(gate, 1, 2));
    }

    assertThat(handOn(turns)).containsExactly(new Turn("next", 1, 2));

    List<Place> after = new ArrayList<>(before);
    after.removeAll(List.of(holding("next", 1), waiting("next", 2, 0)));
    after.add(holding("next", 2));
    assertThat(gates().ofTasks(List.of(1L, 2L, 3L, 4L))).containsExactlyInAnyOrderElementsOf(after);
    assertThat(handOn(List.of(new Turn("next", 1, 2)))).isEmpty();
    assertThat(handOn(List.of(new Turn("next", 2, 3), new Turn("second", 1, 3)))).hasSize(2);
    assertThat(gates().ofTasks(List.of(3L)))
        .containsExactlyInAnyOrder(
            new Place("next", 3, 1, 1, true), new Place("second", 3, 0, 1, true));
  }

  private List<Turn> handOn(List<Turn> turns) {
    return storage().call(transaction -> gates().joining(transaction).handOn(turns));
  }

  @Test
  final void GATE10_handOn_mostAtOnce_allCount() {
    List<Place> places = new ArrayList<>();
    List<Turn> turns = new ArrayList<>();
    for (int i = 0; i < TaskStore.MAX_BATCH / 2; i++) {
      String gate = "gate '" + i + "' \u5b57";
      places.add(holding(gate, 1));
      places.add(waiting(gate, 2, 0));
      turns.add(new Turn(gate, 1, 2));
    }
    gates().add(places);
    lock(turns.stream().map(Turn::gate).toList());

    assertThat(handOn(turns)).containsExactlyInAnyOrderElementsOf(turns);
    assertThat(gates().ofTasks(List.of(1L, 2L))).hasSize(turns.size()).allMatch(Place::holds);
  }

  @Test
  final void GATE7_purge_onlyPastOnesWithoutPlaces() {
    lock(List.of("never", "past", "now", "held", "awaited"));
    gates().setNext("past", 9);
    gates().setNext("now", 10);
    gates().add(List.of(holding("held", 1), waiting("awaited", 2, 0)));

    assertThat(gates().purge(10, 100)).isEqualTo(2);
    assertThat(gates().purge(10, 100)).isZero();

    assertThat(lock(List.of("past", "now"))).containsEntry("past", 0L).containsEntry("now", 10L);
    gates().remove(List.of(holding("held", 1)));
    assertThat(gates().purge(10, 100)).isEqualTo(2);
    assertThat(gates().purge(11, 100)).isEqualTo(1);
  }

  @Test
  final void GATE7_purge_moreThanTheLimit_theRestLater() {
    lock(List.of("a", "b", "c"));

    assertThat(gates().purge(1, 2)).isEqualTo(2);
    assertThat(gates().purge(1, 2)).isEqualTo(1);
  }

  @Test
  final void GATE7_purge_whileOthersLockAndCount_nothingIsForgotten() {
    List<String> names = List.of("a", "b", "c");
    together(
        THREADS,
        thread -> {
          for (int round = 0; round < ROUNDS; round++) {
            if (thread == 1) {
              gates().purge(1, 10);
            } else {
              whileLocked(
                  names,
                  new AtomicInteger(),
                  (joined, locked) ->
                      locked.forEach((name, next) -> joined.setNext(name, next + 1)));
            }
          }
          return thread;
        });

    assertThat(lock(names).values()).containsOnly((THREADS - 1L) * ROUNDS);
  }
}
