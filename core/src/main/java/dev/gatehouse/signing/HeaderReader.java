package dev.gatehouse.signing;

import dev.gatehouse.check.Form;
import dev.gatehouse.error.AuthenticationException;
import dev.gatehouse.error.AuthenticationException.Reason;
import dev.gatehouse.transport.Headers;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Reads signature headers: what occurs once, in the one spelling that there is. Whatever else comes
 * in is malformed and never guessed at, so that no two texts stand for the same thing. Messages
 * name the header and the rule, not the value, which may be secret.
 */
final class HeaderReader {
  /** Until the year 2286; more digits are milliseconds. */
  private static final int MAX_SECONDS_DIGITS = 10;

  private static final HexFormat HEX = HexFormat.of();
  private static final Form VISIBLE = Form.of("[!-~]", 1, Integer.MAX_VALUE);

  private HeaderReader() {}

  /** The value of the header that must occur once. */
  static String single(Headers headers, String name) {
    return atMostOne(headers, name).orElseThrow(() -> missing(name));
  }

  /** The value of the header that must not occur twice. */
  static Optional<String> atMostOne(Headers headers, String name) {
    return atMostOne(headers.all(name), name);
  }

  static Optional<String> atMostOne(List<String> values, String name) {
    if (values.size() > 1) {
      throw malformed("header " + name + " occurs more than once");
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
  }

  /** The value, if it is of the form. */
  static String matching(String value, Form form, String name) {
    if (!form.matches(value)) {
      throw malformed(name + " does not match " + form);
    }
    return value;
  }

  /** A time in seconds since 1970: 1..10 ASCII digits, the first not 0. */
  static Instant seconds(String value, String name) {
    return Instant.ofEpochSecond(decimal(value, MAX_SECONDS_DIGITS, name));
  }

  /** A number of 1 or more: ASCII digits, the first not 0. */
  static long decimal(String value, int maxDigits, String name) {
    boolean digits = !value.isEmpty() && value.length() <= maxDigits;
    for (int i = 0; digits && i < value.length(); i++) {
      digits = value.charAt(i) >= (i == 0 ? '1' : '0') && value.charAt(i) <= '9';
    }
    if (!digits) {
      throw malformed(
          name + " is not a number of 1.." + maxDigits + " digits without leading zero");
    }
    return Long.parseLong(value);
  }

  /** Bytes in Base64 with its padding and without a bit too many. */
  static byte[] base64(String value, String name) {
    try {
      byte[] bytes = Base64.getDecoder().decode(value);
      if (bytes.length > 0 && Base64.getEncoder().encodeToString(bytes).equals(value)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw malformed(name + " is not in Base64");
    }
    throw malformed(name + " is not in the one Base64 that its bytes have");
  }

  /** As {@link #base64(String, String)}, and of so many bytes. */
  static byte[] base64(String value, int min, int max, String name) {
    byte[] bytes = base64(value, name);
    if (bytes.length < min || bytes.length > max) {
      throw malformed(name + " is not " + (min == max ? "" : min + "..") + max + " bytes");
    }
    return bytes;
  }

  /** That many bytes in lower-case hex. */
  static byte[] lowerHex(String value, int length, String name) {
    boolean lower = value.length() == 2 * length;
    for (int i = 0; lower && i < value.length(); i++) {
      char c = value.charAt(i);
      lower = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (!lower) {
      throw malformed(name + " is not " + length + " bytes in lower-case hex");
    }
    return HEX.parseHex(value);
  }

  /** Whether that is 1..max characters of ASCII that can be seen, so neither blank nor control. */
  static boolean isVisible(String value, int max) {
    return value.length() <= max && VISIBLE.matches(value);
  }

  static AuthenticationException missing(String name) {
    return malformed("header " + name + " is missing");
  }

  static AuthenticationException malformed(String message) {
    return new AuthenticationException(Reason.MALFORMED, message);
  }
}
