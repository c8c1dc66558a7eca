package dev.gatehouse.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.gatehouse.audit.AuditTerms.Demand;
import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.check.Check;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** One test of one field, checked and compiled. Immutable. */
final class Expression {
  private final Field field;
  private final Operator operator;
  private final List<Object> values;
  private final Words words;
  private final Predicate<Row> positive;

  /** What a column must be one of. */
  private final Set<Object> demanded;

  private Expression(
      Field field, Operator operator, List<Object> values, Words words, String path) {
    this.field = field;
    this.operator = operator;
    this.values = values;
    this.words = words;
    this.positive = compile(path);
    this.demanded = demanded();
  }

  /**
   * Compiles an expression.
   *
   * @param values {@code String}, {@code Boolean}, {@code BigDecimal}
   * @param path where the expression stands, for messages
   */
  static Expression of(Field field, Operator operator, List<Object> values, String path) {
    requireApplicable(operator, field, path + ".operator");
    requireNumber(operator, values.size(), path + ".value");
    List<Object> coerced = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      coerced.add(coerce(field, operator, values.get(i), path + ".value[" + i + "]"));
    }
    return new Expression(
        field, operator, List.copyOf(coerced), Words.STANDARD, path + ".value[0]");
  }

  /** The same test, of words as they are split there. */
  Expression with(Words other) {
    return comparesWords() ? new Expression(field, operator, values, other, "") : this;
  }

  private boolean comparesWords() {
    return operator.isMatch() && field.type() == Field.Type.TEXT;
  }

  boolean test(Row row) {
    return positive.test(row) != operator.isNegative();
  }

  /**
   * What this expression demands of a column, if it can be said that way. Every record that passes
   * the test meets it. A match without values cannot be said: {@link #isNever} tells.
   */
  Optional<AuditMatch> match() {
    AuditColumn column = field.column();
    return column == null || demanded.isEmpty()
        ? Optional.empty()
        : Optional.of(new AuditMatch(column, demanded));
  }

  /**
   * What this expression demands of a record's terms, where that is not said by {@link #match} and
   * can be said. Every record that passes the test meets it.
   */
  Optional<AuditTerms> terms() {
    if (field.type() == Field.Type.TEXT) {
      return wordTerms();
    }
    boolean isEqual =
        operator == Operator.EQUAL || operator == Operator.IN_LIST || operator.isMatch();
    return isEqual && field.hasTerms()
        ? Optional.of(AuditTerms.anyValue(field.name(), values))
        : Optional.empty();
  }

  /**
   * A text that equals another has all of its words. The terms of records are words of the standard
   * analyzer, of which another's say nothing.
   */
  private Optional<AuditTerms> wordTerms() {
    Demand demand =
        switch (operator) {
          case MATCH -> Demand.ANY;
          case MATCH_PHRASE, EQUAL -> Demand.ALL;
          default -> null;
        };
    return demand == null || !words.isStandard()
        ? Optional.empty()
        : AuditTerms.words(demand, field.name(), words.sought((String) values.get(0)));
  }

  /** Whether it compares a column only with values that no record can have. */
  boolean isNever() {
    return isEquality() && demanded.isEmpty();
  }

  void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("field", field.name());
    out.writeStringField("operator", operator.wireName());
    out.writeArrayFieldStart("value");
    for (Object value : values) {
      if (value instanceof BigDecimal number) {
        out.writeNumber(number);
      } else if (value instanceof Boolean bool) {
        out.writeBoolean(bool);
      } else {
        out.writeString(value.toString());
      }
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private boolean isEquality() {
    return field.column() != null
        && (operator == Operator.EQUAL || operator == Operator.IN_LIST || operator.isMatch());
  }

  private Set<Object> demanded() {
    AuditColumn column = field.column();
    Set<Object> demanded = new HashSet<>();
    if (column != null && isEquality()) {
      for (Object value : values) {
        Values.ofColumn(column, value).ifPresent(demanded::add);
      }
    }
    return demanded;
  }

  private Predicate<Row> compile(String path) {
    Operator test = operator.positive();
    if (comparesWords()) {
      return phraseOrToken();
    }
    return switch (test) {
      case EXISTS -> row -> !field.values(row).isEmpty();
      case EQUAL, IN_LIST, MATCH, MATCH_PHRASE -> any(Set.copyOf(values)::contains);
      case LIKE -> like(path);
      case GREATER_THAN -> any(value -> compare(value, 0, 1, 1));
      case GREATER_THAN_OR_EQUAL -> any(value -> compare(value, 0, 0, 1));
      case LESS_THAN -> any(value -> compare(value, 0, -1, -1));
      case LESS_THAN_OR_EQUAL -> any(value -> compare(value, 0, -1, 0));
      case BETWEEN -> any(value -> compare(value, 0, 0, 1) && compare(value, 1, -1, 0));
      default -> throw new AssertionError(test);
    };
  }

  private Predicate<Row> any(Predicate<Object> test) {
    return row -> {
      for (Object value : field.values(row)) {
        if (test.test(value)) {
          return true;
        }
      }
      return false;
    };
  }

  private boolean compare(Object value, int with, int min, int max) {
    return Values.compare(value, values.get(with))
        .map(Integer::signum)
        .filter(sign -> sign >= min && sign <= max)
        .isPresent();
  }

  private Predicate<Row> like(String path) {
    try {
      LikePattern pattern = new LikePattern((String) values.get(0));
      return any(value -> value instanceof String text && pattern.matches(text));
    } catch (IllegalArgumentException e) {
      throw new InvalidQueryException(Reason.BAD_VALUE, path, String.valueOf(e.getMessage()));
    }
  }

  private Predicate<Row> phraseOrToken() {
    List<String> tokens = words.sought((String) values.get(0));
    if (operator == Operator.MATCH_PHRASE) {
      Phrase phrase = new Phrase(tokens);
      return row -> phrase.isIn(row.tokens(field));
    }
    Set<String> wanted = Set.copyOf(tokens);
    return row -> row.tokens(field).stream().anyMatch(wanted::contains);
  }

  private static void requireApplicable(Operator operator, Field field, String path) {
    boolean applicable =
        switch (field.type()) {
          case KEYWORD, UNTYPED -> true;
          case TEXT -> !operator.isOrdered();
          case NUMBER -> operator != Operator.LIKE;
          case TIME -> operator != Operator.LIKE && !operator.isMatch();
          case BOOLEAN -> operator != Operator.LIKE && !operator.isMatch() && !operator.isOrdered();
        };
    if (!applicable) {
      throw new InvalidQueryException(
          Reason.BAD_OPERATOR,
          path,
          "must suit the field " + field.name() + ", was " + operator.wireName());
    }
  }

  private static void requireNumber(Operator operator, int number, String path) {
    if (number >= operator.minValues() && number <= operator.maxValues()) {
      return;
    }
    boolean exact = operator.minValues() == operator.maxValues();
    String rule = exact ? "" + operator.minValues() : "1.." + operator.maxValues();
    throw new InvalidQueryException(
        operator.maxValues() == Filter.MAX_VALUES && number > 0
            ? Reason.TOO_LARGE
            : Reason.BAD_VALUE,
        path,
        "must have " + rule + " values for " + operator.wireName() + ", had " + number);
  }

  private static Object coerce(Field field, Operator operator, Object value, String path) {
    if (value instanceof String text && text.length() > Filter.MAX_STRING) {
      throw new InvalidQueryException(
          Reason.TOO_LARGE,
          path,
          "must have at most " + Filter.MAX_STRING + " characters, had " + text.length());
    }
    Optional<?> coerced =
        switch (field.type()) {
          case KEYWORD, TEXT -> Values.text(value);
          case NUMBER -> Values.number(value);
          case TIME -> Values.time(value);
          case BOOLEAN -> Values.bool(value);
          case UNTYPED -> untyped(operator, value);
        };
    if (operator == Operator.LIKE && !(value instanceof String)) {
      coerced = Optional.empty();
    }
    if (coerced.isEmpty()) {
      throw new InvalidQueryException(
          Reason.BAD_VALUE,
          path,
          "must be a " + kind(field, operator) + ", was '" + Check.shown(value.toString()) + "'");
    }
    return coerced.get();
  }

  private static Optional<Object> untyped(Operator operator, Object value) {
    if (value instanceof Boolean && (operator.isOrdered() || operator.isMatch())) {
      return Optional.empty();
    }
    return Optional.of(value instanceof BigDecimal number ? Values.normal(number) : value);
  }

  private static String kind(Field field, Operator operator) {
    if (operator == Operator.LIKE) {
      return "string";
    }
    return switch (field.type()) {
      case KEYWORD, TEXT, UNTYPED -> "string or a number of reasonable length";
      case NUMBER -> "number";
      case TIME -> "time: whole milliseconds, or ISO 8601";
      case BOOLEAN -> "boolean";
    };
  }
}
