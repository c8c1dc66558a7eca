package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.TaskSamples.due;
import static dev.gatehouse.testing.contract.TaskSamples.ids;
import static dev.gatehouse.testing.contract.TaskSamples.numbered;
import static dev.gatehouse.testing.contract.TaskSamples.prioritized;
import static dev.gatehouse.testing.contract.TaskSamples.retry;
import static dev.gatehouse.testing.contract.TaskSamples.row;
import static dev.gatehouse.testing.contract.TaskSamples.rows;
import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.scheduler.Asked;
import dev.gatehouse.scheduler.ClaimedTask;
import dev.gatehouse.scheduler.Exclusion;
import dev.gatehouse.scheduler.LeasedTask;
import dev.gatehouse.scheduler.Priority;
import dev.gatehouse.scheduler.TaskRow;
import dev.gatehouse.scheduler.TaskStatus;
import dev.gatehouse.scheduler.TaskStore;
import dev.gatehouse.scheduler.TaskStore.Reach;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The rules of {@link dev.gatehouse.scheduler.TaskStore} on claims. */
public abstract class TaskClaimContract extends TaskContract {
  /** A contract of task stores. */
  protected TaskClaimContract() {}

  @Test
  void TASK3_claim_earliestFirst_upToLimitAndDueTime() {
    tasks().insert(List.of(due(5, 30), due(4, 10), due(3, 20), due(2, 20), due(1, 31)));
    int node = join();
    assertThat(ids(tasks().claim(node, now() + 30, 3))).containsExactly(4L, 2L, 3L);
    assertThat(tasks().earliestDue()).hasValue(now() + 30);
    assertThat(ids(tasks().claim(node, now() + 30, 3))).containsExactly(5L);
    assertThat(tasks().claim(node, now() + 30, 3)).isEmpty();
    assertThat(tasks().earliestDue()).hasValue(now() + 31);
    assertThat(ids(tasks().claim(node, now() + 31, 3))).containsExactly(1L);
    assertThat(tasks().earliestDue()).isEmpty();
  }

  @Test
  void TASK3_claim_earlierTaskAfterLaterOneWasClaimed_isFound() {
    int node = join();
    tasks().insert(List.of(due(1, 20)));
    tasks().claim(node, FOREVER, 1);
    tasks().insert(List.of(due(2, 10)));
    assertThat(ids(tasks().claim(node, FOREVER, 1))).containsExactly(2L);
  }

  @Test
  void TASK3_claim_again_addsOneToFenceAndAttempt() {
    tasks().insert(List.of(row(1)));
    int node = join();
    ClaimedTask first = claimOne(node);
    assertThat(List.of(first.attempt(), first.fence(), first.crashes())).containsExactly(1, 1L, 0);
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
    tasks().settle(node, List.of(retry(first, now() + 5)), now());
    ClaimedTask second = claimOne(node);
    assertThat(List.of(second.attempt(), second.fence())).containsExactly(2, 2L);
    assertThat(second.dueMillis()).isEqualTo(now() + 5);
  }

  @Test
  void TASK3_claim_twoNodes_oneWins() {
    tasks().insert(List.of(row(1)));
    int other = join();
    assertThat(tasks().claim(join(), FOREVER, 1)).hasSize(1);
    assertThat(tasks().claim(other, FOREVER, 1)).isEmpty();
  }

  @Test
  void TASK3_claim_eightThreads_noTaskTwice() {
    int count = 5_000;
    tasks().insert(rows(count));
    List<List<Long>> claimed =
        together(
            8,
            thread -> {
              int node = join();
              List<Long> mine = new ArrayList<>();
              while (tasks().earliestDue().isPresent()) {
                mine.addAll(ids(tasks().claim(node, FOREVER, 100)));
              }
              return mine;
            });
    List<Long> all = claimed.stream().flatMap(List::stream).toList();
    assertThat(all).hasSize(count).doesNotHaveDuplicates();
  }

  @Test
  void TASK3_claim_limitOutOfRange_isRefused() {
    int node = join();
    for (int limit : new int[] {0, TaskStore.MAX_BATCH + 1}) {
      assertThatThrownBy(() -> tasks().claim(node, FOREVER, limit))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("limit must be in 1..5000, was " + limit);
    }
  }

