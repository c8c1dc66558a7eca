package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.permission.Attributes.Value;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * When a grant counts: a tree of tests of the time and of the {@link Attributes} of a check. The
 * tests are those below and no others; there are no regular expressions and no scripts, so that
 * whoever may grant cannot run anything, and a test costs no more than it seems to.
 *
 * <p>Logic has three values. A test of an attribute that is missing, or whose value is of another
 * type than the test's, is {@link Truth#UNKNOWN}, and so is its negation. An allowance counts only
 * if its condition is true; a denial counts unless its condition is false. Hence an attribute that
 * a host forgets, or somebody leaves out, lets nobody in, unless the condition asks just that:
 * {@link #present} is false of it, so do not allow by its negation, nor deny by it.
 *
 * <p>A tree has at most {@value #MAX_TESTS} tests, is at most {@value #MAX_DEPTH} deep, and its
 * JSON has at most {@value #MAX_JSON} characters. Immutable.
 */
public sealed interface Condition {
  /** Most tests in a tree, and most values in one test. */
  int MAX_TESTS = 64;

  /** Deepest nesting: a test alone has depth 1. */
  int MAX_DEPTH = 8;

  /** Longest JSON, in characters; checked when a grant gets the condition. */
  int MAX_JSON = 4_096;

  /** What a condition comes to. */
  enum Truth {
    /** It cannot be told: an attribute is missing or of another type. */
    UNKNOWN,
    /** It does not hold. */
    FALSE,
    /** It holds. */
    TRUE;

    static Truth of(boolean holds) {
      return holds ? TRUE : FALSE;
    }
  }

  /**
   * What the condition comes to at that moment. Allocates nothing, but where the time of day or the
   * day of the week is asked for.
   *
   * @param atMillis in epoch milliseconds
   */
  Truth judge(Attributes attributes, long atMillis);

  /**
   * What the condition comes to at that moment, cut to milliseconds.
   *
   * @throws ArithmeticException if it is so far that a long does not hold its milliseconds
   */
  default Truth judge(Attributes attributes, Instant moment) {
    return judge(attributes, moment.toEpochMilli());
  }

  /** The condition as JSON, which {@link #parse} reads. */
  default String toJson() {
    return ConditionJson.write(this);
  }

  /**
   * The condition that a JSON object holds, one member that names the test, as in {@code
   * {"and":[{"equal":{"attribute":"level","value":3}},{"present":"ip"}]}}.
   *
   * @throws IllegalArgumentException if the text is anything else, or goes beyond a limit
   */
  static Condition parse(String json) {
    return ConditionJson.parse(json);
  }

  /** From that moment on, cut to milliseconds. */
  static Condition from(Instant moment) {
    return new From(moment);
  }

  /** Before that moment, cut to milliseconds. */
  static Condition until(Instant moment) {
    return new Until(moment);
  }

  /** Each day from one time to another, over midnight if the second is the earlier. */
  static Condition daily(LocalTime from, LocalTime to, ZoneId zone) {
    return new Daily(from, to, zone);
  }

  /** On those days of the week, by the calendar of the zone. */
  static Condition weekdays(Set<DayOfWeek> days, ZoneId zone) {
    return new Weekdays(days, zone);
  }

  /** The attribute is that text. */
  static Condition equal(String attribute, String text) {
    return new Equal(attribute, Value.of(text));
  }

  /** The attribute is that number. */
  static Condition equal(String attribute, long number) {
    return new Equal(attribute, Value.of(number));
  }

  /** The attribute is that boolean. */
  static Condition equal(String attribute, boolean flag) {
    return new Equal(attribute, Value.of(flag));
  }

  /** The attribute is one of those texts. */
  static Condition oneOf(String attribute, String... texts) {
    return new OneOf(attribute, Arrays.stream(texts).map(Value::of).toList());
  }

  /** The attribute is a number less than that. */
  static Condition less(String attribute, long bound) {
    return new Less(attribute, BigDecimal.valueOf(bound));
  }

  /** The attribute is a number greater than that. */
  static Condition greater(String attribute, long bound) {
    return new Greater(attribute, BigDecimal.valueOf(bound));
  }

  /** There is an attribute of that name. */
  static Condition present(String attribute) {
    return new Present(attribute);
  }

  /** The attribute is a text that begins so. */
  static Condition startsWith(String attribute, String prefix) {
    return new StartsWith(attribute, prefix);
  }

  /** All of them. */
  static Condition and(Condition... parts) {
    return new And(List.of(parts));
  }

  /** At least one of them. */
  static Condition or(Condition... parts) {
    return new Or(List.of(parts));
  }

  /** Not that. */
  static Condition not(Condition part) {
    return new Not(part);
  }

  /**
   * From a moment on. Immutable.
   *
   * @param moment the first one, 1970..9999, cut to milliseconds
   */
  record From(Instant moment) implements Condition {
    /** Checks the moment. */
    public From {
      moment = Grant.moment(moment, "from");
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return Truth.of(atMillis >= moment.toEpochMilli());
    }

    @Override
    public String toString() {
      return "from " + moment;
    }
  }

  /**
   * Before a moment. Immutable.
   *
   * @param moment the first one after, 1970..9999, cut to milliseconds
   */
  record Until(Instant moment) implements Condition {
    /** Checks the moment. */
    public Until {
      moment = Grant.moment(moment, "until");
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return Truth.of(atMillis < moment.toEpochMilli());
    }

    @Override
    public String toString() {
      return "until " + moment;
    }
  }

  /**
   * Each day from one time to another; if the second is the earlier, into the next day. Where the
   * zone's clocks are set, local time decides: an hour that comes twice counts twice. Immutable.
   *
   * @param from the first time
   * @param to the first time after; another than {@code from}
   * @param zone whose local time
   */
  record Daily(LocalTime from, LocalTime to, ZoneId zone) implements Condition {
    /** Checks the times. */
    public Daily {
      requireNonNull(from, "from");
      requireNonNull(to, "to");
      requireNonNull(zone, "zone");
      Check.that(!from.equals(to), "to must differ from from, was " + to);
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      LocalTime time = LocalTime.ofInstant(Instant.ofEpochMilli(atMillis), zone);
      boolean begun = !time.isBefore(from);
      boolean ended = !time.isBefore(to);
      return Truth.of(from.isBefore(to) ? begun && !ended : begun || !ended);
    }

    @Override
    public String toString() {
      return "daily " + from + ".." + to + " " + zone;
    }
  }

  /**
   * On days of the week. Immutable.
   *
   * @param days at least one
   * @param zone by whose calendar
   */
  record Weekdays(Set<DayOfWeek> days, ZoneId zone) implements Condition {
    /** Checks the days. */
    public Weekdays {
      requireNonNull(days, "days");
      requireNonNull(zone, "zone");
      Check.that(!days.isEmpty(), "days must not be empty");
      days = Collections.unmodifiableSet(EnumSet.copyOf(days));
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return Truth.of(days.contains(Instant.ofEpochMilli(atMillis).atZone(zone).getDayOfWeek()));
    }

    @Override
    public String toString() {
      return "on " + days + " " + zone;
    }
  }

  /**
   * The attribute is that value. Immutable.
   *
   * @param attribute its name
   * @param value the value
   */
  record Equal(String attribute, Value value) implements Condition {
    /** Checks the name. */
    public Equal {
      Attributes.name(attribute);
      requireNonNull(value, "value");
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      Value actual = attributes.value(attribute);
      return actual == null || actual.getClass() != value.getClass()
          ? Truth.UNKNOWN
          : Truth.of(actual.equals(value));
    }

    @Override
    public String toString() {
      return attribute + " = " + ConditionJson.text(value);
    }
  }

  /**
   * The attribute is one of those values. Immutable.
   *
   * @param attribute its name
   * @param values 1..{@value Condition#MAX_TESTS} values of one type, none of them twice
   */
  record OneOf(String attribute, List<Value> values) implements Condition {
    /** Checks name and values. */
    public OneOf {
      Attributes.name(attribute);
      values = List.copyOf(values);
      Check.range(values.size(), 1, MAX_TESTS, "number of values");
      Check.that(
          values.stream().map(Value::getClass).distinct().count() == 1,
          "values must be of one type");
      Check.that(new HashSet<>(values).size() == values.size(), "values must differ");
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      Value actual = attributes.value(attribute);
      return actual == null || actual.getClass() != values.get(0).getClass()
          ? Truth.UNKNOWN
          : Truth.of(values.contains(actual));
    }

    @Override
    public String toString() {
      return attribute + " in " + values.stream().map(ConditionJson::text).toList();
    }
  }

  /**
   * The attribute is a number less than the bound. Immutable.
   *
   * @param attribute its name
   * @param bound the least number that is not
   */
  record Less(String attribute, BigDecimal bound) implements Condition {
    /** Checks name and bound. */
    public Less {
      Attributes.name(attribute);
      bound = new Value.Decimal(bound).number();
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return attributes.value(attribute) instanceof Value.Decimal actual
          ? Truth.of(actual.number().compareTo(bound) < 0)
          : Truth.UNKNOWN;
    }

    @Override
    public String toString() {
      return attribute + " < " + bound;
    }
  }

  /**
   * The attribute is a number greater than the bound. Immutable.
   *
   * @param attribute its name
   * @param bound the greatest number that is not
   */
  record Greater(String attribute, BigDecimal bound) implements Condition {
    /** Checks name and bound. */
    public Greater {
      Attributes.name(attribute);
      bound = new Value.Decimal(bound).number();
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return attributes.value(attribute) instanceof Value.Decimal actual
          ? Truth.of(actual.number().compareTo(bound) > 0)
          : Truth.UNKNOWN;
    }

    @Override
    public String toString() {
      return attribute + " > " + bound;
    }
  }

  /**
   * There is such an attribute; never unknown. Immutable.
   *
   * @param attribute its name
   */
  record Present(String attribute) implements Condition {
    /** Checks the name. */
    public Present {
      Attributes.name(attribute);
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return Truth.of(attributes.value(attribute) != null);
    }

    @Override
    public String toString() {
      return "has " + attribute;
    }
  }

  /**
   * The attribute is a text that begins so. Immutable.
   *
   * @param attribute its name
   * @param prefix how it begins, not empty; upper and lower case differ
   */
  record StartsWith(String attribute, String prefix) implements Condition {
    /** Checks name and prefix. */
    public StartsWith {
      Attributes.name(attribute);
      Check.that(!new Value.Text(prefix).text().isEmpty(), "prefix must not be empty");
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return attributes.value(attribute) instanceof Value.Text actual
          ? Truth.of(actual.text().startsWith(prefix))
          : Truth.UNKNOWN;
    }

    @Override
    public String toString() {
      return attribute + " begins " + ConditionJson.text(Value.of(prefix));
    }
  }

  /**
   * All of them: false if one is false, else unknown if one is unknown. Immutable.
   *
   * @param parts 1..{@value Condition#MAX_TESTS}
   */
  record And(List<Condition> parts) implements Condition {
    /** Checks the tree. */
    public And {
      parts = ConditionTree.checked(parts);
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return ConditionTree.judge(parts, Truth.FALSE, attributes, atMillis);
    }

    @Override
    public String toString() {
      return ConditionTree.joined(parts, " and ");
    }
  }

  /**
   * At least one of them: true if one is true, else unknown if one is unknown. Immutable.
   *
   * @param parts 1..{@value Condition#MAX_TESTS}
   */
  record Or(List<Condition> parts) implements Condition {
    /** Checks the tree. */
    public Or {
      parts = ConditionTree.checked(parts);
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return ConditionTree.judge(parts, Truth.TRUE, attributes, atMillis);
    }

    @Override
    public String toString() {
      return ConditionTree.joined(parts, " or ");
    }
  }

  /**
   * Not that: unknown if it is unknown. Immutable.
   *
   * @param part what must not hold
   */
  record Not(Condition part) implements Condition {
    /** Checks the tree. */
    public Not {
      ConditionTree.checked(List.of(part));
    }

    @Override
    public Truth judge(Attributes attributes, long atMillis) {
      return switch (part.judge(attributes, atMillis)) {
        case TRUE -> Truth.FALSE;
        case FALSE -> Truth.TRUE;
        case UNKNOWN -> Truth.UNKNOWN;
      };
    }

    @Override
    public String toString() {
      return "not (" + part + ")";
    }
  }
}
