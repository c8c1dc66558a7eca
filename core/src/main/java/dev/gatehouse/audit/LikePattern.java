package dev.gatehouse.audit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A pattern of {@code %} (any run), {@code _} (one code point) and literals, matched against a
 * whole text.
 *
 * <p>It runs as a non-deterministic automaton, all states at once in the bits of a word: {@code m /
 * 64} steps for each code point of the text whatever the pattern, where backtracking could be made
 * to take {@code m * n}. State i means that the first i items are matched; it keeps itself alive if
 * a {@code %} stands before item i.
 */
final class LikePattern {
  private final Map<Integer, long[]> literals = new HashMap<>();
  private final long[] anyOne;
  private final long[] anyRun;
  private final int items;

  /**
   * Compiles a pattern.
   *
   * @throws IllegalArgumentException if a backslash stands before anything but a percent sign, an
   *     underscore or a backslash
   */
  LikePattern(String pattern) {
    int[] points = pattern.codePoints().toArray();
    int words = points.length / Long.SIZE + 1;
    anyOne = new long[words];
    anyRun = new long[words];
    int item = 0;
    for (int i = 0; i < points.length; i++) {
      if (points[i] == '%') {
        set(anyRun, item);
      } else if (points[i] == '_') {
        set(anyOne, item++);
      } else {
        int literal = points[i] == '\\' ? escaped(points, ++i) : points[i];
        set(literals.computeIfAbsent(literal, c -> new long[words]), item++);
      }
    }
    items = item;
    literals.values().forEach(mask -> Arrays.setAll(mask, i -> mask[i] | anyOne[i]));
  }

  private static int escaped(int[] points, int at) {
    if (at == points.length || "%_\\".indexOf(points[at]) < 0) {
      throw new IllegalArgumentException("must have %, _ or \\ after each \\");
    }
    return points[at];
  }

  boolean matches(String text) {
    long[] states = new long[anyOne.length];
    states[0] = 1;
    for (int at = 0; at < text.length(); ) {
      int point = text.codePointAt(at);
      at += Character.charCount(point);
      if (!step(states, literals.getOrDefault(point, anyOne))) {
        return false;
      }
    }
    return (states[items / Long.SIZE] & (1L << items)) != 0;
  }

  /** Whether any state is left. */
  private boolean step(long[] states, long[] fits) {
    long carry = 0;
    long alive = 0;
    for (int i = 0; i < states.length; i++) {
      long advanced = states[i] & fits[i];
      long stayed = states[i] & anyRun[i];
      states[i] = (advanced << 1) | carry | stayed;
      carry = advanced >>> (Long.SIZE - 1);
      alive |= states[i];
    }
    return alive != 0;
  }

  private static void set(long[] bits, int bit) {
    bits[bit / Long.SIZE] |= 1L << bit;
  }
}
