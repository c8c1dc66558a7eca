package dev.gatehouse.audit;

import java.util.List;

/** A run of tokens to find in a text's, by Knuth, Morris and Pratt: linear, however it repeats. */
final class Phrase {
  private final List<String> tokens;
  private final int[] fallback;

  Phrase(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    fallback = new int[tokens.size()];
    for (int i = 1; i < fallback.length; i++) {
      fallback[i] = advance(fallback[i - 1], tokens.get(i));
    }
  }

  /** Whether the phrase has tokens and they stand in the text side by side and in order. */
  boolean isIn(List<String> text) {
    int matched = 0;
    for (String token : text) {
      if (tokens.isEmpty()) {
        return false;
      }
      matched = advance(matched, token);
      if (matched == tokens.size()) {
        return true;
      }
    }
    return false;
  }

  private int advance(int matched, String token) {
    int length = matched;
    while (length > 0 && !tokens.get(length).equals(token)) {
      length = fallback[length - 1];
    }
    return tokens.get(length).equals(token) ? length + 1 : 0;
  }
}
