package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.json.Json;
import java.time.Instant;
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
  static List<String> checked(List<String> fields, AuditRules rules) {
    requireNonNull(fields, "fields");
    Filter.requireAtMost(Filter.MAX_EXPRESSIONS, fields.size(), "fields", "fields");
    Set<String> checked = new LinkedHashSet<>();
    for (int i = 0; i < fields.size(); i++) {
      String name = requireNonNull(fields.get(i), "field");
      if (!name.equals(Field.EXT)) {
        Field.named(name, "fields[" + i + "]", rules);
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
      case "content", "message" -> putUnlessErased(node, name, "content", record.content(), record);
      case "sourceNode" -> putUnlessErased(node, name, name, record.sourceNode(), record);
      case "namespace" -> node.put(name, record.namespace());
      case "severity" -> node.put(name, record.severity());
      case "user" -> record.user().ifPresent(value -> node.put(name, value));
      case "requestId" -> record.requestId().ifPresent(value -> node.put(name, value));
      case "service" -> record.service().ifPresent(value -> node.put(name, value));
      case Field.EXT -> putIfPresent(node, name, record.ext().isPresent() ? ext : null);
      default -> putTyped(node, name, record.valued(name));
    }
  }

  private static void putUnlessErased(
      ObjectNode node, String name, String field, String value, AuditRecord record) {
    if (!record.erased().contains(field)) {
      node.put(name, value);
    }
  }

  private static void putTyped(ObjectNode node, String name, AuditRecord.@Nullable Valued valued) {
    if (valued == null) {
      return;
    }
    Object value = valued.value();
    if (value instanceof String text) {
      node.put(name, text);
    } else if (value instanceof Long number) {
      node.put(name, number);
    } else if (value instanceof Double number) {
      node.put(name, number);
    } else if (value instanceof Boolean bool) {
      node.put(name, bool);
    } else if (value instanceof Instant time) {
      node.put(name, time.toEpochMilli());
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
