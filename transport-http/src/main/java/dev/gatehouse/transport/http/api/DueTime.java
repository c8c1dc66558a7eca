package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The time that Serendipity-job's clients give a task: {@code yyyy-MM-dd HH:mm:ss} in the zone of
 * the server, ISO 8601 with its offset, or seconds since 1970 as a number or as ten digits of text.
 */
final class DueTime {
  static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);

  private static final String PLAIN = "0000-00-00 00:00:00";
  private static final Form SECONDS = Form.of("[0-9]", 10, 10);
  private static final Pattern ZONED = Pattern.compile(".*T.*(?:Z|[+-][0-9:]{2,9})");
  private static final int MAX_LENGTH = 64;

  private DueTime() {}

  /**
   * The time; empty for now, which is what upstream takes for empty stands for.
   *
   * @throws RefusedException if it is no time
   */
  static Optional<Instant> of(JsonNode node, ZoneId zone) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return seconds(node.longValue());
    }
    Fields.require(node.isTextual(), "runtime must be a time as a string or a whole number");
    String text = node.textValue();
    if (text.isEmpty() || text.equals("0")) {
      return Optional.empty();
    }
    if (SECONDS.matches(text)) {
      return seconds(Long.parseLong(text));
    }
    try {
      boolean zoned =
          text.indexOf('T') >= 0 && text.length() <= MAX_LENGTH && ZONED.matcher(text).matches();
      return Optional.of(
          zoned ? OffsetDateTime.parse(text).toInstant() : local(text).atZone(zone).toInstant());
    } catch (DateTimeException e) {
      throw Fields.invalid(
          "runtime must be yyyy-MM-dd HH:mm:ss or ISO 8601 with an offset, was '"
              + Check.shown(text)
              + "'");
    }
  }

  /**
   * What {@link #LOCAL} reads; the form that nearly all have is read without it, in a tenth of the
   * time.
   *
   * @throws DateTimeException if it is no time
   */
  static LocalDateTime local(String text) {
    return isPlain(text)
        ? LocalDateTime.of(
            number(text, 0, 4),
            number(text, 5, 7),
            number(text, 8, 10),
            number(text, 11, 13),
            number(text, 14, 16),
            number(text, 17, 19))
        : LocalDateTime.parse(text, LOCAL);
  }

  private static boolean isPlain(String text) {
    boolean plain = text.length() == PLAIN.length();
    for (int i = 0; plain && i < text.length(); i++) {
      char c = text.charAt(i);
      plain = PLAIN.charAt(i) == '0' ? c >= '0' && c <= '9' : c == PLAIN.charAt(i);
    }
    return plain;
  }

  private static int number(String text, int from, int until) {
    return Integer.parseInt(text, from, until, 10);
  }

  private static Optional<Instant> seconds(long seconds) {
    try {
      return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    } catch (DateTimeException e) {
      throw Fields.invalid("runtime must be a time, was " + seconds);
    }
  }
}
