package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.check.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads a filter from JSON. Not safe: confine to one thread. */
final class FilterReader {
  private static final Set<String> FILTER_KEYS = Set.of("op", "expr", "subFilter");
  private static final Set<String> EXPRESSION_KEYS = Set.of("field", "operator", "value");

  private int expressions;

  private final AuditRules rules;

  private FilterReader(AuditRules rules) {
    this.rules = rules;
  }

  static Filter read(JsonNode node, AuditRules rules) {
    return new FilterReader(rules).filter(node, "filter", 1);
  }

  private Filter filter(JsonNode node, String path, int depth) {
    Filter.requireAtMost(Filter.MAX_DEPTH, depth, "levels", path);
    QueryReader.requireObject(node, FILTER_KEYS, path);
    Filter.Operation operation = operation(node.path("op"), path + ".op");
    List<Expression> found = new ArrayList<>();
    JsonNode array = QueryReader.array(node.path("expr"), path + ".expr");
    for (int i = 0; i < array.size(); i++) {
      found.add(expression(array.path(i), path + ".expr[" + i + "]"));
    }
    List<Filter> subFilters = new ArrayList<>();
    JsonNode below = QueryReader.array(node.path("subFilter"), path + ".subFilter");
    for (int i = 0; i < below.size(); i++) {
      subFilters.add(filter(below.path(i), path + ".subFilter[" + i + "]", depth + 1));
    }
    return Filter.of(operation, found, subFilters, path);
  }

  private static Filter.Operation operation(JsonNode node, String path) {
    if (node.isMissingNode() || node.isNull()) {
      return Filter.Operation.AND;
    }
    return switch (node.isTextual() ? node.textValue().toLowerCase(Locale.ROOT) : "") {
      case "and" -> Filter.Operation.AND;
      case "or" -> Filter.Operation.OR;
      default -> throw QueryReader.malformed(path, "must be \"and\" or \"or\"", node);
    };
  }

  private Expression expression(JsonNode node, String path) {
    expressions++;
    Filter.requireAtMost(Filter.MAX_EXPRESSIONS, expressions, "expressions in all", path);
    QueryReader.requireObject(node, EXPRESSION_KEYS, path);
    String field = QueryReader.string(node.path("field"), path + ".field");
    String name = QueryReader.string(node.path("operator"), path + ".operator");
    Operator operator = Operator.named(name);
    if (operator == null) {
      throw new InvalidQueryException(
          Reason.BAD_OPERATOR,
          path + ".operator",
          "must be one of the language's, was '" + Check.shown(name) + "'");
    }
    return Expression.of(
        Field.named(field, path + ".field", rules),
        operator,
        values(node.path("value"), path + ".value"),
        path);
  }

  private static List<Object> values(JsonNode node, String path) {
    JsonNode array = QueryReader.array(node, path);
    Filter.requireAtMost(Filter.MAX_VALUES, array.size(), "values", path);
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      values.add(value(array.path(i), path + "[" + i + "]"));
    }
    return values;
  }

  private static Object value(JsonNode node, String path) {
    if (node.isNumber()) {
      return node.decimalValue();
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    throw new InvalidQueryException(
        Reason.BAD_VALUE,
        path,
        "must be a string, a number or a boolean, was " + Check.shown(node.toString()));
  }
}
