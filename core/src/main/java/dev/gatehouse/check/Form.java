package dev.gatehouse.check;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A form of text: so many characters of a set of ASCII, or one of another set and then those. What
 * a regular expression would say as well, for what every request or task comes through. Immutable.
 */
public final class Form {
  private final String text;
  private final int min;
  private final int max;

  /** What the first character may be; null if the same as the others. */
  private final boolean @Nullable [] first;

  private final boolean[] allowed;

  private Form(String text, int min, int max, boolean @Nullable [] first, boolean[] allowed) {
    this.text = text;
    this.min = min;
    this.max = max;
    this.first = first;
    this.allowed = allowed;
  }

  /**
   * A form.
   *
   * @param set the characters, as a class of regular expressions: {@code [0-9a-f]}
   * @param min how many at least, 0 or more
   * @param max how many at most, no less
   */
  public static Form of(String set, int min, int max) {
    Check.range(min, 0, Integer.MAX_VALUE, "min");
    Check.range(max, min, Integer.MAX_VALUE, "max");
    return new Form(text(set, min, max), min, max, null, characters(set));
  }

  /** As {@link #of(String, int, int)}, of texts that have one character of another set before. */
  public static Form of(String first, String set, int min, int max) {
    Check.range(min, 0, Integer.MAX_VALUE - 1, "min");
    Check.range(max, min, Integer.MAX_VALUE - 1, "max");
    String text = first + text(set, min, max);
    return new Form(text, min + 1, max + 1, characters(first), characters(set));
  }

  private static String text(String set, int min, int max) {
    return set + "{" + (min == max ? "" : min + ",") + max + "}";
  }

  private static boolean[] characters(String set) {
    Pattern pattern = Pattern.compile(set);
    boolean[] characters = new boolean[0x80];
    for (char c = 0; c < characters.length; c++) {
      characters[c] = pattern.matcher(String.valueOf(c)).matches();
    }
    return characters;
  }

  /** Whether that is of this form. */
  public boolean matches(String value) {
    int length = value.length();
    if (length < min || length > max) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      boolean[] characters = i == 0 && first != null ? first : allowed;
      if (c >= characters.length || !characters[c]) {
        return false;
      }
    }
    return true;
  }

  /** As a regular expression. */
  @Override
  public String toString() {
    return text;
  }
}
