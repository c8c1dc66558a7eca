package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.GateStore;
import dev.gatehouse.scheduler.GateStore.Place;
import dev.gatehouse.scheduler.GateStore.Standing;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link GateStore}. Not safe: confine to one thread.
 *
 * @see GateStore
 */
public abstract class GateStoreContract extends GateSweepContract {
  /** Names that a database's collation, or a careless statement, may take for one another. */
  private static final List<String> ALIKE =
      List.of(
          "key",
          "KEY",
          "key ",
          " key",
          "k\u00e9y",
          "ke\u0301y",
          "'key'",
          "\"key\"",
          "%",
          "\ud83d\ude00");

  /** A contract of a store. */
  protected GateStoreContract() {}

  private Standing standing(String gate) {
    return storage()
        .call(
            transaction -> {
              GateStore joined = gates().joining(transaction);
              joined.lock(List.of(gate));
              return joined.standing(List.of(gate)).getOrDefault(gate, new Standing(0, 0));
            });
  }

  @Test
  final void GATE1_lock_unknownAndKnown_eachWithItsNextTime() {
    assertThat(lock(List.of("b", "a", "b"))).containsOnly(Map.entry("a", 0L), Map.entry("b", 0L));
    gates().setNext("a", Long.MAX_VALUE);

    assertThat(lock(Set.of("a", "c")))
        .containsOnly(Map.entry("a", Long.MAX_VALUE), Map.entry("c", 0L));
  }

  @Test
  final void GATE1_lock_namesThatLookAlike_areDifferentGates() {
    List<String> names = new ArrayList<>(ALIKE);
    names.add("\u5b57".repeat(160));
    lock(names);
    for (int i = 0; i < names.size(); i++) {
      gates().setNext(names.get(i), i + 1);
      gates().add(List.of(holding(names.get(i), i + 1)));
    }

    Map<String, Long> locked = lock(names);

    for (int i = 0; i < names.size(); i++) {
      assertThat(locked).containsEntry(names.get(i), i + 1L);
      assertThat(standing(names.get(i))).isEqualTo(new Standing(1, 0));
      assertThat(gates().ofTasks(List.of(i + 1L))).containsExactly(holding(names.get(i), i + 1));
    }
  }

  @Test
  final void GATE1_lock_manyAtOnceInWhateverOrder_oneAfterTheOther() {
    List<String> names = List.of("a", "B", "c", "\u0130", "i", "I");
    lock(names);
    AtomicInteger again = new AtomicInteger();

    countTogether(names, again);

    assertThat(lock(names).values()).containsOnly((long) THREADS * ROUNDS);
    assertThat(again).hasValue(0);
  }

  @Test
  final void GATE1_lock_manyAtOnceThatMakeThem_oneAfterTheOther() {
    List<String> names = List.of("a", "B", "c", "\u0130", "i", "I");
    countTogether(names, new AtomicInteger());

    assertThat(lock(names).values()).containsOnly((long) THREADS * ROUNDS);
  }

  private void countTogether(List<String> names, AtomicInteger again) {
    together(
        THREADS,
        thread -> {
          Random random = new Random(thread);
          for (int round = 0; round < ROUNDS; round++) {
            List<String> shuffled = new ArrayList<>(names);
            Collections.shuffle(shuffled, random);
            whileLocked(
                shuffled,
                again,
                (joined, locked) -> locked.forEach((name, next) -> joined.setNext(name, next + 1)));
          }
          return thread;
        });
  }

  @Test
  final void GATE1_lock_tooFewTooManyOrTooLong_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> lock(List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lock(Collections.nCopies(TaskStore.MAX_BATCH + 1, "a")));
    assertThatIllegalArgumentException().isThrownBy(() -> lock(List.of("")));
    assertThatIllegalArgumentException().isThrownBy(() -> lock(List.of("a".repeat(161))));
    assertThatIllegalArgumentException().isThrownBy(() -> holding("a".repeat(161), 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Place("a", 1, 0, 1_001, true));
  }

