package dev.gatehouse.reader;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place between two rows of a download, to go on from. Immutable.
 *
 * @param bytes how many bytes are before it, zero or more
 * @param rows how many rows are before it, zero or more
 * @param columns how many values the first line names; -1 if that is not known
 * @param validator the strong entity tag by which the third party knows that nothing has changed;
 *     empty if it gave none: then nobody can go on from there
 */
public record Position(long bytes, long rows, int columns, String validator) {
  /** Before all. */
  public static final Position START = new Position(0, 0, -1, "");

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18}):(\\d{1,18}):(-1|\\d{1,9}):(.*)");

  /** Checks the ranges. */
  public Position {
    Check.range(bytes, 0, Long.MAX_VALUE, "bytes");
    Check.range(rows, 0, Long.MAX_VALUE, "rows");
    Check.range(columns, -1, Integer.MAX_VALUE, "columns");
    Check.that(
        requireNonNull(validator, "validator").isEmpty() || isStrong(validator),
        "validator must be a strong entity tag, was '" + Check.shown(validator) + "'");
  }

  /** Whether that is an entity tag that stands for the same bytes. */
  static boolean isStrong(String tag) {
    return tag.length() >= 2
        && tag.length() <= 256
        && tag.startsWith("\"")
        && tag.indexOf('"', 1) == tag.length() - 1
        && tag.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  /** Whether it can be gone on from. */
  public boolean isResumable() {
    return bytes > 0 && !validator.isEmpty();
  }

  /** The text to keep, which {@link #parse} reads: at most 300 characters. */
  public String text() {
    return bytes + ":" + rows + ":" + columns + ":" + validator;
  }

  /**
   * The position behind a {@link #text()}.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public static Position parse(String text) {
    Matcher matcher = TEXT.matcher(requireNonNull(text, "text"));
    Check.that(matcher.matches(), "position must be one's text, was '" + Check.shown(text) + "'");
    return new Position(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Integer.parseInt(matcher.group(3)),
        matcher.group(4));
  }
}
