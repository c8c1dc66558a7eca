package dev.gatehouse.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.gatehouse.json.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Records as JSON with the fields that were asked for, absent ones left out. */
final class Projection {
  private static final String EXT_PREFIX = Field.EXT + ".";
  private static final List<String> CORE = Field.coreNames();

  private final List<String> fields;
  private final boolean tellsExt;

  Projection(List<String> fields) {
    this.fields = fields.isEmpty() ? CORE : fields;
    tellsExt = fields.stream().anyMatch(Projection::isOfExt);
  }

  private static boolean isOfExt(String name) {
    return name.equals(Field.EXT) || name.startsWith(EXT_PREFIX);
  }

  boolean tellsExt() {
    return tellsExt;
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

  /** Writes the record as an object. */
  void write(AuditRecord record, JsonGenerator out) throws IOException {
    JsonNode ext = ext(record);
    out.writeStartObject();
    for (String name : fields) {
      if (name.equals(Field.EXT)) {
        writeIfPresent(name, ext, out);
      } else if (name.startsWith(EXT_PREFIX)) {
        writeIfPresent(name, at(ext, Field.keys(name)), out);
      } else {
        writeCore(name, record, out);
      }
    }
    out.writeEndObject();
  }

  /** The further fields, if any of them is to be told. */
  private JsonNode ext(AuditRecord record) {
    return tellsExt && record.ext().isPresent()
        ? Json.parse(record.ext().get(), "ext")
        : MissingNode.getInstance();
  }

  private static void writeCore(String name, AuditRecord record, JsonGenerator out)
      throws IOException {
    switch (name) {
      case "id" -> out.writeStringField(name, Long.toString(record.id()));
      case "time" -> {
        if (record.time().isPresent()) {
          out.writeNumberField(name, record.time().get().toEpochMilli());
        }
      }
      case "optType" -> out.writeNumberField(name, record.operationType());
      case "resultType" -> out.writeNumberField(name, record.resultType());
      case "content", "message" ->
          writeUnlessErased(name, "content", record.content(), record, out);
      case "sourceNode" -> writeUnlessErased(name, name, record.sourceNode(), record, out);
      case "namespace" -> out.writeStringField(name, record.namespace());
      case "severity" -> out.writeStringField(name, record.severity());
      case "user" -> writeIfPresent(name, record.user(), out);
      case "requestId" -> writeIfPresent(name, record.requestId(), out);
      case "service" -> writeIfPresent(name, record.service(), out);
      default -> writeTyped(name, record.valued(name), out);
    }
  }

  private static void writeUnlessErased(
      String name, String field, String value, AuditRecord record, JsonGenerator out)
      throws IOException {
    if (!record.erased().contains(field)) {
      out.writeStringField(name, value);
    }
  }

  private static void writeTyped(
      String name, AuditRecord.@Nullable Valued valued, JsonGenerator out) throws IOException {
    if (valued == null) {
      return;
    }
    Object value = valued.value();
    if (value instanceof String text) {
      out.writeStringField(name, text);
    } else if (value instanceof Long number) {
      out.writeNumberField(name, number);
    } else if (value instanceof Double number) {
      out.writeNumberField(name, number);
    } else if (value instanceof Boolean bool) {
      out.writeBooleanField(name, bool);
    } else if (value instanceof Instant time) {
      out.writeNumberField(name, time.toEpochMilli());
    }
  }

  private static void writeIfPresent(String name, Optional<String> value, JsonGenerator out)
      throws IOException {
    if (value.isPresent()) {
      out.writeStringField(name, value.get());
    }
  }

  private static void writeIfPresent(String name, JsonNode value, JsonGenerator out)
      throws IOException {
    if (!value.isMissingNode()) {
      out.writeFieldName(name);
      out.writeTree(value);
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
