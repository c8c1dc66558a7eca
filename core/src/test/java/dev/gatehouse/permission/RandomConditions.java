package dev.gatehouse.permission;

import static java.time.DayOfWeek.SUNDAY;
import static java.time.DayOfWeek.TUESDAY;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Random conditions about two attributes and the milliseconds around a noon, each with a test that
 * says the same in other words, so that nothing is judged by itself.
 */
final class RandomConditions {
  /** Of a Tuesday. */
  static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");

  private final Random random;

  RandomConditions(Random random) {
    this.random = random;
  }

  /** What a check knows: values of attributes by name, and the time. */
  record Facts(Map<String, Object> values, Attributes attributes, Instant moment) {}

  /** What a condition comes to. */
  interface Test {
    /** 1 if it holds, -1 if not, 0 if that cannot be told. */
    int truth(Facts facts);
  }

  /** A condition and what it means. */
  record Told(Condition condition, Test test) {}

  /** Random attributes, so many milliseconds after noon. */
  Facts facts(int millis) {
    Map<String, Object> values = new HashMap<>();
    Attributes attributes = Attributes.NONE;
    for (String name : new String[] {"x", "y"}) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          int number = random.nextInt(3);
          values.put(name, number);
          attributes = attributes.with(name, number);
        }
        case 2 -> {
          String text = random.nextBoolean() ? "1" : "two";
          values.put(name, text);
          attributes = attributes.with(name, text);
        }
        case 3 -> {
          boolean flag = random.nextBoolean();
          values.put(name, flag);
          attributes = attributes.with(name, flag);
        }
        default -> {}
      }
    }
    return new Facts(values, attributes, NOON.plusMillis(millis));
  }

  private static int of(boolean holds) {
    return holds ? 1 : -1;
  }

  /** A condition of at most that depth. */
  Told condition(int depth) {
    String name = random.nextBoolean() ? "x" : "y";
    int number = random.nextInt(3);
    return switch (random.nextInt(depth > 1 ? 14 : 10)) {
      case 0 -> new Told(Condition.present(name), facts -> of(facts.values.containsKey(name)));
      case 1 ->
          new Told(
              Condition.equal(name, number),
              facts -> facts.values.get(name) instanceof Integer is ? of(is == number) : 0);
      case 2 ->
          new Told(
              Condition.equal(name, "1"),
              facts -> facts.values.get(name) instanceof String is ? of(is.equals("1")) : 0);
      case 3 ->
          new Told(
              Condition.equal(name, true),
              facts -> facts.values.get(name) instanceof Boolean is ? of(is) : 0);
      case 4 ->
          new Told(
              Condition.less(name, number),
              facts -> facts.values.get(name) instanceof Integer is ? of(is < number) : 0);
      case 5 ->
          new Told(
              Condition.greater(name, number),
              facts -> facts.values.get(name) instanceof Integer is ? of(is > number) : 0);
      case 6 ->
          new Told(
              Condition.startsWith(name, "t"),
              facts -> facts.values.get(name) instanceof String is ? of(is.equals("two")) : 0);
      case 7 ->
          new Told(
              Condition.oneOf(name, "two", "three"),
              facts -> facts.values.get(name) instanceof String is ? of(is.equals("two")) : 0);
      case 8, 9 -> time(random.nextInt(4));
      case 10, 11 -> {
        Told part = condition(depth - 1);
        yield new Told(Condition.not(part.condition), facts -> -part.test.truth(facts));
      }
      case 12 -> {
        Told one = condition(depth - 1);
        Told other = condition(depth - 1);
        yield new Told(
            Condition.and(one.condition, other.condition),
            facts -> Math.min(one.test.truth(facts), other.test.truth(facts)));
      }
      default -> {
        Told one = condition(depth - 1);
        Told other = condition(depth - 1);
        yield new Told(
            Condition.or(one.condition, other.condition),
            facts -> Math.max(one.test.truth(facts), other.test.truth(facts)));
      }
    };
  }

  private Told time(int kind) {
    boolean even = random.nextBoolean();
    return switch (kind) {
      case 0 -> new Told(Condition.from(NOON), facts -> of(facts.moment.compareTo(NOON) >= 0));
      case 1 -> new Told(Condition.until(NOON), facts -> of(facts.moment.compareTo(NOON) < 0));
      case 2 ->
          new Told(
              Condition.daily(LocalTime.NOON, LocalTime.of(6, 0), ZoneOffset.UTC),
              facts -> of(facts.moment.compareTo(NOON) >= 0));
      default ->
          new Told(
              Condition.weekdays(Set.of(even ? TUESDAY : SUNDAY), ZoneOffset.UTC),
              facts -> of(even));
    };
  }
}
