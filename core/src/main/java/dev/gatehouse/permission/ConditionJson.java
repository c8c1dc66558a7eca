package dev.gatehouse.permission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.Attributes.Value;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Conditions as JSON: one object a condition, with one member, named as the factory is. */
final class ConditionJson {
  private ConditionJson() {}

  static String write(Condition condition) {
    return Json.write(node(condition));
  }

  static Condition parse(String json) {
    Check.that(
        json.length() <= Condition.MAX_JSON,
        "condition must have at most "
            + Condition.MAX_JSON
            + " characters of JSON, had "
            + json.length());
    return read(Json.parse(json, "condition"));
  }

  /** A value as one writes it, for people. */
  static String text(Value value) {
    if (value instanceof Value.Text text) {
      return "'" + Check.shown(text.text()) + "'";
    }
    return value instanceof Value.Decimal decimal
        ? decimal.number().toString()
        : String.valueOf(((Value.Flag) value).flag());
  }

  static ObjectNode node(Condition condition) {
    ObjectNode node = Json.object();
    if (condition instanceof Condition.From from) {
      node.put("from", from.moment().toString());
    } else if (condition instanceof Condition.Until until) {
      node.put("until", until.moment().toString());
    } else if (condition instanceof Condition.Daily daily) {
      node.putObject("daily")
          .put("from", daily.from().toString())
          .put("to", daily.to().toString())
          .put("zone", daily.zone().getId());
    } else if (condition instanceof Condition.Weekdays weekdays) {
      ObjectNode inside = node.putObject("weekdays");
      ArrayNode days = inside.putArray("days");
      weekdays.days().stream()
          .sorted(Comparator.naturalOrder())
          .forEach(day -> days.add(day.name()));
      inside.put("zone", weekdays.zone().getId());
    } else if (condition instanceof Condition.Equal equal) {
      put(node.putObject("equal").put("attribute", equal.attribute()), equal.value());
    } else if (condition instanceof Condition.OneOf oneOf) {
      ArrayNode values =
          node.putObject("oneOf").put("attribute", oneOf.attribute()).putArray("values");
      oneOf.values().forEach(value -> add(values, value));
    } else if (condition instanceof Condition.Less less) {
      node.putObject("less").put("attribute", less.attribute()).put("value", less.bound());
    } else if (condition instanceof Condition.Greater greater) {
      node.putObject("greater").put("attribute", greater.attribute()).put("value", greater.bound());
    } else if (condition instanceof Condition.Present present) {
      node.put("present", present.attribute());
    } else if (condition instanceof Condition.StartsWith startsWith) {
      node.putObject("startsWith")
          .put("attribute", startsWith.attribute())
          .put("value", startsWith.prefix());
    } else {
      putParts(node, condition);
    }
    return node;
  }

  private static void putParts(ObjectNode node, Condition condition) {
    if (condition instanceof Condition.And and) {
      ArrayNode parts = node.putArray("and");
      and.parts().forEach(part -> parts.add(node(part)));
    } else if (condition instanceof Condition.Or or) {
      ArrayNode parts = node.putArray("or");
      or.parts().forEach(part -> parts.add(node(part)));
    } else {
      node.set("not", node(((Condition.Not) condition).part()));
    }
  }

  private static void put(ObjectNode node, Value value) {
    add(node.putArray("value"), value);
    node.set("value", node.get("value").get(0));
  }

  private static void add(ArrayNode values, Value value) {
    if (value instanceof Value.Text text) {
      values.add(text.text());
    } else if (value instanceof Value.Decimal decimal) {
      values.add(decimal.number());
    } else {
      values.add(((Value.Flag) value).flag());
    }
  }

