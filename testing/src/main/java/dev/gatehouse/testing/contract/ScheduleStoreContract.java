package dev.gatehouse.testing.contract;

import static dev.gatehouse.testing.contract.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.scheduler.ScheduleRow;
import dev.gatehouse.scheduler.ScheduleRow.Definition;
import dev.gatehouse.scheduler.ScheduleRow.Standing;
import dev.gatehouse.scheduler.ScheduleStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link ScheduleStore}. Not safe: confine to one thread.
 *
 * @see ScheduleStore
 */
public abstract class ScheduleStoreContract extends StoreContract {
  private static final long APPLICATION = 7;
  private static final int THREADS = 8;
  private static final Definition DEFINITION =
      new Definition("timing", "kind", "{}", 60_000, "linear:5:5");

  /** A contract of a store. */
  protected ScheduleStoreContract() {}

  private ScheduleStore schedules() {
    return storage().schedules();
  }

  private ScheduleRow row(long id, String name, long inMillis) {
    return row(id, APPLICATION, name, standing(inMillis, false));
  }

  private ScheduleRow row(long id, long applicationId, String name, Standing standing) {
    return new ScheduleRow(id, applicationId, name, DEFINITION, standing, 0, now());
  }

  /** Due so long after the start. */
  private Standing standing(long inMillis, boolean paused) {
    return new Standing(now(), now() + inMillis, 0, paused, "");
  }

  private static ScheduleRow changed(
      ScheduleRow row, Definition definition, Standing standing, long version) {
    return new ScheduleRow(
        row.id(),
        row.applicationId(),
        row.name(),
        definition,
        standing,
        version,
        row.createdMillis());
  }

  private static List<Long> ids(List<ScheduleRow> rows) {
    return rows.stream().map(ScheduleRow::id).toList();
  }

  @Test
  final void SCHEDULE1_find_valuesAtTheirLimits_asInserted() {
    ScheduleRow largest =
        new ScheduleRow(
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            "\u65e5".repeat(30),
            new Definition(
                "t".repeat(500), "k".repeat(64), "x".repeat(1 << 20), 3_600_000, "r".repeat(32)),
            new Standing(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, true, "p".repeat(255)),
            0,
            Long.MAX_VALUE);
    ScheduleRow smallest =
        new ScheduleRow(
            1,
            0,
            "n",
            new Definition("t", "k", "", 1, "r"),
            new Standing(0, 0, 0, false, ""),
            0,
            0);

    schedules().insert(largest);
    schedules().insert(smallest);

    assertThat(schedules().find(Long.MAX_VALUE, largest.name())).contains(largest);
    assertThat(schedules().find(0, "n")).contains(smallest);
  }

  @Test
  final void SCHEDULE1_find_contentOfEveryKind_byteForByte() {
    String content = " {\"a\" : \"\\u0041 '\u8ba2\ud83d\ude00\", \"n\":1.0} ";
    Definition definition = new Definition("'t'", "kind", content, 1, "linear:0:0");
    ScheduleRow row = new ScheduleRow(1, 0, "it's", definition, standing(0, false), 0, now());

    schedules().insert(row);

    assertThat(schedules().find(0, "it's")).contains(row);
    assertThat(schedules().page(0, "", 10)).containsExactly(row);
    assertThat(schedules().due(now(), 0, 10)).containsExactly(row);
  }

  @Test
  final void SCHEDULE2_insert_nameTaken_conflictAndFirstStays() {
    ScheduleRow first = row(1, "nightly", 0);
    schedules().insert(first);

    assertThatThrownBy(() -> schedules().insert(row(2, "nightly", 5)))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("nightly");

    assertThat(schedules().find(APPLICATION, "nightly")).contains(first);
    assertThat(ids(schedules().due(now() + 10, 0, 10))).containsExactly(1L);
  }

  @Test
  final void SCHEDULE2_insert_sameNameInOtherCaseOrApplication_both() {
    schedules().insert(row(1, "nightly", 0));
    schedules().insert(row(2, "Nightly", 0));
    schedules().insert(row(3, 0, "nightly", standing(0, false)));

    assertThat(schedules().find(APPLICATION, "nightly")).map(ScheduleRow::id).contains(1L);
    assertThat(schedules().find(APPLICATION, "Nightly")).map(ScheduleRow::id).contains(2L);
    assertThat(schedules().find(0, "nightly")).map(ScheduleRow::id).contains(3L);
  }

  @Test
  final void SCHEDULE2_insert_manyAtOnce_oneTakesTheName() {
    List<Boolean> inserted =
        together(
            THREADS,
            number -> {
              try {
                schedules().insert(row(number, "nightly", 0));
                return true;
              } catch (ConflictException e) {
                return false;
              }
            });

    assertThat(inserted).containsOnlyOnce(true);
    assertThat(schedules().page(APPLICATION, "", 10)).hasSize(1);
  }

