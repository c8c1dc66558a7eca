package dev.gatehouse.check;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Checks of arguments. Each returns the value it was given, or throws an {@link
 * IllegalArgumentException} that names the argument, the rule and, shortened, the value.
 */
public final class Check {
  private static final int SHOWN = 80;
  private static final char REPLACEMENT = 0xfffd;

  /** Of the scripts before, Latin, Greek and Cyrillic among them, none joins letters. */
  private static final char FIRST_JOINED = 0x590;

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

  /**
   * A text of 1..max chars as {@link #text} allows that people can tell from any other: in Unicode
   * normalization form C, without a blank at either end, and without characters that show nothing,
   * turn the text around or break its line. Joiners may stand in scripts that need them.
   */
  public static String name(String value, int max, String name) {
    text(value, 1, max, name);
    that(
        !isBlank(value.charAt(0)) && !isBlank(value.charAt(value.length() - 1)),
        name + " must not begin or end with a blank, was '" + shown(value) + "'");
    boolean ascii = true;
    for (int i = 0; i < value.length(); i += Character.charCount(value.codePointAt(i))) {
      int c = value.codePointAt(i);
      if (c < 0x80) {
        continue;
      }
      ascii = false;
      boolean joins = isJoiner(c) && i > 0 && value.charAt(i - 1) >= FIRST_JOINED;
      if (isUnseen(c) && !joins) {
        throw new IllegalArgumentException(
            name
                + " must not hold invisible characters, held U+"
                + Integer.toHexString(c)
                + " at "
                + i);
      }
    }
    that(
        ascii || Normalizer.isNormalized(value, Normalizer.Form.NFC),
        name + " must be in Unicode normalization form C, was '" + shown(value) + "'");
    return value;
  }

  private static boolean isBlank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  private static boolean isUnseen(int c) {
    int type = Character.getType(c);
    return type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || isIgnorable(c);
  }

  /**
   * What Unicode calls ignorable by default and is no format character: fillers and selectors of
   * variants. Those of Mongolian, which writes with them, may stand.
   */
  private static boolean isIgnorable(int c) {
    return switch (c) {
      case 0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2065, 0x3164, 0xffa0 -> true;
      default ->
          (c >= 0xfe00 && c <= 0xfe0f)
              || (c >= 0xfff0 && c <= 0xfff8)
              || (c >= 0xe0000 && c <= 0xe0fff);
    };
  }

  private static boolean isJoiner(int c) {
    return c == 0x200c || c == 0x200d;
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

  /** A text of the form. */
  public static String matches(String value, Form form, String name) {
    if (!form.matches(requireNonNull(value, name))) {
      throw new IllegalArgumentException(
          name + " must match " + form + ", was '" + shown(value) + "'");
    }
    return value;
  }

  /** A text of 1..max chars of printable ASCII, blanks among them. */
  public static String ascii(String value, int max, String name) {
    requireNonNull(value, name);
    if (value.isEmpty() || value.length() > max) {
      throw new IllegalArgumentException(
          name + " must have 1.." + max + " characters, had " + value.length());
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c > '~') {
        throw new IllegalArgumentException(
            name + " must be printable ASCII, held " + codePoint(c) + " at " + i);
      }
    }
    return value;
  }

  /** The text that the bytes are in well-formed UTF-8. */
  public static String utf8(byte[] bytes, String name) {
    return utf8(bytes, 0, requireNonNull(bytes, name).length, name);
  }

  /** As {@link #utf8(byte[], String)}, of some of the bytes. */
  public static String utf8(byte[] bytes, int start, int length, String name) {
    String text = new String(requireNonNull(bytes, name), start, length, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    // It stands there itself, or for what is malformed.
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + " must be UTF-8", e);
    }
  }

  /** Throws unless the rule holds; the message should name rule and value. */
  public static void that(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** As {@link #that(boolean, String)}, for what is checked so often that its message costs. */
  public static void that(boolean holds, Supplier<String> message) {
    if (!holds) {
      throw new IllegalArgumentException(message.get());
    }
  }

  /**
   * A value shortened, fit for a message: a question mark stands for what would break the line,
   * turn the text around, show nothing or command a terminal.
   */
  public static String shown(String value) {
    StringBuilder text = new StringBuilder();
    int length = Math.min(value.length(), SHOWN);
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      boolean harms = Character.isISOControl(c) || Character.isSurrogate(c) || isUnseen(c);
      text.append(harms ? '?' : c);
    }
    return value.length() > SHOWN
        ? text.append("... (" + value.length() + ")").toString()
        : text.toString();
  }

  private static String codePoint(char c) {
    return "U+" + Integer.toHexString(0x10000 | c).substring(1).toUpperCase(java.util.Locale.ROOT);
  }
}
