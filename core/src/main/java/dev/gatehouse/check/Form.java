package dev.gatehouse.check;

import java.util.regex.Pattern;

/**
 * A form of text: so many characters of a set of ASCII. What a regular expression would say as
 * well, for what every request comes through. Immutable.
 */
public final class Form {
  private final String text;
  private final int min;
  private final int max;
  private final boolean[] allowed = new boolean[0x80];

  private Form(String set, int min, int max) {
    text = set + "{" + (min == max ? "" : min + ",") + max + "}";
    this.min = min;
    this.max = max;
    Pattern pattern = Pattern.compile(set);
    for (char c = 0; c < allowed.length; c++) {
      allowed[c] = pattern.matcher(String.valueOf(c)).matches();
    }
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
    return new Form(set, min, max);
  }

  /** Whether that is of this form. */
  public boolean matches(String value) {
    int length = value.length();
    if (length < min || length > max) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c >= allowed.length || !allowed[c]) {
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
