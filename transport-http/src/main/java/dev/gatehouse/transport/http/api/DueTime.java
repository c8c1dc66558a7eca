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
          zoned
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDateTime.parse(text, LOCAL).atZone(zone).toInstant());
    } catch (DateTimeException e) {
      throw Fields.invalid(
          "runtime must be yyyy-MM-dd HH:mm:ss or ISO 8601 with an offset, was '"
              + Check.shown(text)
              + "'");
    }
  }

  private static Optional<Instant> seconds(long seconds) {
    try {
      return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    } catch (DateTimeException e) {
      throw Fields.invalid("runtime must be a time, was " + seconds);
    }
  }
}