  @Test
  final void GATE2_standing_manyLockAndTakeAtOnce_noMoreThanEachCounted() {
    lock(List.of("a"));

    together(
        THREADS,
        thread -> {
          whileLocked(
              List.of("a"),
              new AtomicInteger(),
              (joined, locked) -> {
                Standing now = joined.standing(List.of("a")).get("a");
                boolean room = now == null || now.holding() < 3;
                joined.add(List.of(new Place("a", thread, thread, 3, room)));
              });
          return thread;
        });

    assertThat(standing("a").holding()).isEqualTo(3);
    assertThat(gates().waiting("a", 10)).hasSize(THREADS - 3);
  }

  @Test
  final void GATE2_standing_severalGates_eachItsOwn() {
    lock(List.of("a", "b", "c"));
    gates().add(List.of(holding("a", 1), holding("a", 2), waiting("a", 3, 9), waiting("b", 4, 9)));

    Map<String, Standing> standing =
        storage()
            .call(
                transaction -> {
                  GateStore joined = gates().joining(transaction);
                  joined.lock(List.of("a", "b", "c"));
                  return joined.standing(List.of("a", "b", "c"));
                });

    assertThat(standing)
        .containsOnly(
            Map.entry("a", new Standing(2, 3)),
            Map.entry("b", new Standing(0, 4)),
            Map.entry("c", new Standing(0, 0)));
  }

  @Test
  final void GATE3_add_again_changesNothing() {
    Place first = new Place("a", 1, 5, 2, false);
    gates().add(List.of(first, new Place("a", 1, 4, 3, true)));
    gates().add(List.of(new Place("a", 1, 6, 4, true), waiting("b", 1, 7)));

    assertThat(gates().ofTasks(List.of(1L))).containsExactlyInAnyOrder(first, waiting("b", 1, 7));
  }

  @Test
  final void GATE3_add_oneByManyAtOnce_isThereOnce() {
    for (long task = 1; task <= ROUNDS; task++) {
      long mine = task;
      together(
          4,
          thread -> {
            storage()
                .run(
                    transaction ->
                        gates()
                            .joining(transaction)
                            .add(List.of(waiting("a", mine, 1), waiting("b", mine, thread))));
            return thread;
          });
    }

    List<Long> all = LongStream.rangeClosed(1, ROUNDS).boxed().toList();
    assertThat(gates().ofTasks(all)).hasSize(2 * ROUNDS);
  }

  @Test
  final void GATE3_hold_onlyWhatIsThere_keepsItsOrder() {
    gates().add(List.of(new Place("a", 1, 5, 2, false), waiting("a", 2, 6)));
    gates().hold(List.of(holding("a", 1), holding("b", 1), holding("a", 3)));

    assertThat(gates().ofTasks(List.of(1L, 2L, 3L, 1L)))
        .containsExactlyInAnyOrder(new Place("a", 1, 5, 2, true), waiting("a", 2, 6));
    assertThat(standing("a")).isEqualTo(new Standing(1, 2));
  }

  @Test
  final void GATE3_remove_onlyGateAndTaskCount() {
    gates().add(List.of(waiting("a", 1, 5), waiting("b", 1, 6), holding("a", 2)));
    gates().remove(List.of(holding("a", 1), waiting("c", 1, 6), waiting("b", 2, 0)));

    assertThat(gates().ofTasks(List.of(1L, 2L)))
        .containsExactlyInAnyOrder(waiting("b", 1, 6), holding("a", 2));
  }

  @Test
  final void GATE3_mostPlacesInOneCall_allCount() {
    List<Place> places =
        LongStream.rangeClosed(1, TaskStore.MAX_BATCH)
            .mapToObj(task -> waiting("a", task, task))
            .toList();
    gates().add(places);
    assertThat(gates().waiting("a", TaskStore.MAX_BATCH)).isEqualTo(places);
    gates().hold(places);
    assertThat(standing("a")).isEqualTo(new Standing(TaskStore.MAX_BATCH, 0));
    assertThat(gates().left(0, 0, TaskStore.MAX_BATCH).left()).hasSize(TaskStore.MAX_BATCH);
    gates().remove(places);
    assertThat(gates().ofTasks(places.stream().map(Place::taskId).toList())).isEmpty();
  }

