package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.Set;

/**
 * SPI: the demand that a column equals one of the values, compared exactly: by case, by accent, and
 * with blanks at the end. Immutable.
 *
 * @param values 1..1,024: {@code Long}s where the column is a number, else {@code String}s
 */
public record AuditMatch(AuditColumn column, Set<Object> values) {
  /** Most values. */
  public static final int MAX_VALUES = 1_024;

  /** Checks the values' number and type. */
  public AuditMatch {
    requireNonNull(column, "column");
    values = Set.copyOf(values);
    Check.range(values.size(), 1, MAX_VALUES, "number of values");
    Class<?> type = column.isNumber() ? Long.class : String.class;
    for (Object value : values) {
      Check.that(
          type.isInstance(value),
          () -> "values of " + column + " must be of type " + type.getSimpleName());
    }
  }

  /** Whether the record meets the demand. */
  public boolean test(AuditRecord record) {
    Object value = column.of(record);
    return value != null && values.contains(value);
  }

  @Override
  public String toString() {
    return column + " in " + values.size() + " values";
  }
}
