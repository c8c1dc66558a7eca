package dev.gatehouse.hook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What hooks are told of a request. Names of headers are alike whatever their case and with {@code
 * _} in place of {@code -}.
 */
final class FateRequest {
  private static final String FORM = "application/x-www-form-urlencoded";

  /** The bytes of byte order marks. */
  private static final String MARKS = "\u00ef\u00bb\u00bf\u00fe\u00ff";

  private FateRequest() {}

  /**
   * The only header of that name.
   *
   * @throws IllegalArgumentException if there are several
   */
  static Optional<String> header(Request request, String name) {
    List<String> found = request.headers().allAlike(name);
    if (found.size() > 1) {
      throw new IllegalArgumentException(
          "header " + name + " must be there once, was " + found.size() + " times");
    }
    return found.stream().findFirst();
  }

  private static String folded(String name) {
    return name.toLowerCase(Locale.ROOT).replace('-', '_');
  }

  /**
   * The body as JSON, null if it is empty. A hook that were told null of a body that it cannot read
   * might let that pass.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static JsonNode json(Request request) {
    byte[] body = request.body();
    return body.length == 0 ? NullNode.instance : Json.parse(body, "body");
  }

  /** Path and query. */
  static String fullPath(Request request) {
    String query = request.uri().getRawQuery();
    String path = request.uri().getRawPath() == null ? "" : request.uri().getRawPath();
    return query == null ? path : path + "?" + query;
  }

  /** By name as it came first; the values of one that is repeated with commas between. */
  static ObjectNode headers(Request request) {
    ObjectNode headers = Json.object();
    Map<String, String> names = new HashMap<>();
    for (Headers.Field field : request.headers().fields()) {
      String name = names.computeIfAbsent(folded(field.name()), key -> field.name());
      JsonNode before = headers.get(name);
      headers.put(name, before == null ? field.value() : before.textValue() + ", " + field.value());
    }
    return headers;
  }

  /** Whether it says that its body is a form; an empty body is none. */
  static boolean isForm(Request request) {
    return request
        .headers()
        .first("Content-Type")
        .filter(type -> type.toLowerCase(Locale.ROOT).startsWith(FORM))
        .isPresent();
  }

  /**
   * The fields of a form, empty for anything else. A hook that were told of a form, or of one of
   * two values, where the handler reads JSON, or the other value, might let that pass.
   *
   * @throws IllegalArgumentException if it looks like JSON, or repeats a field
   */
  static ObjectNode form(Request request) {
    ObjectNode form = Json.object();
    if (!isForm(request)) {
      return form;
    }
    Check.that(!looksLikeJson(request.body()), "body must be a form as its type says, was JSON");
    for (String pair : text(request).split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      if (!name.isEmpty()) {
        Check.that(!form.has(name), "fields of a form must be there once, one was repeated");
        form.put(name, equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return form;
  }

  /** By its first character in any Unicode encoding; in a form, that would be encoded. */
  private static boolean looksLikeJson(byte[] body) {
    for (byte b : body) {
      boolean isBlankOrMark = (b >= 0 && b <= ' ') || MARKS.indexOf(b & 0xff) >= 0;
      if (!isBlankOrMark) {
        return b == '{' || b == '[';
      }
    }
    return false;
  }

  static String text(Request request) {
    return new String(request.body(), StandardCharsets.UTF_8);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