  @Test
  final void GATE3_noPlacesOrTooMany_areRefused() {
    List<Place> many = Collections.nCopies(TaskStore.MAX_BATCH + 1, holding("a", 1));
    for (List<Place> places : List.of(List.<Place>of(), many)) {
      assertThatIllegalArgumentException().isThrownBy(() -> gates().add(places));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().hold(places));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().remove(places));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().ofTasks(tasks(places)));
    }
    for (int limit : List.of(0, TaskStore.MAX_BATCH + 1)) {
      assertThatIllegalArgumentException().isThrownBy(() -> gates().waiting("a", limit));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().left(0, 0, limit));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().stalled(0, "", limit));
      assertThatIllegalArgumentException().isThrownBy(() -> gates().purge(0, limit));
    }
  }

  @Test
  final void GATE5_waiting_someHoldOrWaitElsewhere_othersInOrder() {
    gates()
        .add(
            List.of(
                waiting("a", 7, 5),
                waiting("a", 3, 6),
                waiting("a", 9, -1),
                waiting("a", 2, 6),
                holding("a", 1),
                waiting("A", 4, 0),
                waiting("a ", 5, 0)));

    assertThat(tasks(gates().waiting("a", 10))).containsExactly(9L, 7L, 2L, 3L);
    assertThat(gates().waiting("a", 2)).containsExactly(waiting("a", 9, -1), waiting("a", 7, 5));
    assertThat(standing("a")).isEqualTo(new Standing(1, 9));
    assertThat(gates().waiting("b", 1)).isEmpty();
  }

  @Test
  final void GATE5_waiting_severalPriorities_soManyOfEach() {
    List<Place> places = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      for (long i = 1; i <= 3; i++) {
        long task = 10L * priority.code() + i;
        places.add(new Place("a", task, 9 - i - 3L * priority.code(), 1, false, priority));
      }
    }
    Collections.shuffle(places, new Random(5));
    gates().add(places);
    gates().hold(List.of(holding("a", 13)));

    assertThat(tasks(gates().waiting("a", 2))).containsExactly(3L, 2L, 12L, 11L, 23L, 22L);
    assertThat(tasks(gates().waiting("a", 9))).containsExactly(3L, 2L, 1L, 12L, 11L, 23L, 22L, 21L);
    assertThat(gates().waiting("a", 9)).allMatch(place -> places.contains(place));
    assertThat(standing("a")).isEqualTo(new Standing(1, 3));
    assertThat(gates().ofTasks(List.of(13L)).get(0).priority()).isEqualTo(Priority.NORMAL);
  }

  @Test
  final void GATE8_joined_commit_allVisible() {
    prepareForChanges();
    storage().run(transaction -> changeAll(gates().joining(transaction)));

    assertThat(gates().ofTasks(List.of(1L, 2L, 3L)))
        .containsExactlyInAnyOrder(holding("a", 1), waiting("a", 3, 3));
    assertThat(lock(List.of("a"))).containsEntry("a", 7L);
    assertThat(gates().purge(Long.MAX_VALUE, 10)).isEqualTo(1);
  }

  @Test
  final void GATE8_joined_rollback_nothingVisible() {
    prepareForChanges();
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          changeAll(gates().joining(transaction));
                          throw failure;
                        }))
        .isSameAs(failure);

    assertThat(gates().ofTasks(List.of(1L, 2L, 3L)))
        .containsExactlyInAnyOrder(waiting("a", 1, 0), waiting("a", 2, 2));
    assertThat(gates().purge(2, 10)).isEqualTo(1);
    assertThat(lock(List.of("a", "new"))).containsOnly(Map.entry("a", 1L), Map.entry("new", 0L));
  }

  private void prepareForChanges() {
    lock(List.of("a", "idle"));
    gates().setNext("a", 1);
    gates().add(List.of(waiting("a", 1, 0), waiting("a", 2, 2)));
  }

  private static void changeAll(GateStore joined) {
    joined.lock(List.of("a", "new"));
    joined.setNext("a", 7);
    joined.add(List.of(waiting("a", 3, 3)));
    joined.hold(List.of(waiting("a", 1, 0)));
    joined.remove(List.of(waiting("a", 2, 2)));
    joined.purge(1, 1);
    assertThat(tasks(joined.waiting("a", 10))).containsExactly(3L);
  }
}