  @Test
  final void SCHEDULE3_others_neitherFoundNorListedNorRemoved() {
    ScheduleRow row = row(1, "nightly", 0);
    schedules().insert(row);

    for (long other : new long[] {0, APPLICATION - 1, APPLICATION + 1}) {
      assertThat(schedules().find(other, "nightly")).isEmpty();
      assertThat(schedules().page(other, "", 10)).isEmpty();
      assertThat(schedules().remove(other, "nightly")).isFalse();
    }
    assertThat(schedules().find(APPLICATION, "nightly")).contains(row);
  }

  @Test
  final void SCHEDULE3_remove_own_goneOnceAndNameFree() {
    schedules().insert(row(1, "nightly", 0));
    schedules().insert(row(2, "hourly", 0));

    assertThat(schedules().remove(APPLICATION, "nightly")).isTrue();
    assertThat(schedules().remove(APPLICATION, "nightly")).isFalse();

    assertThat(ids(schedules().page(APPLICATION, "", 10))).containsExactly(2L);
    schedules().insert(row(3, "nightly", 0));
  }

  @Test
  final void SCHEDULE4_update_sameVersion_definitionAndStandingReplaced() {
    ScheduleRow row = row(1, "nightly", 0);
    schedules().insert(row);
    Definition definition = new Definition("other", "callback", "[1]", 5, "exp:1:2:3:4:5");
    Standing standing = new Standing(1, 2, 3, true, "its application is DISABLED");

    assertThat(schedules().update(changed(row, definition, standing, 0))).isTrue();

    assertThat(schedules().find(APPLICATION, "nightly"))
        .contains(changed(row, definition, standing, 1));
  }

  @Test
  final void SCHEDULE4_advance_sameVersion_standingReplaced() {
    ScheduleRow row = row(1, "nightly", 0);
    schedules().insert(row);
    Standing standing = new Standing(9, Long.MAX_VALUE, 8, true, "p");

    assertThat(schedules().advance(1, 0, standing)).isTrue();
    assertThat(schedules().advance(1, 1, standing(4, false))).isTrue();

    assertThat(schedules().find(APPLICATION, "nightly"))
        .contains(changed(row, DEFINITION, standing(4, false), 2));
  }

  @Test
  final void SCHEDULE4_otherVersionOrNone_nothingChanges() {
    ScheduleRow row = row(1, "nightly", 0);
    schedules().insert(row);
    schedules().advance(1, 0, standing(1, false));
    ScheduleRow now = schedules().find(APPLICATION, "nightly").orElseThrow();

    assertThat(schedules().update(row)).isFalse();
    assertThat(schedules().update(changed(row, DEFINITION, row.standing(), 2))).isFalse();
    assertThat(schedules().update(row(2, "hourly", 0))).isFalse();
    assertThat(schedules().advance(1, 0, standing(9, false))).isFalse();
    assertThat(schedules().advance(1, 2, standing(9, false))).isFalse();
    assertThat(schedules().advance(2, 0, standing(9, false))).isFalse();

    assertThat(schedules().page(APPLICATION, "", 10)).containsExactly(now);
  }

  @Test
  final void SCHEDULE5_advance_manyAtOnce_oneTakesPlace() {
    schedules().insert(row(1, "nightly", 0));

    for (long version = 0; version < 10; version++) {
      long mine = version;
      List<Boolean> advanced =
          together(THREADS, number -> schedules().advance(1, mine, standing(number, false)));
      assertThat(advanced).containsOnlyOnce(true);
    }

    assertThat(schedules().find(APPLICATION, "nightly").orElseThrow().version()).isEqualTo(10);
  }

  @Test
  final void SCHEDULE5_advance_inTransactionsAtOnce_oneTakesPlace() {
    schedules().insert(row(1, "nightly", 0));

    List<Boolean> advanced =
        together(
            THREADS,
            number ->
                storage()
                    .call(
                        transaction ->
                            schedules()
                                .joining(transaction)
                                .advance(1, 0, standing(number, false))));

    assertThat(advanced).containsOnlyOnce(true);
  }