  static Condition read(JsonNode node) {
    Check.that(
        node.isObject() && node.size() == 1,
        "condition must be an object with one member, had " + shape(node));
    String test = node.fieldNames().next();
    JsonNode inside = node.get(test);
    try {
      return switch (test) {
        case "from" -> new Condition.From(Instant.parse(string(inside, test)));
        case "until" -> new Condition.Until(Instant.parse(string(inside, test)));
        case "daily" -> daily(members(inside, test, "from", "to", "zone"));
        case "weekdays" -> weekdays(members(inside, test, "days", "zone"));
        case "present" -> new Condition.Present(string(inside, test));
        case "and" -> new Condition.And(parts(inside, test));
        case "or" -> new Condition.Or(parts(inside, test));
        case "not" -> new Condition.Not(read(inside));
        case "oneOf" -> oneOf(members(inside, test, "attribute", "values"));
        case "equal", "less", "greater", "startsWith" ->
            compared(test, members(inside, test, "attribute", "value"));
        default ->
            throw new IllegalArgumentException(
                "condition must be a known test, was '" + Check.shown(test) + "'");
      };
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          test
              + " must hold ISO 8601 times and a known zone: "
              + Check.shown(String.valueOf(e.getMessage())),
          e);
    }
  }

  private static Condition daily(JsonNode inside) {
    return new Condition.Daily(
        LocalTime.parse(string(inside.get("from"), "from")),
        LocalTime.parse(string(inside.get("to"), "to")),
        zone(inside));
  }

  private static Condition weekdays(JsonNode inside) {
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    for (JsonNode day : array(inside.get("days"), "days")) {
      String name = string(day, "day");
      DayOfWeek known =
          EnumSet.allOf(DayOfWeek.class).stream()
              .filter(each -> each.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "day must be one of MONDAY..SUNDAY, was '" + Check.shown(name) + "'"));
      Check.that(days.add(known), "days must differ, twice was " + known);
    }
    return new Condition.Weekdays(days, zone(inside));
  }

  private static Condition oneOf(JsonNode inside) {
    List<Value> values = new ArrayList<>();
    array(inside.get("values"), "values").forEach(value -> values.add(value(value)));
    return new Condition.OneOf(string(inside.get("attribute"), "attribute"), values);
  }

  private static Condition compared(String test, JsonNode inside) {
    String attribute = string(inside.get("attribute"), "attribute");
    JsonNode value = inside.get("value");
    if (test.equals("equal")) {
      return new Condition.Equal(attribute, value(value));
    }
    if (test.equals("startsWith")) {
      return new Condition.StartsWith(attribute, string(value, "value of startsWith"));
    }
    Check.that(value.isNumber(), "value of " + test + " must be a number, was " + shape(value));
    return test.equals("less")
        ? new Condition.Less(attribute, value.decimalValue())
        : new Condition.Greater(attribute, value.decimalValue());
  }

  private static Value value(JsonNode node) {
    if (node.isTextual()) {
      return Value.of(node.textValue());
    }
    Check.that(
        node.isNumber() || node.isBoolean(),
        "value must be a text, a number or a boolean, was " + shape(node));
    return node.isNumber() ? Value.of(node.decimalValue()) : Value.of(node.booleanValue());
  }

  private static List<Condition> parts(JsonNode node, String test) {
    List<Condition> parts = new ArrayList<>();
    array(node, test).forEach(part -> parts.add(read(part)));
    return parts;
  }

  private static ZoneId zone(JsonNode inside) {
    return ZoneId.of(string(inside.get("zone"), "zone"));
  }

  private static String string(JsonNode node, String what) {
    Check.that(node.isTextual(), what + " must be a text, was " + shape(node));
    return node.textValue();
  }

  private static JsonNode array(JsonNode node, String what) {
    Check.that(node.isArray(), what + " must be an array, was " + shape(node));
    Check.range(node.size(), 1, Condition.MAX_TESTS, "number of elements of " + what);
    return node;
  }

  /** The node, if it is an object with those members and no others. */
  private static JsonNode members(JsonNode node, String what, String... names) {
    Set<String> present = new HashSet<>();
    node.fieldNames().forEachRemaining(present::add);
    Check.that(
        node.isObject() && present.equals(Set.of(names)),
        what + " must be an object with " + String.join(", ", names) + ", had " + shape(node));
    return node;
  }

  private static String shape(JsonNode node) {
    if (!node.isObject()) {
      return node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return Check.shown(names.toString());
  }
}
