package dev.gatehouse.audit;

import java.util.List;

/**
 * Splits a text into the words that Match and MatchPhrase compare, both what is sought and what is
 * searched; a host's own is made known by {@link AuditRules.Builder#analyzer}. It must be
 * deterministic: the same text has the same words on every node and at any time. It is asked while
 * records are searched, on the caller's thread, and may be asked by many at once; it should not
 * block. What it throws ends the search.
 *
 * <p>Implementations must be safe for use by multiple threads.
 */
@FunctionalInterface
public interface AuditAnalyzer {
  /** Most words of one text. */
  int MAX_TOKENS = 1 << 18;

  /** Most characters that the words of one text have together. */
  int MAX_CHARACTERS = 1 << 20;

  /**
   * The words in the order in which they stand; none if there are none, and nothing is found then.
   *
   * @param text at most 65,536 characters
   * @return at most {@link #MAX_TOKENS}, of at least one character each and of {@link
   *     #MAX_CHARACTERS} together, none null
   */
  List<String> tokens(String text);

  /**
   * The one that is used unless another is given. The text is normalised (NFKC) and lower-cased
   * without regard to locale. Runs of letters, digits and the combining marks on them are words,
   * but every character of Han, Hiragana, Katakana and Hangul, and the mark of long vowels U+30FC,
   * is a word of its own, so that a phrase in these scripts is found inside a sentence.
   */
  static AuditAnalyzer standard() {
    return StandardAnalyzer::tokens;
  }
}
