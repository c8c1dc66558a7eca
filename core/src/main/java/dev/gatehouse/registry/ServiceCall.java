package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a service is called with, beside what was registered for it: its stored params become query
 * parameters, its stored data are members of the body where this has none of that name, and its
 * stored headers are sent where this has none of that name. Immutable.
 */
public final class ServiceCall {
  /** With nothing but what was registered. */
  public static final ServiceCall EMPTY =
      new ServiceCall(null, Headers.NONE, null, Repeat.BY_METHOD, null);

  private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "PUT", "DELETE", "OPTIONS");

  private enum Repeat {
    BY_METHOD,
    ALWAYS
  }

  private final @Nullable String json;
  private final Headers headers;
  private final @Nullable String key;
  private final Repeat repeat;
  private final @Nullable Duration hedge;

  private ServiceCall(
      @Nullable String json,
      Headers headers,
      @Nullable String key,
      Repeat repeat,
      @Nullable Duration hedge) {
    this.json = json;
    this.headers = headers;
    this.key = key;
    this.repeat = repeat;
    this.hedge = hedge;
  }

  /** A call with the text of a JSON object as its body. */
  public static ServiceCall of(String json) {
    String valid = Json.validObject(requireNonNull(json, "json"), "body");
    return new ServiceCall(valid, Headers.NONE, null, Repeat.BY_METHOD, null);
  }

  /** This call with more headers. */
  public ServiceCall headers(Headers more) {
    return new ServiceCall(json, headers.and(more), key, repeat, hedge);
  }

  /**
   * This call about something, such as an account, by which {@link Balancer#shard} chooses.
   *
   * @param value 1..1000 characters
   */
  public ServiceCall key(String value) {
    Check.range(requireNonNull(value, "key").length(), 1, 1_000, "length of key");
    return new ServiceCall(json, headers, value, repeat, hedge);
  }

  /**
   * This call, which does no harm when it is made twice. Without it, only calls by GET, HEAD, PUT,
   * DELETE and OPTIONS are tried again.
   */
  public ServiceCall repeatable() {
    return new ServiceCall(json, headers, key, Repeat.ALWAYS, hedge);
  }

  /**
   * This call, which does no harm when it is made twice, and is made a second time at another
   * instance if the first has not answered after a while; the first good answer counts.
   *
   * @param delay 1 ms to 1 h
   */
  public ServiceCall hedgedAfter(Duration delay) {
    Check.range(delay, Duration.ofMillis(1), Duration.ofHours(1), "delay");
    return new ServiceCall(json, headers, key, Repeat.ALWAYS, delay);
  }

  @Nullable String key() {
    return key;
  }

  @Nullable Duration hedge() {
    return hedge;
  }

  boolean isRepeatable(String method) {
    return repeat == Repeat.ALWAYS || REPEATABLE.contains(method);
  }

  /** The request that this makes of an endpoint. */
  public Request request(Endpoint endpoint) {
    Request request =
        Request.of(endpoint.method(), withParams(endpoint)).headers(allHeaders(endpoint.headers()));
    if (json == null && endpoint.data().equals("{}")) {
      return request;
    }
    Request typed =
        request.headers().first("Content-Type").isPresent()
            ? request
            : request.header("Content-Type", "application/json");
    return typed.body(body(endpoint.data()));
  }

  private byte[] body(String data) {
    if (json != null && data.equals("{}")) {
      return json.getBytes(StandardCharsets.UTF_8);
    }
    ObjectNode merged = (ObjectNode) Json.parse(data, "data");
    if (json != null) {
      merged.setAll((ObjectNode) Json.parse(json, "body"));
    }
    return Json.bytes(merged);
  }

  private Headers allHeaders(Headers stored) {
    List<Headers.Field> all = new ArrayList<>();
    for (Headers.Field field : stored.fields()) {
      if (headers.first(field.name()).isEmpty()) {
        all.add(field);
      }
    }
    all.addAll(headers.fields());
    return Headers.of(all);
  }

  private static URI withParams(Endpoint endpoint) {
    if (endpoint.params().equals("{}")) {
      return endpoint.uri();
    }
    StringBuilder text = new StringBuilder(endpoint.uri().toString());
    char before = endpoint.uri().getRawQuery() == null ? '?' : '&';
    for (Map.Entry<String, JsonNode> param : Json.parse(endpoint.params(), "params").properties()) {
      JsonNode value = param.getValue();
      text.append(before)
          .append(encoded(param.getKey()))
          .append('=')
          .append(encoded(value.isTextual() ? value.textValue() : Json.write(value)));
      before = '&';
    }
    return URI.create(text.toString());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Nothing of the body and the headers, which may be secret. */
  @Override
  public String toString() {
    return "ServiceCall";
  }
}
