package dev.gatehouse.transport.http.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * JSON as FATE Flow reads and writes it: of a repeated name the last value counts, at the first
 * one's place; keys are written in order, all in ASCII, with a line break at the end. The limits
 * are those of the house.
 */
final class FateJson {
  static final Headers HEADERS = Headers.of("Content-Type", "application/json");

  private static final JsonMapper MAPPER = mapper();

  private FateJson() {}

  private static JsonMapper mapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(Json.MAX_DEPTH)
                    .maxStringLength(Json.MAX_STRING)
                    .maxNumberLength(1_000)
                    .maxNameLength(1_024)
                    .maxDocumentLength(Json.MAX_BYTES)
                    .build())
            .build();
    return JsonMapper.builder(factory)
        .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  /** The body; missing if it is empty or no JSON, which FATE takes for null. */
  static JsonNode read(byte[] body) {
    try {
      // Bytes that are no UTF-8 are not mended: two bodies would become one.
      JsonNode node = MAPPER.readTree(Check.utf8(body, "body"));
      return node == null || node.isNull() ? MissingNode.getInstance() : node;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return MissingNode.getInstance();
    }
  }

  /** Writes to the stream, and leaves it open. */
  static JsonGenerator generator(OutputStream out) throws IOException {
    return MAPPER
        .getFactory()
        .createGenerator(out)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /** With the keys as they came: other sites sign over them in that order. */
  static String unsorted(JsonNode node) {
    return Json.write(node);
  }

  /** The answer of version 1; a message or data that is null is left out. */
  static ApiResponse answer(
      int status, int retcode, @Nullable String retmsg, @Nullable JsonNode data) {
    ObjectNode envelope = object().put("retcode", retcode);
    if (retmsg != null) {
      envelope.put("retmsg", retmsg);
    }
    if (data != null) {
      envelope.set("data", data);
    }
    return send(status, envelope);
  }

  static ApiResponse success() {
    return success(null);
  }

  static ApiResponse success(@Nullable JsonNode data) {
    return answer(200, 0, "success", data);
  }

  static ApiResponse failure(int retcode, String retmsg) {
    return answer(200, retcode, retmsg, null);
  }

  /** The answer of version 2. */
  static ApiResponse answer2(int status, int code, String message, @Nullable JsonNode data) {
    ObjectNode envelope = object().put("code", code).put("message", message);
    if (data != null) {
      envelope.set("data", data);
    }
    return send(status, envelope);
  }

  static ApiResponse send(int status, JsonNode node) {
    return ApiResponse.of(
        status, HEADERS, (write(node) + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** An exception as Python shows it. */
  static String shown(String kind, String message) {
    boolean single = message.indexOf('\'') >= 0 && message.indexOf('"') < 0;
    String escaped = message.replace("\\", "\\\\");
    return single
        ? kind + "(\"" + escaped + "\")"
        : kind + "('" + escaped.replace("'", "\\'") + "')";
  }

  /** A request that breaks a rule: retcode 100, with an exception as Python shows it. */
  static RefusedException refused(String kind, String message) {
    return new RefusedException(Refusal.INVALID, shown(kind, message));
  }

  /** As {@link #refused(String, String)}, for a rule of the house. */
  static RefusedException refused(IllegalArgumentException broken) {
    return refused("ValueError", String.valueOf(broken.getMessage()));
  }

  /** The body as an object; null and whatever else is refused in Python's words. */
  static JsonNode body(Call call) {
    JsonNode body = read(call.body());
    if (!body.isObject()) {
      throw refused("TypeError", "the body must be a JSON object");
    }
    return body;
  }

  /** Arguments that are there, be they null. */
  static void require(JsonNode body, String... names) {
    StringBuilder missing = new StringBuilder();
    for (String name : names) {
      if (!body.has(name)) {
        missing.append(missing.isEmpty() ? "" : ",").append(name);
      }
    }
    if (!missing.isEmpty()) {
      String retmsg = "required argument are missing: " + missing + "; ";
      throw new RefusedException(Refusal.INVALID, retmsg, failure(101, retmsg));
    }
  }

  /** A text or a number as text. */
  static String scalar(JsonNode body, String name) {
    JsonNode node = body.path(name);
    if (!node.isTextual() && !node.isIntegralNumber()) {
      throw refused("ValueError", name + " must be a string or a whole number");
    }
    return node.asText();
  }

  /** A text. */
  static String text(JsonNode body, String name) {
    JsonNode node = body.path(name);
    if (!node.isTextual()) {
      throw refused("ValueError", name + " must be a string");
    }
    return node.textValue();
  }
}
