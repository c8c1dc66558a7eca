package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.hash.Fingerprint;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  /** Texts that differ in length, in one char, in a char's upper half, or in a final NUL. */
  @Test
  void of_textsThatDifferAnywhere_differInBothHalves() {
    Set<String> texts = new HashSet<>();
    for (int length = 0; length < 40; length++) {
      String text = "x".repeat(length);
      texts.add(text);
      for (int at = 0; at < length; at++) {
        texts.add(text.substring(0, at) + "y" + text.substring(at + 1));
        texts.add(text.substring(0, at) + "\u7800" + text.substring(at + 1));
        texts.add(text.substring(0, at) + "\u0000" + text.substring(at + 1));
      }
    }
    Set<Long> lows = new HashSet<>();
    Set<Long> highs = new HashSet<>();
    for (String text : texts) {
      Fingerprint fingerprint = Fingerprint.of(text);
      assertThat(Fingerprint.of(String.valueOf(text.toCharArray()))).isEqualTo(fingerprint);
      lows.add(fingerprint.low());
      highs.add(fingerprint.high());
    }
    assertThat(lows).hasSameSizeAs(texts).doesNotContain(0L);
    assertThat(highs).hasSameSizeAs(texts);
  }

  @Test
  void with_otherNumbers_differsAndIsNeverZero() {
    Set<Long> lows = new HashSet<>();
    for (int number = 0; number < 1_000; number++) {
      lows.add(Fingerprint.with(42, number));
    }
    assertThat(lows).hasSize(1_000);
    assertThat(Fingerprint.with(0x9E3779B97F4A7C15L, 0)).isEqualTo(1);
  }

  @Test
  void slotTable_manyFingerprints_areFoundAndOldTablesStayAsTheyWere() {
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
  void slotTable_fingerprintsThatShareTagAndGroup_areToldApart() {
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
}