  @Test
  final void SCHEDULE6_due_someLaterOrPaused_othersInOrderOfId() {
    schedules().insert(row(5, "e", 10));
    schedules().insert(row(1, 0, "a", standing(9, false)));
    schedules().insert(row(4, "d", 11));
    schedules().insert(row(3, 0, "c", standing(0, true)));
    schedules().insert(row(2, "b", 0));
    schedules().insert(row(6, 0, "f", new Standing(0, Long.MAX_VALUE, 0, false, "")));

    assertThat(ids(schedules().due(now() + 10, 0, 10))).containsExactly(1L, 2L, 5L);
    assertThat(ids(schedules().due(now() + 10, 0, 2))).containsExactly(1L, 2L);
    assertThat(ids(schedules().due(now() + 10, 2, 2))).containsExactly(5L);
    assertThat(schedules().due(now() - 1, 0, 10)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> schedules().due(0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> schedules().due(0, 0, 1_001));
  }

  @Test
  final void SCHEDULE6_earliestDue_someBeforeOrPaused_earliestOfOthers() {
    assertThat(schedules().earliestDue(-1)).isEmpty();
    schedules().insert(row(1, "a", 20));
    schedules().insert(row(2, 0, "b", standing(5, true)));
    schedules().insert(row(3, "c", 10));

    assertThat(schedules().earliestDue(-1)).hasValue(now() + 10);
    assertThat(schedules().earliestDue(now() + 9)).hasValue(now() + 10);
    assertThat(schedules().earliestDue(now() + 10)).hasValue(now() + 20);
    assertThat(schedules().earliestDue(now() + 20)).isEmpty();
  }

  @Test
  final void SCHEDULE7_page_walkedThrough_allOnce() {
    List<String> names = List.of("d", "a", "c", "e", "b");
    for (int i = 0; i < names.size(); i++) {
      schedules().insert(row(i + 1, names.get(i), 0));
      schedules().insert(row(i + 11, APPLICATION + 1, names.get(i), standing(0, false)));
    }
    List<String> seen = new ArrayList<>();
    List<ScheduleRow> page = schedules().page(APPLICATION, "", 2);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(2);
      page.forEach(row -> seen.add(row.name()));
      page = schedules().page(APPLICATION, seen.get(seen.size() - 1), 2);
    }

    assertThat(seen).containsExactly("a", "b", "c", "d", "e");
    assertThatIllegalArgumentException().isThrownBy(() -> schedules().page(0, "", 0));
    assertThatIllegalArgumentException().isThrownBy(() -> schedules().page(0, "", 1_001));
  }

  @Test
  final void SCHEDULE8_joined_commit_allVisible() {
    schedules().insert(row(1, "a", 0));
    schedules().insert(row(2, "b", 0));
    storage().run(transaction -> changeAll(schedules().joining(transaction)));

    assertThat(ids(schedules().page(APPLICATION, "", 10))).containsExactly(1L, 3L);
    assertThat(schedules().find(APPLICATION, "a").orElseThrow().standing())
        .isEqualTo(standing(1, false));
  }

  @Test
  final void SCHEDULE8_joined_rollback_nothingVisible() {
    schedules().insert(row(1, "a", 0));
    schedules().insert(row(2, "b", 0));
    rolledBack(this::changeAll);

    assertThat(schedules().page(APPLICATION, "", 10))
        .containsExactly(row(1, "a", 0), row(2, "b", 0));
    schedules().insert(row(3, "c", 0));
  }

  @Test
  final void SCHEDULE9_tryLock_manyAtOnce_eachSeesWhatTheOthersDid() {
    schedules().insert(row(1, "nightly", 0));

    List<Boolean> advanced =
        together(
            THREADS,
            number -> storage().call(transaction -> countUp(schedules().joining(transaction))));

    assertThat(advanced).containsOnly(true);
    ScheduleRow row = schedules().find(APPLICATION, "nightly").orElseThrow();
    assertThat(row.version()).isEqualTo(THREADS);
    assertThat(row.standing()).isEqualTo(standing(THREADS, false));
  }

  private boolean countUp(ScheduleStore joined) {
    while (!joined.tryLock(1)) {
      Thread.onSpinWait();
    }
    ScheduleRow row = joined.find(APPLICATION, "nightly").orElseThrow();
    return joined.advance(1, row.version(), standing(row.version() + 1, false));
  }

  @Test
  final void SCHEDULE9_tryLock_none_false() {
    schedules().insert(row(1, "nightly", 0));
    assertThat(storage().<Boolean>call(transaction -> schedules().joining(transaction).tryLock(2)))
        .isFalse();
  }

  private void changeAll(ScheduleStore joined) {
    joined.insert(row(3, "c", 0));
    joined.remove(APPLICATION, "b");
    joined.update(changed(row(1, "a", 0), DEFINITION, standing(2, false), 0));
    joined.advance(1, 1, standing(1, false));
    assertThat(ids(joined.page(APPLICATION, "", 10))).containsExactly(1L, 3L);
  }

  private void rolledBack(Consumer<ScheduleStore> work) {
    RuntimeException failure = new IllegalStateException("the host's work fails");
    assertThatThrownBy(
            () ->
                storage()
                    .run(
                        transaction -> {
                          work.accept(schedules().joining(transaction));
                          throw failure;
                        }))
        .isSameAs(failure);
  }
}
