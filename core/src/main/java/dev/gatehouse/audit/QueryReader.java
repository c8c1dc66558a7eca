package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.audit.InvalidQueryException.Reason;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** Reads a query from JSON: the request of the XMagital interface {@code audit/find}. */
final class QueryReader {
  private static final Set<String> KEYS =
      Set.of(
          "startTime", "endTime", "maxSize", "continuationPoint", "prevQuery", "fields", "filter");

  private QueryReader() {}

  static AuditQuery read(String json, AuditRules rules) {
    JsonNode node = object(json, "query");
    requireObject(node, KEYS, "query");
    AuditQuery query =
        AuditQuery.between(
            time(node.path("startTime"), "startTime"), time(node.path("endTime"), "endTime"));
    if (isPresent(node.path("maxSize"))) {
      query = query.maxSize(maxSize(node.path("maxSize")));
    }
    if (isPresent(node.path("filter"))) {
      query = query.filter(FilterReader.read(node.path("filter"), rules));
    }
    query = query.fields(fields(node.path("fields")), rules);
    String point =
        isPresent(node.path("continuationPoint"))
            ? string(node.path("continuationPoint"), "continuationPoint")
            : "";
    return flag(node.path("prevQuery"), "prevQuery") ? query.before(point) : query.after(point);
  }

  static JsonNode object(String json, String path) {
    try {
      return Json.parse(json, path);
    } catch (IllegalArgumentException e) {
      throw new InvalidQueryException(Reason.MALFORMED, path, "must be JSON within the limits");
    }
  }

  static void requireObject(JsonNode node, Set<String> keys, String path) {
    if (!node.isObject()) {
      throw malformed(path, "must be an object", node);
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name)) {
        throw new InvalidQueryException(
            Reason.UNKNOWN_KEY, path, "must not have the key '" + Check.shown(name) + "'");
      }
    }
  }

  /** The array, empty if there is none. */
  static JsonNode array(JsonNode node, String path) {
    if (isPresent(node) && !node.isArray()) {
      throw malformed(path, "must be an array", node);
    }
    return node;
  }

  static String string(JsonNode node, String path) {
    if (!node.isTextual()) {
      throw malformed(path, "must be a string", node);
    }
    return node.textValue();
  }

  static InvalidQueryException malformed(String path, String rule, JsonNode node) {
    String was = isPresent(node) ? ", was " + Check.shown(node.toString()) : ", was absent";
    return new InvalidQueryException(Reason.MALFORMED, path, rule + was);
  }

  private static boolean isPresent(JsonNode node) {
    return !node.isMissingNode() && !node.isNull();
  }

  private static Instant time(JsonNode node, String path) {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
      throw malformed(path, "must be milliseconds since 1970, 0 or more", node);
    }
    return Instant.ofEpochMilli(node.longValue());
  }

  private static int maxSize(JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw malformed("maxSize", "must be in 1.." + AuditQuery.MAX_SIZE, node);
    }
    return node.intValue();
  }

  private static List<String> fields(JsonNode node) {
    JsonNode array = array(node, "fields");
    List<String> fields = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      fields.add(string(array.path(i), "fields[" + i + "]"));
    }
    return fields;
  }

  private static boolean flag(JsonNode node, String path) {
    if (!isPresent(node)) {
      return false;
    }
    String text = node.isTextual() ? node.textValue() : node.isBoolean() ? node.asText() : "";
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw malformed(path, "must be true or false", node);
    };
  }
}
