package dev.gatehouse.audit;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rules of {@link AuditAnalyzer#standard}. */
final class StandardAnalyzer {
  private static final int LONG_VOWEL = 0x30FC;

  /**
   * First and last of ranges of which every code point is assigned in Unicode 13, JDK 17's: what
   * words they make does not change any more.
   */
  private static final int[][] STABLE = {
    {0x0000, 0x024F}, // Latin
    {0x0300, 0x036F}, // combining marks
    {0x03A3, 0x03FF}, // Greek
    {0x0391, 0x03A1},
    {0x0400, 0x052F}, // Cyrillic
    {0x05D0, 0x05EA}, // Hebrew
    {0x0620, 0x06FF}, // Arabic
    {0x0900, 0x097F}, // Devanagari
    {0x0E01, 0x0E3A}, // Thai
    {0x0E3F, 0x0E5B},
    {0x1E00, 0x1EFF}, // Latin with marks
    {0x2000, 0x2064}, // punctuation
    {0x20A0, 0x20BF}, // currencies
    {0x2100, 0x214F},
    {0x2190, 0x23FF}, // arrows, mathematics, technical signs
    {0x2500, 0x27BF},
    {0x3000, 0x303F}, // Chinese and Japanese
    {0x3041, 0x3096},
    {0x3099, 0x30FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFC},
    {0xAC00, 0xD7A3}, // Korean
    {0xFF01, 0xFF9F}, // full and half width
    {0x1F300, 0x1F64F}, // pictures
    {0x20000, 0x2A6DD}
  };

  private StandardAnalyzer() {}

  static List<String> tokens(String text) {
    String normal = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    List<String> tokens = new ArrayList<>();
    int start = -1;
    for (int at = 0; at < normal.length(); ) {
      int point = normal.codePointAt(at);
      int next = at + Character.charCount(point);
      boolean alone = standsAlone(point);
      boolean continues = start >= 0 && isMark(point);
      if (start >= 0 && (alone || !(continues || Character.isLetterOrDigit(point)))) {
        tokens.add(normal.substring(start, at));
        start = -1;
      }
      if (alone) {
        tokens.add(normal.substring(at, next));
      } else if (start < 0 && Character.isLetterOrDigit(point)) {
        start = at;
      }
      at = next;
    }
    if (start >= 0) {
      tokens.add(normal.substring(start));
    }
    return tokens;
  }

  /** Whether every JDK from 17 on finds the same words in the text. */
  static boolean isStable(String text) {
    return text.codePoints().allMatch(StandardAnalyzer::isStable);
  }

  private static boolean isStable(int point) {
    if (point <= STABLE[0][1]) {
      return true;
    }
    for (int[] range : STABLE) {
      if (point >= range[0] && point <= range[1]) {
        return true;
      }
    }
    return false;
  }

  private static boolean standsAlone(int point) {
    UnicodeScript script = UnicodeScript.of(point);
    return script == UnicodeScript.HAN
        || script == UnicodeScript.HIRAGANA
        || script == UnicodeScript.KATAKANA
        || script == UnicodeScript.HANGUL
        || point == LONG_VOWEL;
  }

  private static boolean isMark(int point) {
    int type = Character.getType(point);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }
}
