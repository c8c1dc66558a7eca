package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.hash.Fingerprint;
import org.junit.jupiter.api.Test;

class SlotTableTest {
  @Test
  void find_manyFingerprints_areFoundAndOldTablesStayAsTheyWere() {
    SlotTable before = SlotTable.EMPTY;
    for (int step = 0; step < 40; step++) {
      SlotTable.Editor editor = new SlotTable.Editor(before);
      for (int i = 0; i < 500; i++) {
        int number = step * 500 + i;
        editor.set(editor.place(Fingerprint.of("text " + number)), number, -number);
      }
      SlotTable after = editor.table();
      assertThat(before.size()).isEqualTo(step * 500);
      Fingerprint added = Fingerprint.of("text " + (step * 500));
      assertThat(before.find(added.low(), added.high())).isEqualTo(SlotTable.NONE);
      before = after;
    }
    for (int number = 0; number < 20_000; number++) {
      Fingerprint fingerprint = Fingerprint.of("text " + number);
      int place = before.find(fingerprint.low(), fingerprint.high());
      assertThat(before.first(place)).isEqualTo(number);
      assertThat(before.second(place)).isEqualTo(-number);
    }
  }

  /** The tag, the group and the page of all are one, as of texts that somebody found out. */
  @Test
  void find_fingerprintsThatShareTagAndGroup_areToldApart() {
    SlotTable.Editor editor = new SlotTable.Editor(SlotTable.EMPTY);
    for (int number = 1; number <= 100; number++) {
      editor.set(editor.place(new Fingerprint(7, number)), number, -number);
    }
    SlotTable table = editor.table();
    for (int number = 1; number <= 100; number++) {
      int place = table.find(7, number);
      assertThat(table.first(place)).isEqualTo(number);
      assertThat(table.second(place)).isEqualTo(-number);
    }
    assertThat(table.find(7, 101)).isEqualTo(SlotTable.NONE);
    assertThat(table.find(7 | 1L << 40, 1)).isEqualTo(SlotTable.NONE);
  }

  /** A guess may be wrong, and none may be missed; that something is absent is never wrong. */
  @Test
  void guess_manyFingerprints_isAlmostAlwaysRightAndAbsentOnlyWhatIs() {
    SlotTable.Editor editor = new SlotTable.Editor(SlotTable.EMPTY);
    for (int number = 0; number < 20_000; number++) {
      editor.place(Fingerprint.of("text " + number));
    }
    SlotTable table = editor.table();
    int right = 0;
    int absent = 0;
    for (int number = 0; number < 20_000; number++) {
      Fingerprint there = Fingerprint.of("text " + number);
      long[] page = table.page(there.low());
      int at = table.guess(page, there.low());
      if (at != SlotTable.NONE && SlotTable.isAt(page, at, there.low(), there.high())) {
        assertThat(at).isEqualTo(table.find(page, there.low(), there.high()));
        right++;
      } else if (at == SlotTable.NONE) {
        assertThat(table.isAbsent(page, there.low())).isFalse();
      }
      Fingerprint other = Fingerprint.of("other " + number);
      long[] elsewhere = table.page(other.low());
      int guess = table.guess(elsewhere, other.low());
      if (guess != SlotTable.NONE) {
        assertThat(SlotTable.isAt(elsewhere, guess, other.low(), other.high())).isFalse();
      } else {
        absent += table.isAbsent(elsewhere, other.low()) ? 1 : 0;
      }
    }
    assertThat(right).isGreaterThan(17_000);
    assertThat(absent).isGreaterThan(10_000);
  }
}
