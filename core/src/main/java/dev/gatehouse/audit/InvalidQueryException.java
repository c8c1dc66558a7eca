package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

/**
 * A query or a filter broke a rule of the language. The message names the place, the rule and,
 * shortened, the value.
 */
public final class InvalidQueryException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Which kind of rule was broken. */
  public enum Reason {
    /** The text is not JSON, or something in it has the wrong type. */
    MALFORMED,
    /** An object holds a key that the language does not have. */
    UNKNOWN_KEY,
    /** There is no such field. */
    UNKNOWN_FIELD,
    /** There is no such operator, or it does not apply to the field. */
    BAD_OPERATOR,
    /** A value is missing, too many, or not of the field's type. */
    BAD_VALUE,
    /** A filter has neither expressions nor sub-filters. */
    EMPTY_FILTER,
    /** A limit on depth, number or length is exceeded. */
    TOO_LARGE,
    /** A continuation point was altered, belongs to another query or store, or is missing. */
    BAD_CONTINUATION
  }

  private final Reason reason;
  private final String path;

  InvalidQueryException(Reason reason, String path, String rule) {
    super(path + " " + rule);
    this.reason = requireNonNull(reason, "reason");
    this.path = requireNonNull(path, "path");
  }

  /** Which kind of rule was broken. */
  public Reason reason() {
    return reason;
  }

  /** Where, such as {@code filter.subFilter[1].expr[0].value[0]}. */
  public String path() {
    return path;
  }
}
