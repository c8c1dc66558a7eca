package dev.gatehouse.permission;

import dev.gatehouse.check.Check;
import dev.gatehouse.permission.Condition.Truth;
import java.time.Instant;
import java.util.List;

/** The shape of conditions: what is inside which, how much of it there may be, and a walk. */
final class ConditionTree {
  private ConditionTree() {}

  /** Parts that may stand under one more condition; a copy. */
  static List<Condition> checked(List<Condition> parts) {
    List<Condition> copy = List.copyOf(parts);
    Check.range(copy.size(), 1, Condition.MAX_TESTS, "number of parts");
    int tests = copy.stream().mapToInt(ConditionTree::tests).sum();
    Check.range(tests, 1, Condition.MAX_TESTS, "number of tests");
    int depth = 1 + copy.stream().mapToInt(ConditionTree::depth).max().orElse(0);
    Check.range(depth, 1, Condition.MAX_DEPTH, "depth of condition");
    return copy;
  }

  static String joined(List<Condition> parts, String word) {
    StringBuilder text = new StringBuilder("(");
    for (Condition part : parts) {
      text.append(text.length() == 1 ? "" : word).append(part);
    }
    return text.append(')').toString();
  }

  /**
   * As {@link Condition#judge}, to the millisecond; without allocating anything, but where the time
   * of day or the day of the week is asked for.
   */
  static Truth judge(Condition condition, Attributes attributes, long now) {
    if (condition instanceof Condition.From from) {
      return Truth.of(now >= from.moment().toEpochMilli());
    }
    if (condition instanceof Condition.Until until) {
      return Truth.of(now < until.moment().toEpochMilli());
    }
    if (condition instanceof Condition.And and) {
      return judge(and.parts(), Truth.FALSE, attributes, now);
    }
    if (condition instanceof Condition.Or or) {
      return judge(or.parts(), Truth.TRUE, attributes, now);
    }
    if (condition instanceof Condition.Not not) {
      Truth truth = judge(not.part(), attributes, now);
      return truth == Truth.UNKNOWN ? truth : Truth.of(truth == Truth.FALSE);
    }
    boolean local = condition instanceof Condition.Daily || condition instanceof Condition.Weekdays;
    return condition.judge(attributes, local ? Instant.ofEpochMilli(now) : Instant.EPOCH);
  }

  /** One part that comes to the strong value decides; else one that is unknown does. */
  private static Truth judge(List<Condition> parts, Truth strong, Attributes attributes, long now) {
    Truth truth = Truth.of(strong == Truth.FALSE);
    for (int i = 0; i < parts.size(); i++) {
      Truth next = judge(parts.get(i), attributes, now);
      if (next == strong) {
        return strong;
      }
      truth = next == Truth.UNKNOWN ? next : truth;
    }
    return truth;
  }

  private static List<Condition> parts(Condition condition) {
    if (condition instanceof Condition.And and) {
      return and.parts();
    }
    if (condition instanceof Condition.Or or) {
      return or.parts();
    }
    return condition instanceof Condition.Not not ? List.of(not.part()) : List.of();
  }

  private static int tests(Condition condition) {
    List<Condition> parts = parts(condition);
    return parts.isEmpty() ? 1 : parts.stream().mapToInt(ConditionTree::tests).sum();
  }

  private static int depth(Condition condition) {
    return 1 + parts(condition).stream().mapToInt(ConditionTree::depth).max().orElse(0);
  }
}
