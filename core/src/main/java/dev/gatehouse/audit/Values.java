package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.check.Check;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The values of the filter language: {@code String}, {@code Boolean}, and {@code BigDecimal}
 * without trailing zeros, so that equal numbers are equal objects.
 */
final class Values {
  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]{1,1000}(\\.[0-9]{1,1000})?([eE][+-]?[0-9]{1,9})?");
  private static final Pattern MILLIS = Pattern.compile("-?[0-9]{1,18}");

  private static final Pattern ID = Pattern.compile("[1-9][0-9]{0,18}");
  private static final long MAX_SCALE = 1_000_000_000;

  /** Beyond this a number's plain text would be longer than any field. */
  private static final int MAX_PLAIN = Filter.MAX_STRING;

  private Values() {}

  /** Without trailing zeros, but where the exponent could overflow. */
  static BigDecimal normal(BigDecimal number) {
    return Math.abs((long) number.scale()) > MAX_SCALE ? number : number.stripTrailingZeros();
  }

  /** The value of a scalar; an object, which equals nothing, stays as it is. */
  static Object ofJson(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isNumber()) {
      return normal(node.decimalValue());
    }
    return node.isBoolean() ? (Object) node.booleanValue() : node;
  }

  /** The value of a typed field. */
  static Object ofTyped(Object value) {
    if (value instanceof Long number) {
      return normal(BigDecimal.valueOf(number));
    }
    if (value instanceof Double number) {
      return normal(new BigDecimal(number.toString()));
    }
    return value instanceof Instant time ? normal(BigDecimal.valueOf(time.toEpochMilli())) : value;
  }

  /** True or false, or the text of one. */
  static Optional<Boolean> bool(Object value) {
    if (value instanceof Boolean bool) {
      return Optional.of(bool);
    }
    return value instanceof String text && (text.equals("true") || text.equals("false"))
        ? Optional.of(Boolean.valueOf(text))
        : Optional.empty();
  }

  /** The value of a Java object; empty if the language has none for it. */
  static Optional<Object> ofJava(@Nullable Object value) {
    if (value instanceof String || value instanceof Boolean || value instanceof BigDecimal) {
      return Optional.of(value);
    }
    if (value instanceof Instant instant) {
      return Optional.of(instant.toString());
    }
    if (value instanceof BigInteger integer) {
      return Optional.of(new BigDecimal(integer));
    }
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return Optional.of(BigDecimal.valueOf(((Number) value).longValue()));
    }
    if (value instanceof Double || value instanceof Float) {
      return Optional.of(((Number) value).doubleValue())
          .filter(Double::isFinite)
          .map(number -> new BigDecimal(value.toString()));
    }
    return Optional.empty();
  }

  /** A number, or the text of one. */
  static Optional<BigDecimal> number(Object value) {
    if (value instanceof BigDecimal number) {
      return Optional.of(normal(number));
    }
    return value instanceof String text && NUMBER.matcher(text).matches()
        ? Optional.of(normal(new BigDecimal(text)))
        : Optional.empty();
  }

  /** The number, if it is whole and has 64 bits at most. */
  static Optional<Long> whole(BigDecimal number) {
    try {
      return Optional.of(number.longValueExact());
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** The double of a decimal, if it stands for that one: with 15 digits, each has its own. */
  static Optional<Double> held(BigDecimal number) {
    double held = number.doubleValue();
    boolean isNormal = number.signum() == 0 || Math.abs(held) >= Double.MIN_NORMAL;
    return Double.isFinite(held)
            && ((isNormal && number.precision() <= 15)
                || new BigDecimal(Double.toString(held)).compareTo(number) == 0)
        ? Optional.of(held)
        : Optional.empty();
  }

  /** A text, or a number's plain text unless that is out of all proportion. */
  static Optional<String> text(Object value) {
    if (value instanceof BigDecimal number) {
      long digits = (long) number.precision() + Math.abs((long) number.scale());
      return digits <= MAX_PLAIN ? Optional.of(number.toPlainString()) : Optional.empty();
    }
    return value instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** Milliseconds since 1970: whole ones as number or text, or ISO 8601, in UTC if no zone. */
  static Optional<BigDecimal> time(Object value) {
    if (value instanceof BigDecimal number) {
      BigDecimal normal = normal(number);
      return normal.scale() <= 0 ? Optional.of(normal) : Optional.empty();
    }
    if (!(value instanceof String text)) {
      return Optional.empty();
    }
    if (MILLIS.matcher(text).matches()) {
      return Optional.of(normal(new BigDecimal(text)));
    }
    try {
      return Optional.of(millis(instant(text)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Instant instant(String text) {
    int timeAt = text.indexOf('T');
    if (timeAt < 0) {
      return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
    }
    boolean zoned =
        text.endsWith("Z") || text.indexOf('+', timeAt) > 0 || text.indexOf('-', timeAt) > 0;
    return zoned
        ? OffsetDateTime.parse(text).toInstant()
        : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
  }

  private static BigDecimal millis(Instant instant) {
    return normal(
        BigDecimal.valueOf(instant.getEpochSecond())
            .movePointRight(3)
            .add(BigDecimal.valueOf(instant.getNano(), 6)));
  }

  /** What the column of a record that equals the value holds; empty if no record can. */
  static Optional<Object> ofColumn(AuditColumn column, Object value) {
    if (column == AuditColumn.ID) {
      return value instanceof String text && ID.matcher(text).matches()
          ? Optional.of(new BigDecimal(text))
              .filter(id -> id.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0)
              .map(BigDecimal::longValueExact)
          : Optional.empty();
    }
    if (value instanceof BigDecimal number) {
      return isInt(number) ? Optional.of((long) number.intValueExact()) : Optional.empty();
    }
    return value instanceof String text && isStorable(text) ? Optional.of(text) : Optional.empty();
  }

  private static boolean isInt(BigDecimal number) {
    return number.compareTo(BigDecimal.valueOf(Integer.MIN_VALUE)) >= 0
        && number.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) <= 0
        && number.scale() <= 0;
  }

  private static boolean isStorable(String text) {
    try {
      Check.text(text, 0, AuditRecord.MAX_TEXT, "value");
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Numbers by value, texts by Unicode code point; empty if the two are of different kinds. */
  static Optional<Integer> compare(Object one, Object other) {
    if (one instanceof BigDecimal a && other instanceof BigDecimal b) {
      return Optional.of(a.compareTo(b));
    }
    return one instanceof String a && other instanceof String b
        ? Optional.of(compareCodePoints(a, b))
        : Optional.empty();
  }

  private static int compareCodePoints(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        return Integer.compare(rank(x), rank(y));
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** Halves of supplementary code points come after all other chars, as the code points do. */
  private static int rank(char c) {
    return Character.isSurrogate(c) ? c + 0x10000 : c;
  }
}
