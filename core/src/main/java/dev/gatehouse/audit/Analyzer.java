package dev.gatehouse.audit;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Splits text into the tokens that Match and MatchPhrase compare. The text is normalised (NFKC) and
 * lower-cased without regard to locale. Runs of letters, digits and the combining marks on them are
 * tokens, but every character of Han, Hiragana, Katakana and Hangul, and the mark of long vowels
 * U+30FC, is a token of its own, so that a phrase in these scripts is found inside a sentence.
 */
final class Analyzer {
  private static final int LONG_VOWEL = 0x30FC;

  private Analyzer() {}

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
