package dev.gatehouse.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A record under test: what several expressions need of it is worked out once. */
final class Row {
  private final AuditRecord record;
  private final Words words;
  private @Nullable JsonNode ext;
  private final Map<String, List<String>> tokens = new HashMap<>();

  Row(AuditRecord record, Words words) {
    this.record = record;
    this.words = words;
  }

  AuditRecord record() {
    return record;
  }

  /** The time as the language sees it: whole milliseconds, cut. */
  BigDecimal timeMillis() {
    return Values.normal(BigDecimal.valueOf(Math.floorDiv(AuditFrame.micros(record), 1_000)));
  }

  /** The words of a text; none if it is absent. */
  List<String> tokens(Field field) {
    return tokens.computeIfAbsent(
        field.name(),
        name ->
            field.values(this).stream()
                .filter(String.class::isInstance)
                .flatMap(text -> words.of((String) text, new Place(record, name)).stream())
                .toList());
  }

  /** Where a text stands. */
  private record Place(AuditRecord record, String field) {
    @Override
    public String toString() {
      return field + " of record " + record.id();
    }
  }

  List<Object> ext(String[] keys) {
    if (record.ext().isEmpty()) {
      return List.of();
    }
    if (ext == null) {
      ext = Json.parse(record.ext().get(), "ext");
    }
    List<Object> found = new ArrayList<>();
    collect(ext, keys, 0, found);
    return found;
  }

  private static void collect(JsonNode node, String[] keys, int depth, List<Object> found) {
    if (node.isArray()) {
      node.forEach(element -> collect(element, keys, depth, found));
    } else if (depth < keys.length) {
      JsonNode child = node.get(keys[depth]);
      if (child != null) {
        collect(child, keys, depth + 1, found);
      }
    } else if (!node.isNull()) {
      found.add(Values.ofJson(node));
    }
  }
}
