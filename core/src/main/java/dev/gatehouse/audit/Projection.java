package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Records as JSON with the fields that were asked for, absent ones left out. */
final class Projection {
  private final List<String> fields;

  Projection(List<String> fields) {
    this.fields = fields.isEmpty() ? Field.coreNames() : fields;
  }

  /** The fields without duplicates; at most 256. */
  static List<String> checked(List<String> fields) {
    requireNonNull(fields, "fields");
    Filter.requireAtMost(Filter.MAX_EXPRESSIONS, fields.size(), "fields", "fields");
    Set<String> checked = new LinkedHashSet<>();
    for (int i = 0; i < fields.size(); i++) {
      String name = requireNonNull(fields.get(i), "field");
      if (!name.equals(Field.EXT)) {
        Field.named(name, "fields[" + i + "]");
      }
      checked.add(name);
    }
    return List.copyOf(checked);
  }

  ObjectNode node(AuditRecord record) {
    JsonNode ext = record.ext().map(json -> Json.parse(json, "ext")).orElse(Json.object());
    ObjectNode node = Json.object();
    for (String name : fields) {
      if (name.startsWith(Field.EXT + ".")) {
        putIfPresent(node, name, at(ext, Field.keys(name)));
      } else {
        putCore(node, name, record, ext);
      }
    }
    return node;
  }

  private static void putCore(ObjectNode node, String name, AuditRecord record, JsonNode ext) {
    switch (name) {
      case "id" -> node.put(name, Long.toString(record.id()));
      case "time" -> record.time().ifPresent(time -> node.put(name, time.toEpochMilli()));
      case "optType" -> node.put(name, record.operationType());
      case "resultType" -> node.put(name, record.resultType());
      case "content", "message" -> node.put(name, record.content());
      case "sourceNode" -> node.put(name, record.sourceNode());
      case "namespace" -> node.put(name, record.namespace());
      case "severity" -> node.put(name, record.severity());
      case "user" -> record.user().ifPresent(value -> node.put(name, value));
      case "requestId" -> record.requestId().ifPresent(value -> node.put(name, value));
      case "service" -> record.service().ifPresent(value -> node.put(name, value));
      case Field.EXT -> putIfPresent(node, name, record.ext().isPresent() ? ext : null);
      default -> throw new AssertionError(name);
    }
  }

  private static void putIfPresent(ObjectNode node, String name, @Nullable JsonNode value) {
    if (value != null && !value.isMissingNode()) {
      node.set(name, value);
    }
  }

  private static JsonNode at(JsonNode ext, String[] keys) {
    JsonNode at = ext;
    for (String key : keys) {
      at = at.path(key);
    }
    return at;
  }
}
