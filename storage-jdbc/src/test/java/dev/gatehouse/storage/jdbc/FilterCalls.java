package dev.gatehouse.storage.jdbc;

import dev.gatehouse.audit.Filter;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;

/** Filters that must be refused. Null is handed in on purpose. */
@NullUnmarked
final class FilterCalls {
  /** Takes a call and what its message must say. */
  interface Illegal {
    void add(String what, ThrowingCallable call, String... says);
  }

  /** Takes a call and the name of what is null in it. */
  interface Missing {
    void add(String name, ThrowingCallable call);
  }

  private FilterCalls() {}

  static void list(Illegal illegal, Missing missing) {
    missing.add("field", () -> Filter.where(null));
    missing.add("filters", () -> Filter.all((Filter[]) null));
    missing.add("filter", () -> Filter.any(Filter.where("id").exists(), null));
    missing.add("values", () -> Filter.where("id").inList((Object[]) null));
    missing.add("filter", () -> Filter.parse(null));
    illegal.add("null", () -> Filter.where("id").equal(null), "id's value must be", "was null");
    illegal.add("NaN", () -> Filter.where("optType").equal(Double.NaN), "finite number, was NaN");
    illegal.add("thing", () -> Filter.where("id").equal(Filter.class), "was java.lang.Class");
    illegal.add("field", () -> Filter.where("nope").exists(), "must name a field", "was 'nope'");
    illegal.add(
        "order", () -> Filter.where("content").lessThan("a"), "must suit the field content");
    illegal.add("escape", () -> Filter.where("user").like("a\\b"), "after each \\");
    illegal.add(
        "empty list", () -> Filter.where("id").inList(), "must have 1..1024 values", "had 0");
    illegal.add("nothing", () -> Filter.any(), "filter must have expressions or sub-filters");
    illegal.add("number", () -> Filter.where("optType").equal("x"), "must be a number, was 'x'");
    illegal.add("deep", () -> Filter.parse(nested(17)), "must have at most 16 levels, had 17");
    illegal.add(
        "object",
        () -> Filter.parse(expression("{\"a\":1}")),
        "value[0] must be a string, a number or a boolean, was {\"a\":1}");
  }

  private static String expression(String value) {
    return "{\"expr\":[{\"field\":\"id\",\"operator\":\"Equal\",\"value\":[" + value + "]}]}";
  }

  private static String nested(int levels) {
    return "{\"subFilter\":[".repeat(levels - 1) + expression("1") + "]}".repeat(levels - 1);
  }
}
