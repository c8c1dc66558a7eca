package dev.gatehouse.permission;

import dev.gatehouse.check.Check;
import java.util.regex.Pattern;

/**
 * The one rule for names, so that whoever grants and whoever asks mean the same thing. A name is
 * taken as it comes or refused, never repaired: two spellings that a router, a file system or a
 * reader might take for one must not be two names here.
 */
final class Names {
  static final int MAX_NAME = 200;
  static final int MAX_ACTION = 100;
  static final int MAX_PATH = 512;
  static final int MAX_SEGMENTS = 16;
  static final String ANY = "*";
  static final String REST = "**";

  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

  private Names() {}

  static String type(String value, String what) {
    return Check.matches(value, TYPE, what);
  }

  /** The name of a subject or a role: anything but a lone wildcard. */
  static String name(String value, String what) {
    Check.name(value, MAX_NAME, what);
    Check.that(
        !value.equals(ANY), () -> what + " must not be '*': wildcards belong to actions and paths");
    return value;
  }

  /** An action as one asks for it. */
  static String action(String value) {
    Check.name(value, MAX_ACTION, "action");
    Check.that(
        value.indexOf('*') < 0, () -> "action must not hold '*', was '" + Check.shown(value) + "'");
    return value;
  }

  /** One step of a path, as one asks for it. */
  static String segment(String value, String path) {
    Check.name(value, MAX_PATH, "segment of '" + Check.shown(path) + "'");
    Check.that(
        !value.equals(".") && !value.equals(".."),
        () -> "path must not hold '.' or '..' as a segment, was '" + Check.shown(path) + "'");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean escape = c == '%' && isHex(value, i + 1) && isHex(value, i + 2);
      Check.that(
          c != '*' && c != '/' && c != '\\' && c != ';' && !escape,
          () ->
              "segment must not hold '*', '/', '\\', ';' or a %-escape, was '"
                  + Check.shown(value)
                  + "'");
    }
    return value;
  }

  private static boolean isHex(String value, int index) {
    return index < value.length() && Character.digit(value.charAt(index), 16) >= 0;
  }
}
