package dev.gatehouse.scheduler;

import static java.util.Objects.requireNonNull;

import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import dev.gatehouse.check.Check;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A cron expression over local times, as if there were neither zones nor daylight saving: what that
 * means on a day whose clock is changed is {@link CronRhythm}'s. Immutable.
 */
final class CronExpression {
  /** Longest text, in chars. */
  static final int MAX_LENGTH = 100;

  // No '?', '#' and the like: what they mean differs from one cron to the next.
  private static final Pattern ALLOWED = Pattern.compile("[0-9A-Za-z*,/ -]*");
  private static final Pattern FIELD = field();
  private static final CronDefinition MINUTES = definition(false);
  private static final CronDefinition SECONDS = definition(true);

  private final String text;
  private final ExecutionTime times;

  private CronExpression(String text, ExecutionTime times) {
    this.text = text;
    this.times = times;
  }

  /**
   * The expression of that text, with single blanks between its fields and names in capitals.
   *
   * @throws IllegalArgumentException if it is none
   */
  static CronExpression parse(String text) {
    requireNonNull(text, "cron expression");
    Check.that(
        text.length() <= MAX_LENGTH,
        "cron expression must have at most " + MAX_LENGTH + " characters, had " + text.length());
    Check.that(
        ALLOWED.matcher(text).matches(),
        "cron expression must hold digits, letters, blanks and * , - / only, was '"
            + Check.shown(text)
            + "'");
    String[] fields = text.strip().toUpperCase(Locale.ROOT).split(" +");
    Check.that(
        fields.length == 5 || fields.length == 6,
        "cron expression must have 5 fields, or 6 with the seconds first, was '"
            + Check.shown(text)
            + "'");
    for (String field : fields) {
      Check.that(FIELD.matcher(field).matches(), invalid(text, "field " + field));
    }
    String canonical = String.join(" ", fields);
    CronParser parser = new CronParser(fields.length == 5 ? MINUTES : SECONDS);
    try {
      return new CronExpression(
          canonical, ExecutionTime.forCron(parser.parse(canonical).validate()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(invalid(text, String.valueOf(e.getMessage())));
    }
  }

  private static String invalid(String text, String why) {
    return "cron expression must be valid, was '" + Check.shown(text) + "': " + Check.shown(why);
  }

  /** Lists of values, ranges and steps: the parser takes more, such as {@code /5}. */
  private static Pattern field() {
    String value = "(?:[0-9]{1,2}|[A-Z]{3})";
    String item = "(?:\\*|" + value + "(?:-" + value + ")?)(?:/[0-9]{1,2})?";
    return Pattern.compile(item + "(?:," + item + ")*");
  }

  private static CronDefinition definition(boolean seconds) {
    CronDefinitionBuilder builder = CronDefinitionBuilder.defineCron();
    if (seconds) {
      builder.withSeconds().withStrictRange().and();
    }
    return builder
        .withMinutes()
        .withStrictRange()
        .and()
        .withHours()
        .withStrictRange()
        .and()
        .withDayOfMonth()
        .withStrictRange()
        .and()
        .withMonth()
        .withStrictRange()
        .and()
        .withDayOfWeek()
        .withValidRange(0, 7)
        .withMondayDoWValue(1)
        .withIntMapping(7, 0)
        .withStrictRange()
        .and()
        .instance();
  }

  /** The first time at or after that one; empty if there is none. */
  Optional<LocalDateTime> atOrAfter(LocalDateTime from) {
    LocalDateTime whole = from.withNano(0);
    LocalDateTime before = whole.equals(from) ? whole.minusSeconds(1) : whole;
    return times
        .nextExecution(ZonedDateTime.of(before, ZoneOffset.UTC))
        .map(ZonedDateTime::toLocalDateTime);
  }

  /** The canonical text. */
  @Override
  public String toString() {
    return text;
  }
}
