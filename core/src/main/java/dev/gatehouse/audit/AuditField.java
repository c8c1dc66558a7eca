package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A typed field that an application adds to its records, beside the core fields and the open {@code
 * ext}: made known by {@link AuditRules.Builder#field}, set by {@link AuditRecord.Builder#set}, and
 * then a field that queries can name. Its name has 1..64 letters, digits and underscores of ASCII,
 * begins with a letter, and is none of a core field, {@code message} or {@code ext}. Two fields are
 * equal if name and type are. Immutable.
 *
 * @param <T> what its values are
 */
public final class AuditField<T> {
  /** Longest value of a keyword, in chars. */
  public static final int MAX_KEYWORD = 256;

  /** Longest value of a text, in chars. */
  public static final int MAX_TEXT = 4_096;

  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");

  /**
   * What {@link Double#toString} gives: of which digits, depends on the JDK that has written it.
   */
  private static final Pattern DECIMAL =
      Pattern.compile("-?[0-9]{1,17}\\.[0-9]{1,20}(E-?[0-9]{1,3})?");

  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  private final String name;
  private final Type type;
  private final Class<T> valueClass;

  /** What a field's values are, by the numbers that canonical bytes have of that. */
  enum Type {
    KEYWORD(0, "string"),
    TEXT(1, "string"),
    LONG(2, "whole number of 64 bits"),
    DOUBLE(3, "number that a double holds"),
    TIME(4, "time: whole milliseconds, or ISO 8601"),
    BOOLEAN(5, "boolean");

    private final int code;
    private final String told;

    Type(int code, String told) {
      this.code = code;
      this.told = told;
    }

    /** What a value must be. */
    String told() {
      return told;
    }

    int code() {
      return code;
    }
  }

  private AuditField(String name, Type type, Class<T> valueClass) {
    this.name = Check.matches(requireNonNull(name, "name"), NAME, "name of the field");
    Check.that(
        !Field.isReserved(name),
        () -> "name of the field must not be that of a core field: " + name);
    this.type = type;
    this.valueClass = valueClass;
  }

  /** Texts of at most {@value #MAX_KEYWORD} characters that are compared as a whole. */
  public static AuditField<String> keyword(String name) {
    return new AuditField<>(name, Type.KEYWORD, String.class);
  }

  /** Texts of at most {@value #MAX_TEXT} characters whose words can be searched. */
  public static AuditField<String> text(String name) {
    return new AuditField<>(name, Type.TEXT, String.class);
  }

  /** Whole numbers. */
  public static AuditField<Long> number(String name) {
    return new AuditField<>(name, Type.LONG, Long.class);
  }

  /** Finite numbers; compared exactly, by the decimal that {@link Double#toString} gives. */
  public static AuditField<Double> decimal(String name) {
    return new AuditField<>(name, Type.DOUBLE, Double.class);
  }

  /** Times in 1970..9999, cut to milliseconds. */
  public static AuditField<Instant> time(String name) {
    return new AuditField<>(name, Type.TIME, Instant.class);
  }

  /** True or false. */
  public static AuditField<Boolean> flag(String name) {
    return new AuditField<>(name, Type.BOOLEAN, Boolean.class);
  }

  /** The field of a type's number. */
  static AuditField<?> of(String name, int typeNumber) {
    return switch (typeNumber) {
      case 0 -> keyword(name);
      case 1 -> text(name);
      case 2 -> number(name);
      case 3 -> decimal(name);
      case 4 -> time(name);
      case 5 -> flag(name);
      default ->
          throw new IllegalArgumentException(
              "type of field " + name + " must be in 0..5, was " + typeNumber);
    };
  }

  /** The name, by which queries know it. */
  public String name() {
    return name;
  }

  Type type() {
    return type;
  }

  T cast(Object value) {
    return valueClass.cast(value);
  }

  /** The value as it is kept, if it is one of this field's. */
  Object checked(Object value) {
    requireNonNull(value, name);
    Check.that(
        valueClass.isInstance(value),
        () ->
            name
                + " must be a "
                + valueClass.getSimpleName()
                + ", was a "
                + value.getClass().getName());
    return switch (type) {
      case KEYWORD -> Check.text((String) value, 0, MAX_KEYWORD, name);
      case TEXT -> checkedText((String) value);
      case DOUBLE -> checkedDouble((Double) value);
      case TIME -> checkedTime((Instant) value);
      case LONG, BOOLEAN -> value;
    };
  }

  private String checkedText(String value) {
    Check.range(value.length(), 0, MAX_TEXT, "length of " + name);
    Check.that(value.indexOf(0) < 0, () -> name + " must not hold U+0000");
    return Utf8.checked(value, 3 * MAX_TEXT, name);
  }

  private Double checkedDouble(Double value) {
    Check.that(Double.isFinite(value), () -> name + " must be finite, was " + value);
    return value == 0 ? Double.valueOf(0) : value;
  }

  private Instant checkedTime(Instant value) {
    Instant millis = value.truncatedTo(ChronoUnit.MILLIS);
    Check.that(
        !millis.isBefore(Instant.EPOCH) && !millis.isAfter(LATEST),
        () -> name + " must be in " + Instant.EPOCH + ".." + LATEST + ", was " + value);
    return millis;
  }

  /** The value that a JSON value stands for. */
  Object read(JsonNode node) {
    Object told = Values.ofJson(node);
    Optional<?> value =
        switch (type) {
          case KEYWORD, TEXT -> Values.text(told);
          case LONG -> Values.number(told).flatMap(Values::whole);
          case DOUBLE -> Values.number(told).flatMap(Values::held);
          case TIME -> Values.time(told).flatMap(Values::whole).map(Instant::ofEpochMilli);
          case BOOLEAN -> Values.bool(told);
        };
    Check.that(
        value.isPresent(),
        () -> name + " must be a " + type.told() + ", was '" + Check.shown(node.toString()) + "'");
    return checked(value.get());
  }

  /** A value in the one form that canonical bytes have of it. */
  byte[] encode(Object value) {
    String text =
        value instanceof Instant instant ? Long.toString(instant.toEpochMilli()) : value.toString();
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The value of those bytes, which must be in that form. */
  Object decode(byte[] utf8) {
    String text = Check.utf8(utf8, name);
    Object value = checked(parsed(text));
    boolean isRight =
        type == Type.DOUBLE
            ? DECIMAL.matcher(text).matches()
            : new String(encode(value), StandardCharsets.UTF_8).equals(text);
    Check.that(isRight, () -> name + " must be written in the one right way, was not");
    return value;
  }

  private Object parsed(String text) {
    return switch (type) {
      case KEYWORD, TEXT -> text;
      case LONG -> Long.parseLong(text);
      case DOUBLE -> Double.parseDouble(text);
      case TIME -> Instant.ofEpochMilli(Long.parseLong(text));
      case BOOLEAN -> Boolean.parseBoolean(text);
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuditField<?> that && name.equals(that.name) && type == that.type;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + type.code;
  }

  @Override
  public String toString() {
    return name + " (" + type + ")";
  }
}
