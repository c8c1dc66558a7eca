package dev.gatehouse.registry;

import dev.gatehouse.check.Check;

/** The rule that the names of applications, servers and services share. */
final class Name {
  private Name() {}

  /**
   * A text of 1..max chars without control characters, and without a blank at either end: names
   * that look alike to people should not be two.
   */
  static String valid(String value, int max, String what) {
    Check.text(value, 1, max, what);
    Check.that(
        !isBlank(value.charAt(0)) && !isBlank(value.charAt(value.length() - 1)),
        what + " must not begin or end with a blank, was '" + Check.shown(value) + "'");
    return value;
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }
}
