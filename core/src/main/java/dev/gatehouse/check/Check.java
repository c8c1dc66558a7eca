package dev.gatehouse.check;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Checks of arguments. Each returns the value it was given, or throws an {@link
 * IllegalArgumentException} that names the argument, the rule and, shortened, the value.
 */
public final class Check {
  private static final int SHOWN = 80;

  private Check() {}

  /** A number within {@code min..max}, both included. */
  public static int range(int value, int min, int max, String name) {
    return (int) range((long) value, min, max, name);
  }

  /** A number within {@code min..max}, both included. */
  public static long range(long value, long min, long max, String name) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " must be in " + min + ".." + max + ", was " + value);
    }
    return value;
  }

  /** A duration within {@code min..max}, both included. */
  public static Duration range(Duration value, Duration min, Duration max, String name) {
    requireNonNull(value, name);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          name + " must be in " + min + ".." + max + ", was " + value);
    }
    return value;
  }

  /**
   * A text of {@code min..max} chars that is well-formed Unicode and holds no control character, so
   * that it can stand in a log line, a header or any database's text column.
   */
  public static String text(String value, int min, int max, String name) {
    requireNonNull(value, name);
    if (value.length() < min || value.length() > max) {
      throw new IllegalArgumentException(
          name + " must have " + min + ".." + max + " characters, had " + value.length());
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c)) {
        throw new IllegalArgumentException(
            name + " must not hold control characters, held " + codePoint(c) + " at " + i);
      }
      if (Character.isSurrogate(c)) {
        boolean paired =
            Character.isHighSurrogate(c)
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!paired) {
          throw new IllegalArgumentException(
              name + " must be well-formed Unicode, held " + codePoint(c) + " at " + i);
        }
        i++;
      }
    }
    return value;
  }

  /** A text that matches the whole pattern. */
  public static String matches(String value, Pattern pattern, String name) {
    requireNonNull(value, name);
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(
          name + " must match " + pattern.pattern() + ", was '" + shown(value) + "'");
    }
    return value;
  }

  /** Throws unless the rule holds; the message should name rule and value. */
  public static void that(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** A value shortened and cleaned of control characters, fit for a message. */
  public static String shown(String value) {
    StringBuilder text = new StringBuilder();
    int length = Math.min(value.length(), SHOWN);
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      text.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return value.length() > SHOWN
        ? text.append("... (" + value.length() + ")").toString()
        : text.toString();
  }

  private static String codePoint(char c) {
    return "U+" + Integer.toHexString(0x10000 | c).substring(1).toUpperCase(java.util.Locale.ROOT);
  }
}
