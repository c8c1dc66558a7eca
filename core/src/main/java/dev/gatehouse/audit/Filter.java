package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which records a query wants. A filter has expressions, which must all hold, and sub-filters,
 * joined by its operation {@code and} or {@code or}; its value is the expressions' and the
 * sub-filters' together, an empty part left out. So the operation never applies to expressions: a
 * choice of two is an {@code or} of two sub-filters with one expression each, as {@link #any} makes
 * it.
 *
 * <p>Fields: {@code id}, {@code time} (in milliseconds), {@code optType}, {@code resultType},
 * {@code content} (also {@code message}), {@code sourceNode}, {@code namespace}, {@code severity},
 * {@code user}, {@code requestId}, {@code service}, paths such as {@code ext.order.id}, and the
 * typed fields of the application's ({@link AuditField}). Types and results are numbers, and so may
 * be told as text; content is a text, on which Match and MatchPhrase compare words; all others are
 * keywords, which compare whole, by case, in order of Unicode code points. A path has as type the
 * kind of each of its values, and values of different kinds are neither equal nor ordered.
 *
 * <p>Where a field is absent every operator is false but the negative ones, each the exact
 * complement of its positive. Where it is a list, a positive operator asks for one element that
 * meets it.
 *
 * <p>Limits: 16 levels, 256 expressions in all, 1,024 values in a list, 8,192 characters in a
 * value. Immutable.
 */
public final class Filter {
  static final int MAX_DEPTH = 16;
  static final int MAX_EXPRESSIONS = 256;
  static final int MAX_VALUES = 1_024;
  static final int MAX_STRING = 8_192;

  /** How sub-filters are joined. */
  enum Operation {
    AND,
    OR
  }

  private final Operation operation;
  private final List<Expression> expressions;
  private final List<Filter> subFilters;
  private final Words words;
  private final int depth;
  private final int size;

  private Filter(
      Operation operation, List<Expression> expressions, List<Filter> subFilters, Words words) {
    this.operation = operation;
    this.expressions = List.copyOf(expressions);
    this.subFilters = List.copyOf(subFilters);
    this.words = words;
    depth = 1 + subFilters.stream().mapToInt(filter -> filter.depth).max().orElse(0);
    size = expressions.size() + subFilters.stream().mapToInt(filter -> filter.size).sum();
  }

  /** A filter from its parts; checks them as a whole. */
  static Filter of(
      Operation operation, List<Expression> expressions, List<Filter> subFilters, String path) {
    if (expressions.isEmpty() && subFilters.isEmpty()) {
      throw new InvalidQueryException(
          Reason.EMPTY_FILTER, path, "must have expressions or sub-filters");
    }
    Filter filter = new Filter(operation, expressions, subFilters, Words.STANDARD);
    requireAtMost(MAX_DEPTH, filter.depth, "levels", path);
    requireAtMost(MAX_EXPRESSIONS, filter.size, "expressions in all", path);
    return filter;
  }

  static void requireAtMost(int max, int value, String unit, String path) {
    if (value > max) {
      throw new InvalidQueryException(
          Reason.TOO_LARGE, path, "must have at most " + max + " " + unit + ", had " + value);
    }
  }

  /**
   * The filter that a JSON object tells: {@code op}, {@code expr} and {@code subFilter}, where each
   * of {@code expr} has {@code field}, {@code operator} and {@code value}.
   *
   * @throws InvalidQueryException if it breaks a rule, with the path to the place
   */
  public static Filter parse(String json) {
    return parse(json, AuditRules.DEFAULT);
  }

  /** As {@link #parse(String)}, with the typed fields that the rules make known. */
  public static Filter parse(String json, AuditRules rules) {
    return FilterReader.read(QueryReader.object(json, "filter"), requireNonNull(rules, "rules"));
  }

  /**
   * Begins an expression about a core field, or a path such as {@code ext.order.id}.
   *
   * @throws InvalidQueryException if there is no such field
   */
  public static Operand where(String field) {
    return new Operand(
        Field.named(requireNonNull(field, "field"), "filter.expr[0].field", AuditRules.DEFAULT));
  }

  /** Begins an expression about a field of the application's. */
  public static Operand field(AuditField<?> field) {
    return new Operand(Field.of(requireNonNull(field, "field")));
  }

  /** Holds where all of the filters hold; at least one is needed. */
  public static Filter all(Filter... filters) {
    List<Expression> expressions = new ArrayList<>();
    List<Filter> subFilters = new ArrayList<>();
    for (Filter filter : requireNonNull(filters, "filters")) {
      if (requireNonNull(filter, "filter").isConjunction()) {
        expressions.addAll(filter.expressions);
        subFilters.addAll(filter.subFilters);
      } else {
        subFilters.add(filter);
      }
    }
    return of(Operation.AND, expressions, subFilters, "filter");
  }

  /** Holds where one of the filters holds; at least one is needed. */
  public static Filter any(Filter... filters) {
    for (Filter filter : requireNonNull(filters, "filters")) {
      requireNonNull(filter, "filter");
    }
    return of(Operation.OR, List.of(), List.of(filters), "filter");
  }

  /** The filter as JSON, in one form for all ways to write it. */
  public String json() {
    return Json.text(this::write);
  }

  /**
   * What the filter says without effect, each with its path: an {@code or} that has fewer than two
   * sub-filters to join, as it never joins expressions. Empty if there is nothing of the kind.
   */
  public List<String> lint() {
    List<String> found = new ArrayList<>();
    lint("filter", found);
    return List.copyOf(found);
  }

  private void lint(String path, List<String> found) {
    if (operation == Operation.OR && subFilters.size() < 2) {
      found.add(
          path
              + ".op: or joins sub-filters, of which there "
              + (subFilters.isEmpty() ? "are none" : "is one")
              + "; expressions must all hold");
    }
    for (int i = 0; i < subFilters.size(); i++) {
      subFilters.get(i).lint(path + ".subFilter[" + i + "]", found);
    }
  }

  /** Whether the record passes, by the words of the standard analyzer. */
  public boolean test(AuditRecord record) {
    return test(new Row(requireNonNull(record, "record"), words));
  }

  /** Whether the record passes, by the words of the rules' {@link AuditAnalyzer}, as in a log. */
  public boolean test(AuditRecord record, AuditRules rules) {
    return with(requireNonNull(rules, "rules").words()).test(record);
  }

  /** The same filter, of words as they are split there. */
  Filter with(Words other) {
    return other.equals(words)
        ? this
        : new Filter(
            operation,
            expressions.stream().map(expression -> expression.with(other)).toList(),
            subFilters.stream().map(filter -> filter.with(other)).toList(),
            other);
  }

  /** What two filters that find the same have in common. */
  String identity() {
    return words.isStandard() ? json() : words.name() + '\n' + json();
  }

  private boolean test(Row row) {
    for (Expression expression : expressions) {
      if (!expression.test(row)) {
        return false;
      }
    }
    if (subFilters.isEmpty()) {
      return true;
    }
    boolean isEnough = operation == Operation.OR;
    for (Filter filter : subFilters) {
      if (filter.test(row) == isEnough) {
        return isEnough;
      }
    }
    return !isEnough;
  }

  /** The expressions that every record which passes must meet. */
  List<Expression> demands() {
    List<Expression> demands = new ArrayList<>(expressions);
    if (isConjunction()) {
      subFilters.forEach(filter -> demands.addAll(filter.demands()));
    }
    return demands;
  }

  private boolean isConjunction() {
    return operation == Operation.AND || subFilters.size() <= 1;
  }

  private void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    if (!isConjunction()) {
      out.writeStringField("op", "or");
    }
    if (!expressions.isEmpty()) {
      out.writeArrayFieldStart("expr");
      for (Expression expression : expressions) {
        expression.write(out);
      }
      out.writeEndArray();
    }
    if (!subFilters.isEmpty()) {
      out.writeArrayFieldStart("subFilter");
      for (Filter filter : subFilters) {
        filter.write(out);
      }
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  /** Shape only: values may be confidential. */
  @Override
  public String toString() {
    return "Filter of " + size + " expressions";
  }

  /**
   * A field that waits for its operator. Values are {@code String}, {@code Boolean}, {@code
   * Instant} or a number. Each method throws {@link InvalidQueryException} for an operator that
   * does not suit the field, and a value that does not suit either. Immutable.
   */
  public static final class Operand {
    private final Field field;

    private Operand(Field field) {
      this.field = field;
    }

    /** The field equals the value. */
    public Filter equal(Object value) {
      return expression(Operator.EQUAL, value);
    }

    /** The field does not equal the value, or is absent. */
    public Filter notEqual(Object value) {
      return expression(Operator.NOT_EQUAL, value);
    }

    /** The field is above the value. */
    public Filter greaterThan(Object value) {
      return expression(Operator.GREATER_THAN, value);
    }

    /** The field is the value or above. */
    public Filter greaterThanOrEqual(Object value) {
      return expression(Operator.GREATER_THAN_OR_EQUAL, value);
    }

    /** The field is below the value. */
    public Filter lessThan(Object value) {
      return expression(Operator.LESS_THAN, value);
    }

    /** The field is the value or below. */
    public Filter lessThanOrEqual(Object value) {
      return expression(Operator.LESS_THAN_OR_EQUAL, value);
    }

    /** The field is between the two or one of them; nothing is if the first is above the second. */
    public Filter between(Object low, Object high) {
      return expression(Operator.BETWEEN, low, high);
    }

    /** The complement of {@link #between}. */
    public Filter notBetween(Object low, Object high) {
      return expression(Operator.NOT_BETWEEN, low, high);
    }

    /** The field equals one of the values. */
    public Filter inList(Object... values) {
      return expression(Operator.IN_LIST, values);
    }

    /** The complement of {@link #inList}. */
    public Filter notInList(Object... values) {
      return expression(Operator.NOT_IN_LIST, values);
    }

    /**
     * The whole field fits the pattern: {@code %} any run, {@code _} one code point, a backslash
     * before either or before a backslash takes it literally.
     */
    public Filter like(String pattern) {
      return expression(Operator.LIKE, pattern);
    }

    /** One of the value's words occurs in the field. */
    public Filter match(Object value) {
      return expression(Operator.MATCH, value);
    }

    /** All of the value's words occur in the field, side by side and in order. */
    public Filter matchPhrase(Object value) {
      return expression(Operator.MATCH_PHRASE, value);
    }

    /** The field is there, is not null and not a list of nothing. */
    public Filter exists() {
      return expression(Operator.EXISTS);
    }

    /** The complement of {@link #exists}. */
    public Filter notExists() {
      return expression(Operator.NOT_EXISTS);
    }

    private Filter expression(Operator operator, @Nullable Object... given) {
      List<Object> values = new ArrayList<>();
      for (Object value : requireNonNull(given, "values")) {
        values.add(
            Values.ofJava(value)
                .orElseThrow(
                    () ->
                        new InvalidQueryException(
                            Reason.BAD_VALUE,
                            field.name() + "'s value",
                            "must be a String, a Boolean, an Instant or a finite number, was "
                                + kind(value))));
      }
      Expression expression = Expression.of(field, operator, values, "filter.expr[0]");
      return of(Operation.AND, List.of(expression), List.of(), "filter");
    }

    /** What a value is that the language does not have. */
    private static String kind(@Nullable Object value) {
      return value instanceof Number
          ? value.toString()
          : value == null ? "null" : value.getClass().getName();
    }
  }
}
