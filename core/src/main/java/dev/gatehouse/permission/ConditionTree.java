package dev.gatehouse.permission;

import dev.gatehouse.check.Check;
import dev.gatehouse.permission.Condition.Truth;
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

  /** One part that comes to the strong value decides; else one that is unknown does. */
  static Truth judge(List<Condition> parts, Truth strong, Attributes attributes, long atMillis) {
    Truth truth = Truth.of(strong == Truth.FALSE);
    for (int i = 0; i < parts.size(); i++) {
      Truth next = parts.get(i).judge(attributes, atMillis);
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
