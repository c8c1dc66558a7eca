package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Transport;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a service is called with, beside what was registered for it: its stored params become query
 * parameters, its stored data are members of the body where this has none of that name, and its
 * stored headers are sent where this has none of that name. Immutable.
 */
public final class ServiceCall {
  private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "PUT", "DELETE", "OPTIONS");

  private enum Repeat {
    BY_METHOD,
    ALWAYS,
    NEVER
  }

  /** What is sent: what the maker makes if there is one, and nothing else then. */
  private record Content(
      @Nullable String json, Headers headers, @Nullable Function<Endpoint, Request> maker) {
    static final Content NONE = new Content(null, Headers.NONE, null);
  }

  /** How it is sent; null for what the registry's options say. Changed while it is made only. */
  private static final class Manner {
    static final Manner PLAIN = new Manner();

    @Nullable String key;
    @Nullable String instance;
    Repeat repeat = Repeat.BY_METHOD;
    @Nullable Duration hedge;
    @Nullable Duration timeout;
    @Nullable Transport transport;
    boolean hostsOnly;

    Manner() {}

    Manner(Manner other) {
      key = other.key;
      instance = other.instance;
      repeat = other.repeat;
      hedge = other.hedge;
      timeout = other.timeout;
      transport = other.transport;
      hostsOnly = other.hostsOnly;
    }
  }

  /** With nothing but what was registered. */
  public static final ServiceCall EMPTY = new ServiceCall(Content.NONE, Manner.PLAIN);

  private final Content content;
  private final Manner manner;

  private ServiceCall(Content content, Manner manner) {
    this.content = content;
    this.manner = manner;
  }

  /** A call with the text of a JSON object as its body. */
  public static ServiceCall of(String json) {
    String valid = Json.validObject(requireNonNull(json, "json"), "body");
    return new ServiceCall(new Content(valid, Headers.NONE, null), Manner.PLAIN);
  }

  /**
   * A call by a request of the caller's own making: what was registered beside method and address
   * goes with it as far as the function puts it there.
   *
   * @param maker makes the request for an endpoint; called on the caller's thread for each attempt.
   *     What it throws, the call throws
   */
  public static ServiceCall by(Function<Endpoint, Request> maker) {
    return new ServiceCall(
        new Content(null, Headers.NONE, requireNonNull(maker, "maker")), Manner.PLAIN);
  }

  /**
   * This call with more headers.
   *
   * @throws IllegalStateException if the caller makes the request
   */
  public ServiceCall headers(Headers more) {
    if (content.maker() != null) {
      throw new IllegalStateException("headers must come with the request that the caller makes");
    }
    return new ServiceCall(new Content(content.json(), content.headers().and(more), null), manner);
  }

  /**
   * This call about something, such as an account, by which {@link Balancer#shard} chooses.
   *
   * @param value 1..1000 characters
   */
  public ServiceCall key(String value) {
    Check.range(requireNonNull(value, "key").length(), 1, 1_000, "length of key");
    return with(changed -> changed.key = value);
  }

  /**
   * This call at that instance alone, whatever its health and weight, as where a job is that it
   * took before. It is tried again there, and not hedged. Where services are called at one place
   * each, it goes there.
   *
   * @param address as {@link Instance#address} tells it, 1..300 characters; if there is no such
   *     instance, the call throws {@link dev.gatehouse.error.NotFoundException}
   */
  public ServiceCall at(String address) {
    Check.range(requireNonNull(address, "address").length(), 1, 300, "length of address");
    return with(changed -> changed.instance = address);
  }

  /**
   * This call, which does no harm when it is made twice. Without it, only calls by GET, HEAD, PUT,
   * DELETE and OPTIONS are tried again.
   */
  public ServiceCall repeatable() {
    return repeated(Repeat.ALWAYS, manner.hedge);
  }

  /** This call with one attempt only, which may take as long as the call. */
  public ServiceCall once() {
    return repeated(Repeat.NEVER, null);
  }

  /**
   * This call, which does no harm when it is made twice, and is made a second time at another
   * instance if the first has not answered after a while; the first good answer counts. Where there
   * is no other instance, or the retry budget is used up, there is no second time.
   *
   * @param delay 1 ms to 1 h
   */
  public ServiceCall hedgedAfter(Duration delay) {
    Check.range(delay, Duration.ofMillis(1), Duration.ofHours(1), "delay");
    return repeated(Repeat.ALWAYS, delay);
  }

  private ServiceCall repeated(Repeat repeat, @Nullable Duration hedge) {
    return with(
        changed -> {
          changed.repeat = repeat;
          changed.hedge = hedge;
        });
  }

  /**
   * This call with another timeout than the registry's options say, for all its attempts together.
   *
   * @param timeout 1 ms to 1 h
   */
  public ServiceCall within(Duration timeout) {
    Check.range(timeout, Duration.ofMillis(1), Duration.ofHours(1), "timeout");
    return with(changed -> changed.timeout = timeout);
  }

  /** This call by another transport than the registry's. */
  public ServiceCall over(Transport transport) {
    requireNonNull(transport, "transport");
    return with(changed -> changed.transport = transport);
  }

  /**
   * This call only of a server that the host registered itself: one that an application {@linkplain
   * Registry#attachedBy attached} counts as not registered.
   */
  public ServiceCall ofHost() {
    return with(changed -> changed.hostsOnly = true);
  }

  private ServiceCall with(Consumer<Manner> change) {
    Manner changed = new Manner(manner);
    change.accept(changed);
    return new ServiceCall(content, changed);
  }

  @Nullable String instance() {
    return manner.instance;
  }

  @Nullable String key() {
    return manner.key;
  }

  @Nullable Duration hedge() {
    return manner.hedge;
  }

  @Nullable Duration timeout() {
    return manner.timeout;
  }

  @Nullable Transport transport() {
    return manner.transport;
  }

  boolean isOfHostOnly() {
    return manner.hostsOnly;
  }

  boolean isOnce() {
    return manner.repeat == Repeat.NEVER;
  }

  boolean isRepeatable(String method) {
    return manner.repeat == Repeat.ALWAYS
        || (manner.repeat == Repeat.BY_METHOD && REPEATABLE.contains(method));
  }

  /** The request that this makes of an endpoint. */
  public Request request(Endpoint endpoint) {
    if (content.maker() != null) {
      return requireNonNull(content.maker().apply(endpoint), "request");
    }
    Request request =
        Request.of(endpoint.method(), withParams(endpoint)).headers(allHeaders(endpoint.headers()));
    if (content.json() == null && endpoint.data().equals("{}")) {
      return request;
    }
    Request typed =
        request.headers().first("Content-Type").isPresent()
            ? request
            : request.header("Content-Type", "application/json");
    return typed.body(body(endpoint.data()));
  }

  private byte[] body(String data) {
    String json = content.json();
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
      if (content.headers().first(field.name()).isEmpty()) {
        all.add(field);
      }
    }
    all.addAll(content.headers().fields());
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
