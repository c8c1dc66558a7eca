package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditField;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Interfaces G to J of XMagital: events and audit records. Safe for use by multiple threads. */
final class XmagitalLogs {
  private static final int MAX_EVENTS = 1_000;
  private static final Pattern MILLIS = Pattern.compile("[0-9]{1,15}");
  private static final Set<String> RECORD_KEYS =
      Set.of("optType", "resultType", "content", "sourceNode", "namespace", "severity", "ext");
  private static final Set<String> EVENT_KEYS = Set.of("message");
  private static final Set<String> FIND_KEYS =
      Set.of("eventId", "beginTime", "endTime", "columns", "continuationPoint");

  /** What stands before the page in an answer. */
  private static final byte[] FOUND =
      "{\"code\":200,\"message\":\"success\",\"result\":".getBytes(StandardCharsets.US_ASCII);

  private final AuditLog audit;
  private final AuditLog events;
  private final InstantSource clock;

  XmagitalLogs(AuditLog audit, AuditLog events, InstantSource clock) {
    this.audit = audit;
    this.events = events;
    this.clock = clock;
  }

  ApiResponse writeAudit(Call call) {
    JsonNode body = call.object();
    ObjectNode typed = Json.object();
    for (AuditField<?> field : audit.rules().fields()) {
      JsonNode value = body.get(field.name());
      if (value != null) {
        typed.set(field.name(), value);
      }
    }
    Fields fields = known(body, RECORD_KEYS, typed);
    AuditRecord.Builder record =
        AuditRecord.of(
                number(fields, "optType"), number(fields, "resultType"), fields.text("content"))
            .sourceNode(fields.text("sourceNode"))
            .namespace(fields.text("namespace"))
            .severity(fields.text("severity"));
    fields.find("ext").ifPresent(ext -> record.ext(Json.write(ext)));
    record.fields(Json.write(typed), audit.rules());
    audit.write(context(record, call).build());
    return written();
  }

  private static int number(Fields fields, String name) {
    return fields
        .findInt(name, Integer.MIN_VALUE, Integer.MAX_VALUE)
        .orElseThrow(() -> Fields.invalid(name + " must be given"));
  }

  /** Who, and for which request: the call knows, its body may not say. */
  private static AuditRecord.Builder context(AuditRecord.Builder record, Call call) {
    call.headers()
        .first("X-Request-Id")
        .filter(id -> id.length() <= AuditRecord.MAX_TEXT && id.indexOf('\t') < 0)
        .ifPresent(record::requestId);
    return call.administrator().isEmpty() ? record : record.user(call.administrator());
  }

  private ApiResponse written() {
    return answer(Json.object());
  }

  private ApiResponse answer(ObjectNode node) {
    node.put("message", "success").put("status", 200).put("timestamp", clock.millis());
    return ApiResponse.of(200, XmagitalApi.JSON, Json.bytes(node));
  }

  ApiResponse writeEvent(Call call) {
    Fields fields = known(call.object(), EVENT_KEYS, Json.object());
    JsonNode message =
        fields.find("message").orElseThrow(() -> Fields.invalid("message must be given"));
    Fields.require(message.isObject(), "message must be an object");
    String type = new Fields(message).text("eventId");
    Check.text(type, 1, AuditRecord.MAX_TEXT, "message.eventId");
    AuditRecord.Builder record = AuditRecord.of(0, 0, type).service(type).ext(Json.write(message));
    events.write(context(record, call).build());
    return written();
  }

  ApiResponse findEvents(Call call) {
    Fields fields = known(call.object(), FIND_KEYS, Json.object());
    Instant begin =
        fields
            .find("beginTime")
            .map(node -> time(node, "beginTime"))
            .orElseThrow(() -> Fields.invalid("beginTime must be given"));
    Instant end =
        fields.find("endTime").map(node -> time(node, "endTime")).orElseGet(clock::instant);
    ObjectNode query =
        Json.object()
            .put("startTime", begin.toEpochMilli())
            .put("endTime", end.toEpochMilli())
            .put("maxSize", MAX_EVENTS)
            .put("continuationPoint", fields.findText("continuationPoint").orElse(""));
    ArrayNode expressions = query.putObject("filter").putArray("expr");
    equal(expressions, "service", fields.text("eventId"));
    AuditPage page = events.find(AuditQuery.parse(Json.write(query)));
    List<String> columns = columns(fields);
    ObjectNode node = Json.object();
    ArrayNode results = node.putArray("results");
    page.records().forEach(record -> results.add(event(record, columns)));
    node.put("continuationPoint", page.continuationPoint()).put("hasNext", page.hasNext());
    return answer(node);
  }

  private static void equal(ArrayNode expressions, String field, String value) {
    expressions
        .addObject()
        .put("field", field)
        .put("operator", "Equal")
        .putArray("value")
        .add(value);
  }

  private static List<String> columns(Fields fields) {
    List<String> columns = new ArrayList<>();
    fields
        .find("columns")
        .ifPresent(
            node -> {
              Fields.require(node.isArray(), "columns must be an array");
              Fields.require(node.size() <= 256, "columns must be at most 256");
              node.forEach(
                  column -> {
                    Fields.require(column.isTextual(), "columns must be strings");
                    columns.add(column.textValue());
                  });
            });
    return columns;
  }

  /** The message as it was written, with its id and time in the log where it has none itself. */
  private static ObjectNode event(AuditRecord record, List<String> columns) {
    ObjectNode event = Json.object().put("id", Long.toString(record.id()));
    record.time().ifPresent(time -> event.put("time", time.toEpochMilli()));
    record.ext().ifPresent(ext -> event.setAll((ObjectNode) Json.parse(ext, "ext")));
    if (columns.isEmpty()) {
      return event;
    }
    ObjectNode projected = Json.object();
    for (String column : columns) {
      if (event.has(column)) {
        projected.set(column, event.get(column));
      }
    }
    return projected;
  }

  /** Epoch milliseconds, as a number or as text, or ISO 8601; without a zone it is UTC. */
  private static Instant time(JsonNode node, String name) {
    String text = node.isTextual() || node.isIntegralNumber() ? node.asText() : "";
    try {
      if (MILLIS.matcher(text).matches()) {
        return Instant.ofEpochMilli(Long.parseLong(text));
      }
      boolean zoned = text.matches(".{1,40}T.{1,40}(?:Z|[+-][0-9:]{2,9})");
      Instant instant =
          zoned
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
      return Instant.ofEpochMilli(instant.toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      throw Fields.invalid(
          name + " must be epoch milliseconds or ISO 8601, was '" + Check.shown(text) + "'");
    }
  }

  ApiResponse findAudit(Call call) {
    String query;
    try {
      query = Check.utf8(call.body(), "query");
    } catch (IllegalArgumentException e) {
      throw new RefusedException(Refusal.INVALID, "MALFORMED query must be JSON in UTF-8");
    }
    byte[] page = audit.find(AuditQuery.parse(query, audit.rules())).jsonBytes();
    byte[] answer =
        ByteBuffer.allocate(FOUND.length + page.length + 1)
            .put(FOUND)
            .put(page)
            .put((byte) '}')
            .array();
    return ApiResponse.of(200, XmagitalApi.JSON, answer);
  }

  /** The fields of an object that has none but those, and what was taken from it already. */
  private static Fields known(JsonNode object, Set<String> keys, JsonNode taken) {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name) && !taken.has(name)) {
        throw new RefusedException(
            Refusal.INVALID, "UNKNOWN_KEY there is no '" + Check.shown(name) + "' here");
      }
    }
    return new Fields(object);
  }
}
