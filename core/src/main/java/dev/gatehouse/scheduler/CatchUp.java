package dev.gatehouse.scheduler;

import dev.gatehouse.check.Check;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What becomes of a schedule's occurrences that were missed: those to which no node attended within
 * a minute after their time, because none ran, or none could reach the storage. Later ones are
 * always made up for. Immutable.
 */
public final class CatchUp {
  /** Most occurrences that are made up for. */
  public static final int MAX = 100;

  /** They are dropped. */
  public static final CatchUp NONE = new CatchUp("none", 0);

  /**
   * The last of them is made up for, the others are dropped; all are if a later occurrence is due
   * by now anyway.
   */
  public static final CatchUp LAST = new CatchUp("last", 1);

  private static final Pattern TEXT = Pattern.compile("all:([0-9]{1,3})");

  private final String text;
  private final int max;

  private CatchUp(String text, int max) {
    this.text = text;
    this.max = max;
  }

  /**
   * They are made up for, the earliest first; if there are more than max, the last of them.
   *
   * @param max 1..{@link #MAX}
   */
  public static CatchUp all(int max) {
    return new CatchUp("all:" + Check.range(max, 1, MAX, "max"), max);
  }

  /** What {@link #toString} gave. */
  static CatchUp parse(String text) {
    if (text.equals(NONE.text)) {
      return NONE;
    }
    if (text.equals(LAST.text)) {
      return LAST;
    }
    Matcher matcher = TEXT.matcher(text);
    Check.that(
        matcher.matches(), "catch-up must be none, last or all:N, was '" + Check.shown(text) + "'");
    return all(Integer.parseInt(matcher.group(1)));
  }

  /** How many are made up for, when so many or more were missed. */
  int max() {
    return max;
  }

  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return other instanceof CatchUp that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** {@code none}, {@code last} or {@code all:MAX}. */
  @Override
  public String toString() {
    return text;
  }
}