  @Test
  void TASK4_claim_leaseLostOrLeftOrNeverGiven_claimsNothing() {
    tasks().insert(List.of(row(1)));
    int left = join();
    tasks().leave(left, "boot");
    assertThat(tasks().claim(left, FOREVER, 1)).isEmpty();
    int lost = join();
    clock.advance(LEASE);
    assertThat(tasks().claim(lost, FOREVER, 1)).isEmpty();
    assertThat(tasks().claim(lost + 1, FOREVER, 1)).isEmpty();
    assertThat(tasks().claim(join(), FOREVER, 1)).hasSize(1);
  }

  @Test
  void TASK4_claim_markedAsLostAndClockSetBack_claimsNothing() {
    tasks().insert(List.of(row(1)));
    int lost = join();
    clock.advance(LEASE);
    tasks().recover(3, now(), 1);
    clock.advance(LEASE.negated());
    assertThat(tasks().claim(lost, FOREVER, 1)).isEmpty();
  }

  @Test
  void TASK3_claim_ofMany_eachPriorityHasItsShare() {
    List<TaskRow> rows = new ArrayList<>();
    for (long id = 1; id <= 1_500; id++) {
      rows.add(prioritized(id, Priority.of((int) (id / 500.001))));
    }
    tasks().insert(rows);
    Map<Priority, Long> taken =
        tasks().claim(join(), FOREVER, 500).stream()
            .collect(Collectors.groupingBy(task -> task.row().priority(), Collectors.counting()));
    assertThat(taken.get(Priority.URGENT)).isBetween(250L, 350L);
    assertThat(taken.get(Priority.NORMAL)).isBetween(100L, 200L);
    assertThat(taken.get(Priority.BULK)).isBetween(25L, 100L);
    assertThat(taken.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(500);
  }

  /** A node whose handlers are slow claims few at a time, and urgent tasks come later than bulk. */
  @Test
  void TASK3_claim_ofTwentyAgainAndAgain_eachPriorityHasItsShare() {
    List<TaskRow> rows = new ArrayList<>();
    for (long id = 1; id <= 600; id++) {
      rows.add(prioritized(id, Priority.of(2 - (int) (id / 200.001))));
    }
    tasks().insert(rows);
    int node = join();
    Map<Priority, Integer> taken = new EnumMap<>(Priority.class);
    for (int i = 0; i < 10; i++) {
      List<ClaimedTask> claimed = tasks().claim(node, FOREVER, 20);
      assertThat(claimed).hasSize(20);
      claimed.forEach(task -> taken.merge(task.row().priority(), 1, Integer::sum));
      assertThat(taken.get(Priority.URGENT)).isGreaterThanOrEqualTo(8 * (i + 1));
    }
    assertThat(taken.get(Priority.URGENT)).isBetween(90, 150);
    assertThat(taken.get(Priority.NORMAL)).isBetween(30, 90);
    assertThat(taken.get(Priority.BULK)).isBetween(8, 40);
  }

  @Test
  void TASK3_claim_ofMany_leftBySomePriorities_goesToTheOthers() {
    List<TaskRow> rows = new ArrayList<>();
    for (long id = 1; id <= 200; id++) {
      rows.add(prioritized(id, id <= 10 ? Priority.URGENT : Priority.BULK));
    }
    tasks().insert(rows);
    assertThat(tasks().claim(join(), FOREVER, 150)).hasSize(150);
  }

  @Test
  void TASK3_claim_dueLaterThanAMinuteAfterTheLease_isLeft() {
    long last = LEASE.plus(TaskStore.MAX_AHEAD).toMillis();
    tasks().insert(List.of(due(1, last), due(2, last + 1)));
    int node = join();
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(1L);
    assertThat(tasks().claim(node, FOREVER, 100)).isEmpty();
    clock.advance(Duration.ofMillis(1));
    tasks().renew(node, "boot", LEASE);
    assertThat(ids(tasks().claim(node, FOREVER, 10))).containsExactly(2L);
  }

  @Test
  void TASK3_claim_onward_findsWhatIsDueLater_andAllFindsTheRest() {
    int node = join();
    List<TaskRow> later = LongStream.rangeClosed(1, 100).mapToObj(id -> due(id, 20)).toList();
    tasks().insert(later);
    assertThat(tasks().claim(node, Reach.ONWARD, Exclusion.NONE, FOREVER, 100)).hasSize(100);
    tasks().insert(List.of(due(101, 10), due(102, 30)));
    assertThat(ids(tasks().claim(node, Reach.ONWARD, Exclusion.NONE, FOREVER, 100))).contains(102L);
    tasks().claim(node, FOREVER, 100);
    assertThat(tasks().earliestDue()).isEmpty();
  }

  private static TaskRow of(long id, long applicationId, String kind, long inMillis) {
    long at = START.toEpochMilli();
    return new TaskRow(id, applicationId, kind, null, "", "{}", 1, "linear:0:0", at, at + inMillis);
  }

  private static Exclusion kinds(String... kinds) {
    return new Exclusion(Set.of(kinds), Set.of(), Long.MIN_VALUE);
  }

  private static Exclusion applications(Long... ids) {
    return new Exclusion(Set.of(), Set.of(ids), Long.MIN_VALUE);
  }

  private List<Long> claimWithout(Exclusion exclusion, int limit) {
    return ids(tasks().claim(join(), Reach.ALL, exclusion, FOREVER, limit));
  }

  @Test
  void TASK27_claim_kindsPassedOver_takesTheRestInOrderAndLeavesThem() {
    tasks().insert(List.of(of(1, 0, "a", 0), of(2, 0, "b", 1), of(3, 0, "A", 2), of(4, 0, "c", 3)));
    assertThat(tasks().earliestDue(kinds("a"))).hasValue(now() + 1);
    assertThat(tasks().earliestDue(kinds("a", "b", "c", "A"))).isEmpty();
    assertThat(claimWithout(kinds("a", "c"), 1)).containsExactly(2L);
    assertThat(claimWithout(kinds("a", "c"), 100)).containsExactly(3L);
    assertThat(claimWithout(kinds("a", "c"), 100)).isEmpty();
    assertThat(List.of(state(1).status(), state(4).status())).containsOnly(TaskStatus.WAITING);
    assertThat(List.of(state(1).attempt(), state(1).dueMillis())).containsExactly(0, now());
    assertThat(claimWithout(Exclusion.NONE, 100)).containsExactly(1L, 4L);
  }

  @Test
  void TASK27_claim_kindsOfQuotesAndOtherLetters_areTakenAsTheyAre() {
    List<String> odd = List.of("it's", "{a,b}", "\"", "\\", "%", "Größe", "NULL", "😀");
    List<TaskRow> rows = new ArrayList<>();
    odd.forEach(kind -> rows.add(of(rows.size() + 1, 0, kind, 0)));
    tasks().insert(rows);
    assertThat(claimWithout(new Exclusion(Set.copyOf(odd), Set.of(), Long.MIN_VALUE), 100))
        .isEmpty();
    for (int i = 0; i < odd.size(); i++) {
      List<String> others = new ArrayList<>(odd);
      others.remove(i);
      Exclusion exclusion = new Exclusion(Set.copyOf(others), Set.of(), Long.MIN_VALUE);
      assertThat(claimWithout(exclusion, 100)).as(odd.get(i)).containsExactly(i + 1L);
    }
  }

  @Test
  void TASK27_claim_applicationsPassedOver_takesTheRest() {
    tasks().insert(List.of(of(1, 0, "a", 0), of(2, 7, "a", 1), of(3, 8, "a", 2), of(4, 7, "b", 3)));
    assertThat(tasks().earliestDue(applications(0L))).hasValue(now() + 1);
    assertThat(claimWithout(applications(0L, 7L), 1)).containsExactly(3L);
    assertThat(claimWithout(applications(0L, 7L), 100)).isEmpty();
    Exclusion both = new Exclusion(Set.of("b"), Set.of(0L), Long.MIN_VALUE);
    assertThat(claimWithout(both, 100)).containsExactly(2L);
    assertThat(claimWithout(applications(0L), 100)).containsExactly(4L);
    assertThat(tasks().earliestDue()).hasValue(now());
  }

  @Test
  void TASK27_claim_ofMostKindsAndApplications_findsTheOneBehindMany() {
    Set<String> kinds = new HashSet<>();
    Set<Long> applications = new HashSet<>();
    List<TaskRow> rows = new ArrayList<>();
    for (long i = 1; i <= Exclusion.MAX_APPLICATIONS; i++) {
      applications.add(i);
      String kind = "kind-" + i % Exclusion.MAX_KINDS;
      kinds.add(kind);
      rows.add(of(i, i, "other", 0));
      rows.add(of(1_000 + i, 1_000, kind, 0));
    }
    rows.add(of(5_000, 1_000, "other", 5));
    tasks().insert(rows);
    Exclusion exclusion = new Exclusion(kinds, applications, Long.MIN_VALUE);
    assertThat(tasks().earliestDue(exclusion)).hasValue(now() + 5);
    assertThat(claimWithout(exclusion, 100)).containsExactly(5_000L);
    assertThat(claimWithout(exclusion, 1)).isEmpty();
  }

  @Test
  void TASK27_claim_earlierPassedOver_takesWhatIsDueFromThen() {
    tasks().insert(List.of(due(1, 10), due(2, 20), due(3, 20), due(4, 30)));
    Exclusion earlier = new Exclusion(Set.of(), Set.of(), now() + 20);
    assertThat(tasks().earliestDue(earlier)).hasValue(now() + 20);
    assertThat(claimWithout(earlier, 1)).containsExactly(2L);
    assertThat(claimWithout(earlier, 100)).containsExactly(3L, 4L);
    assertThat(tasks().earliestDue(earlier)).isEmpty();
    assertThat(claimWithout(Exclusion.NONE, 100)).containsExactly(1L);
    Exclusion all = new Exclusion(Set.of(), Set.of(), Long.MAX_VALUE);
    assertThat(claimWithout(all, 100)).isEmpty();
  }

  @Test
  void TASK27_claim_beside_leavesWhereOnwardGoesOn() {
    int node = join();
    tasks().insert(LongStream.rangeClosed(1, 100).mapToObj(id -> of(id, 7, "a", id)).toList());
    assertThat(tasks().claim(node, FOREVER, 64)).hasSize(64);
    tasks().insert(List.of(of(200, 8, "a", 90)));
    Exclusion exclusion = applications(7L);
    assertThat(ids(tasks().claim(node, Reach.BESIDE, exclusion, FOREVER, 64)))
        .containsExactly(200L);
    assertThat(tasks().claim(node, Reach.ONWARD, Exclusion.NONE, FOREVER, 100)).hasSize(36);
  }

  @Test
  void TASK23_insertHeld_isTheNodesAsIfClaimed() {
    int node = join();
    List<TaskRow> rows = List.of(due(1, 0), due(2, 20));
    assertThat(tasks().insertHeld(node, rows)).containsExactly(1L, 2L);
    assertThat(tasks().claim(join(), FOREVER, 10)).isEmpty();
    assertThat(tasks().earliestDue()).isEmpty();
    assertThat(tasks().leased(node, FOREVER, 10))
        .containsExactly(new LeasedTask(1, 1, Asked.NOTHING), new LeasedTask(2, 1, Asked.NOTHING));
    assertThat(state(1).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(state(1).attempt()).isEqualTo(1);
    ClaimedTask held = new ClaimedTask(rows.get(0), now(), 1, 0, 1);
    assertThat(tasks().settle(node, List.of(retry(held, now() + 5)), now())).hasSize(1);
    ClaimedTask second = claimOne(node);
    assertThat(List.of(second.attempt(), second.fence())).containsExactly(2, 2L);
  }

  @Test
  void TASK23_insertHeld_numberTaken_theOtherStaysAsItWas() {
    tasks().insert(List.of(numbered(1, 7, "A")));
    int node = join();
    assertThat(tasks().insertHeld(node, List.of(numbered(2, 7, "A"), numbered(3, 7, "B"))))
        .containsExactly(1L, 3L);
    assertThat(state(1).status()).isEqualTo(TaskStatus.WAITING);
    assertThat(state(3).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(tasks().find(ANYONE, 2)).isEmpty();
  }

  @Test
  void TASK23_insertHeld_byNodeThatLeft_isRecovered() {
    int node = join();
    tasks().leave(node, "boot");
    tasks().insertHeld(node, List.of(row(1)));
    join();
    assertThat(tasks().recover(3, now(), 10)).hasSize(1);
    assertThat(state(1).status()).isEqualTo(TaskStatus.WAITING);
  }

  @Test
  void TASK23_insertHeld_rolledBack_leavesNothing() {
    int node = join();
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          tasks().joining(transaction).insertHeld(node, List.of(row(1)));
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");
    assertThat(tasks().find(ANYONE, 1)).isEmpty();
    assertThat(tasks().leased(node, FOREVER, 10)).isEmpty();
  }
}
