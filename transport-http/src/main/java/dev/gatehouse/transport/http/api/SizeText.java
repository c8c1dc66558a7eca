package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads sizes as configurations spell them. A unit is a power of 1,024 however it is spelled: the
 * parser of the middleware's own platform takes {@code 1M} for one byte, which nobody means.
 */
final class SizeText {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,12}) ?([A-Za-z]{0,3})");
  private static final Map<String, Integer> SHIFTS =
      Map.of(
          "", 0, "b", 0, "k", 10, "kb", 10, "kib", 10, "m", 20, "mb", 20, "mib", 20, "g", 30, "gb",
          30);

  private SizeText() {}

  /**
   * The bytes that a text such as {@code 1M}, {@code 1MB}, {@code 1MiB} or {@code 1048576} stands
   * for.
   *
   * @throws IllegalArgumentException if it is no such text
   */
  static long bytes(String text) {
    Matcher matcher = FORM.matcher(requireNonNull(text, "size").strip());
    Integer shift =
        matcher.matches() ? SHIFTS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    Check.that(
        shift != null,
        "size must be a number with B, KB, KiB, MB, MiB or GB, was '" + Check.shown(text) + "'");
    long units = Long.parseLong(matcher.group(1));
    long most = Long.MAX_VALUE >> requireNonNull(shift);
    Check.that(units <= most, "size must be below 8 EiB, was '" + Check.shown(text) + "'");
    return units << shift;
  }
}
