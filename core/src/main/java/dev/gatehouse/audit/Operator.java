package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The fifteen operators. Each negative one is the exact complement of a positive one, so that it is
 * true where the field is absent.
 */
enum Operator {
  EQUAL("Equal", 1, 1),
  NOT_EQUAL("NotEqual", 1, 1, EQUAL),
  GREATER_THAN("GreaterThan", 1, 1),
  GREATER_THAN_OR_EQUAL("GreaterThanOrEqual", 1, 1),
  LESS_THAN("LessThan", 1, 1),
  LESS_THAN_OR_EQUAL("LessThanOrEqual", 1, 1),
  BETWEEN("Between", 2, 2),
  NOT_BETWEEN("NotBetween", 2, 2, BETWEEN),
  IN_LIST("InList", 1, Filter.MAX_VALUES),
  NOT_IN_LIST("NotInList", 1, Filter.MAX_VALUES, IN_LIST),
  LIKE("Like", 1, 1),
  MATCH("Match", 1, 1),
  MATCH_PHRASE("MatchPhrase", 1, 1),
  EXISTS("Exists", 0, 0),
  NOT_EXISTS("NotExists", 0, 0, EXISTS);

  private static final Map<String, Operator> BY_WIRE_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(Operator::wireName, Function.identity()));

  private final String wireName;
  private final int minValues;
  private final int maxValues;
  private final @Nullable Operator complement;

  Operator(String wireName, int minValues, int maxValues) {
    this(wireName, minValues, maxValues, null);
  }

  Operator(String wireName, int minValues, int maxValues, @Nullable Operator complement) {
    this.wireName = wireName;
    this.minValues = minValues;
    this.maxValues = maxValues;
    this.complement = complement;
  }

  static @Nullable Operator named(String wireName) {
    return BY_WIRE_NAME.get(requireNonNull(wireName, "wireName"));
  }

  String wireName() {
    return wireName;
  }

  int minValues() {
    return minValues;
  }

  int maxValues() {
    return maxValues;
  }

  boolean isNegative() {
    return complement != null;
  }

  /** What it negates, or itself. */
  Operator positive() {
    return complement == null ? this : complement;
  }

  boolean isOrdered() {
    return switch (positive()) {
      case GREATER_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN, LESS_THAN_OR_EQUAL, BETWEEN -> true;
      default -> false;
    };
  }

  boolean isMatch() {
    return this == MATCH || this == MATCH_PHRASE;
  }
}
