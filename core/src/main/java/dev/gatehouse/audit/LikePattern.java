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
 * a {@code %} stands before item i. All in all it takes memory for m items, however many literals
 * differ.
 */
final class LikePattern {
  private static final Places NOWHERE = new Places();

  private final Map<Integer, Places> literals = new HashMap<>();
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
        literals.computeIfAbsent(literal, c -> new Places()).add(item++);
      }
    }
    items = item;
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
      if (!step(states, literals.getOrDefault(point, NOWHERE))) {
        return false;
      }
    }
    return (states[items / Long.SIZE] & (1L << items)) != 0;
  }

  /** Whether any state is left. */
  private boolean step(long[] states, Places literal) {
    long carry = 0;
    long alive = 0;
    int place = 0;
    for (int i = 0; i < states.length; i++) {
      long fits = anyOne[i];
      if (place < literal.size && literal.words[place] == i) {
        fits |= literal.bits[place++];
      }
      long advanced = states[i] & fits;
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

  /** The items that one literal is: of the words of a bit set, those that are not zero. */
  private static final class Places {
    private int[] words = new int[1];
    private long[] bits = new long[1];
    private int size;

    /** Adds an item above those added before. */
    void add(int item) {
      int word = item / Long.SIZE;
      if (size == 0 || words[size - 1] != word) {
        if (size == words.length) {
          words = Arrays.copyOf(words, 2 * size);
          bits = Arrays.copyOf(bits, 2 * size);
        }
        words[size++] = word;
      }
      bits[size - 1] |= 1L << item;
    }
  }
}
