package dev.gatehouse.audit;

import dev.gatehouse.check.Check;
import java.util.List;

/**
 * The words of texts by a log's analyzer, which is held to its contract. Safe for use by multiple
 * threads.
 *
 * @param name of the analyzer, empty for the standard one
 */
record Words(String name, AuditAnalyzer analyzer) {
  static final Words STANDARD = new Words("", AuditAnalyzer.standard());

  private static final int MAX_NAME = 64;

  static Words of(String name, AuditAnalyzer analyzer) {
    return new Words(Check.text(name, 1, MAX_NAME, "name of the analyzer"), analyzer);
  }

  boolean isStandard() {
    return name.isEmpty();
  }

  /** What is sought. One that answers otherwise each time would find what it does by chance. */
  List<String> sought(String text) {
    List<String> tokens = of(text, "what is sought");
    if (!isStandard() && !of(text, "what is sought").equals(tokens)) {
      throw broken("must give the same words for the same text, gave others", "what is sought");
    }
    return tokens;
  }

  /**
   * The words of a text.
   *
   * @param place where the text stands; itself it may be confidential
   * @throws IllegalStateException if the analyzer breaks its contract
   */
  List<String> of(String text, Object place) {
    return isStandard() ? analyzer.tokens(text) : checked(tokens(text, place), place);
  }

  private List<String> tokens(String text, Object place) {
    try {
      return analyzer.tokens(text);
    } catch (RuntimeException e) {
      throw new IllegalStateException(message("failed", place), e);
    }
  }

  private List<String> checked(List<String> tokens, Object place) {
    if (tokens == null) {
      throw broken("must give a list of words, gave null", place);
    }
    if (tokens.size() > AuditAnalyzer.MAX_TOKENS) {
      throw broken(
          "must give at most " + AuditAnalyzer.MAX_TOKENS + " words, gave " + tokens.size(), place);
    }
    long characters = 0;
    for (String token : tokens) {
      if (token == null || token.isEmpty()) {
        throw broken("must give words of a character or more, gave none", place);
      }
      characters += token.length();
    }
    if (characters > AuditAnalyzer.MAX_CHARACTERS) {
      throw broken(
          "must give words of at most "
              + AuditAnalyzer.MAX_CHARACTERS
              + " characters together, gave "
              + characters,
          place);
    }
    return List.copyOf(tokens);
  }

  private IllegalStateException broken(String rule, Object place) {
    return new IllegalStateException(message(rule, place));
  }

  private String message(String what, Object place) {
    return "analyzer '" + Check.shown(name) + "' " + what + ", for " + place;
  }
}
