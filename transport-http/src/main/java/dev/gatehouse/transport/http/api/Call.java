package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request on its route, its body read.
 *
 * @param target path and query as they came
 * @param administrator who sent it, if the route asks and it is one; else empty text
 */
record Call(
    Head head,
    String target,
    Map<String, String> variables,
    Payload payload,
    String administrator,
    String remote) {
  /** The name of an administrator of whom nothing is known. */
  static final String ANONYMOUS = "anonymous";

  private static final Pattern PLACE = Pattern.compile("line [0-9]{1,9}, column [0-9]{1,9}");

  /** The bytes of a body. Immutable as long as nobody writes to them. */
  static final class Payload {
    private final byte[] bytes;

    Payload(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  /** The bytes of the body, not a copy: only to be read. */
  byte[] body() {
    return payload.bytes;
  }

  /** Whether an administrator sent it whom the host can name. */
  boolean isOfNamedAdministrator() {
    return !administrator.isEmpty() && !administrator.equals(ANONYMOUS);
  }

  /** A segment of the path that the route's template names. */
  String variable(String name) {
    return requireNonNull(variables.get(name), name);
  }

  String method() {
    return head.method();
  }

  Headers headers() {
    return head.headers();
  }

  Query query() {
    return Query.of(head.path().query());
  }

  /** The request as signing schemes judge it. */
  Request request() {
    try {
      return Request.of(head.method(), new URI(target)).headers(head.headers()).body(body());
    } catch (URISyntaxException e) {
      throw new RefusedException(Refusal.MALFORMED_REQUEST, "the target is not a URI");
    }
  }

  /**
   * The body as a JSON object.
   *
   * @throws RefusedException if it is none
   */
  JsonNode object() {
    JsonNode node = json();
    if (!node.isObject()) {
      throw new RefusedException(Refusal.INVALID, "the body is not a JSON object");
    }
    return node;
  }

  /** Where it is not, if the parser's message tells; the rest of it names classes. */
  private static String place(IllegalArgumentException e) {
    Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
    return place.find() ? ": " + place.group() : "";
  }

  /**
   * The body as JSON.
   *
   * @throws RefusedException if it is none
   */
  JsonNode json() {
    try {
      return Json.parse(body(), "body");
    } catch (IllegalArgumentException e) {
      throw new RefusedException(Refusal.INVALID, "the body is not JSON" + place(e));
    }
  }
}
