package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a host knows of the moment of a check: where a request came from, how much it is about, and
 * whatever else the {@link Condition}s of its grants ask for. At most {@value #MAX_SIZE}.
 *
 * <p>A name is {@code [a-zA-Z][a-zA-Z0-9_.-]*} of at most 64 characters; upper and lower case are
 * two. A value is a text, a number or a boolean, and never stands for one of another type: the text
 * {@code "1"} is not the number 1. {@link #toString} shows names without values. Immutable.
 */
public final class Attributes {
  /** No attributes. */
  public static final Attributes NONE = new Attributes(Map.of());

  /** Most attributes. */
  public static final int MAX_SIZE = 32;

  /** Longest text. */
  public static final int MAX_TEXT = 1_024;

  private static final int MAX_DIGITS = 40;
  private static final int MAX_SCALE = 400;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9_.-]{0,63}");

  private final Map<String, Value> values;

  private Attributes(Map<String, Value> values) {
    this.values = values;
  }

  /** A value of one of three types. Immutable. */
  public sealed interface Value {
    /**
     * A text.
     *
     * @param text 0..{@value Attributes#MAX_TEXT} characters in Unicode normalization form C, none
     *     of them a control character
     */
    record Text(String text) implements Value {
      /** Checks the text. */
      public Text {
        Check.text(text, 0, MAX_TEXT, "text");
        Check.that(
            Normalizer.isNormalized(text, Normalizer.Form.NFC),
            "text must be in Unicode normalization form C, was '" + Check.shown(text) + "'");
      }
    }

    /**
     * A number; 1 and 1.0 are one.
     *
     * @param number at most 40 digits and a scale of at most 400 either way, zeros at its end apart
     */
    record Decimal(BigDecimal number) implements Value {
      /** Checks the number. */
      public Decimal {
        number = requireNonNull(number, "number").stripTrailingZeros();
        boolean small =
            number.precision() <= MAX_DIGITS && Math.abs((long) number.scale()) <= MAX_SCALE;
        Check.that(
            small,
            "number must have at most "
                + MAX_DIGITS
                + " digits and a scale of at most "
                + MAX_SCALE
                + ", had "
                + number.precision()
                + " and "
                + number.scale());
      }
    }

    /**
     * Yes or no.
     *
     * @param flag which of them
     */
    record Flag(boolean flag) implements Value {}

    /** A text as a value. */
    static Value of(String text) {
      return new Text(text);
    }

    /** A number as a value. */
    static Value of(BigDecimal number) {
      return new Decimal(number);
    }

    /** A number as a value. */
    static Value of(long number) {
      return new Decimal(BigDecimal.valueOf(number));
    }

    /** Yes or no as a value. */
    static Value of(boolean flag) {
      return new Flag(flag);
    }
  }

  /** The one attribute. */
  public static Attributes of(String name, String text) {
    return NONE.with(name, text);
  }

  /** The one attribute. */
  public static Attributes of(String name, long number) {
    return NONE.with(name, number);
  }

  /** The one attribute. */
  public static Attributes of(String name, boolean flag) {
    return NONE.with(name, flag);
  }

  /** These and a text; it takes the place of a value of that name. */
  public Attributes with(String name, String text) {
    return with(name, Value.of(text));
  }

  /** These and a number; it takes the place of a value of that name. */
  public Attributes with(String name, long number) {
    return with(name, Value.of(number));
  }

  /** These and a number; it takes the place of a value of that name. */
  public Attributes with(String name, BigDecimal number) {
    return with(name, Value.of(number));
  }

  /** These and yes or no; it takes the place of a value of that name. */
  public Attributes with(String name, boolean flag) {
    return with(name, Value.of(flag));
  }

  /** These and a value; it takes the place of a value of that name. */
  public Attributes with(String name, Value value) {
    name(name);
    requireNonNull(value, "value");
    Map<String, Value> more = new LinkedHashMap<>(values);
    more.put(name, value);
    Check.range(more.size(), 1, MAX_SIZE, "number of attributes");
    return new Attributes(more);
  }

  /** The value of that name; empty if there is none. */
  public Optional<Value> find(String name) {
    return Optional.ofNullable(values.get(requireNonNull(name, "name")));
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  @Nullable Value value(String name) {
    return values.get(name);
  }

  static String name(String name) {
    return Check.matches(name, NAME, "name of attribute");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Attributes that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** The names, as in {@code [ip, level]}. */
  @Override
  public String toString() {
    return values.keySet().toString();
  }
}
