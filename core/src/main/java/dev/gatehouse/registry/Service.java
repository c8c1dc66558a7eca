package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be called on a {@link Server}: a path there, and what goes with every call.
 * Within a server, names are alike whatever their case.
 *
 * <pre>{@code
 * registry.register(Service.named("upload").on("features").uri("/v1/upload"));
 * }</pre>
 *
 * Params, data and headers are kept as they came and in clear: a credential in them can be read by
 * whoever can read the storage. They show in no message and no {@code toString}. Immutable.
 */
public final class Service {
  /** Longest name, in chars. */
  public static final int MAX_NAME = 30;

  /** Longest path and query, in chars. */
  public static final int MAX_URI = 1_000;

  /** Longest params and data, and the longest headers all together, in chars. */
  public static final int MAX_TEXT = 32_768;

  private static final Pattern METHOD = Pattern.compile("[A-Za-z]{1,16}");
  private static final Pattern URI_CHARS = Pattern.compile("[!-~]*");

  private final String server;
  private final String name;
  private final String uri;
  private final Call call;
  private final @Nullable Times times;

  private Service(String server, String name, String uri, Call call, @Nullable Times times) {
    this.server = server;
    this.name = name;
    this.uri = uri;
    this.call = call;
    this.times = times;
  }

  /**
   * Begins a service with that name: 1..30 characters in Unicode normalization form C, none of them
   * a control or invisible character, no blank at either end.
   */
  public static Named named(String name) {
    return new Named(Check.name(name, MAX_NAME, "service name"));
  }

  /** This service with another method: 1..16 letters, kept in upper case. Default {@code POST}. */
  public Service method(String value) {
    Check.matches(value, METHOD, "method");
    return with(
        new Call(value.toUpperCase(Locale.ROOT), call.params(), call.data(), call.headers()));
  }

  /**
   * This service with other query parameters: the text of a JSON object of at most 32,768
   * characters. Default <code>{}</code>.
   */
  public Service params(String json) {
    return with(new Call(call.method(), object(json, "params"), call.data(), call.headers()));
  }

  /**
   * This service with other data, which goes into the body of every call: the text of a JSON object
   * of at most 32,768 characters. Default <code>{}</code>.
   */
  public Service data(String json) {
    return with(new Call(call.method(), call.params(), object(json, "data"), call.headers()));
  }

  /**
   * This service with other headers, no two of one name, at most 32,768 characters all together.
   * Default none.
   */
  public Service headers(Headers value) {
    int length = 0;
    Set<String> names = new HashSet<>();
    for (Headers.Field field : requireNonNull(value, "headers").fields()) {
      Check.that(
          names.add(field.name().toLowerCase(Locale.ROOT)),
          "headers must not repeat a name, repeated " + field.name());
      Check.that(
          isWellFormed(field.value()), "header " + field.name() + " must be well-formed Unicode");
      length += field.name().length() + field.value().length();
    }
    Check.range(length, 0, MAX_TEXT, "length of headers");
    return with(new Call(call.method(), call.params(), call.data(), value));
  }

  /** The name of its server, as this service's registration spelled it. */
  public String server() {
    return server;
  }

  /** The name as it was registered. */
  public String name() {
    return name;
  }

  /** Path and query on the server. */
  public String uri() {
    return uri;
  }

  /** The method, in upper case. */
  public String method() {
    return call.method();
  }

  /** The query parameters: the text of a JSON object. */
  public String params() {
    return call.params();
  }

  /** The data: the text of a JSON object. */
  public String data() {
    return call.data();
  }

  /** The headers. */
  public Headers headers() {
    return call.headers();
  }

  /** When it was first registered, to the millisecond; empty before. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(times).map(Times::createdAt);
  }

  /** When it was last registered otherwise than before, to the millisecond; empty before. */
  public Optional<Instant> updatedAt() {
    return Optional.ofNullable(times).map(Times::updatedAt);
  }

  /** This service as registered at those times; of use to stores and the registry. */
  public Service registered(Instant createdAt, Instant updatedAt) {
    return new Service(server, name, uri, call, new Times(createdAt, updatedAt));
  }

  /** Whether registering the other one would change nothing. */
  boolean isWhatIsRegisteredBy(Service other) {
    return times != null && equals(other.registered(times.createdAt(), times.updatedAt()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Service that
        && server.equals(that.server)
        && name.equals(that.name)
        && uri.equals(that.uri)
        && call.equals(that.call)
        && Objects.equals(times, that.times);
  }

  @Override
  public int hashCode() {
    return Objects.hash(server, name, uri);
  }

  /** The path without its query, which may be secret. */
  @Override
  public String toString() {
    int query = uri.indexOf('?');
    String path = query < 0 ? uri : uri.substring(0, query);
    return "Service '" + name + "' on '" + server + "': " + call.method() + " " + path;
  }

  private Service with(Call changed) {
    return new Service(server, name, uri, changed, times);
  }

  private static String object(String json, String what) {
    requireNonNull(json, what);
    Check.range(json.length(), 0, MAX_TEXT, "length of " + what);
    return Json.validObject(json, what);
  }

  private static boolean isWellFormed(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private record Call(String method, String params, String data, Headers headers) {
    static final Call DEFAULT = new Call("POST", "{}", "{}", Headers.NONE);

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Call that
          && method.equals(that.method)
          && params.equals(that.params)
          && data.equals(that.data)
          && headers.fields().equals(that.headers.fields());
    }

    @Override
    public int hashCode() {
      return Objects.hash(method, params, data, headers.fields());
    }
  }

  /** A service whose server is still to be said. Immutable. */
  public static final class Named {
    private final String name;

    private Named(String name) {
      this.name = name;
    }

    /** The service on the server of that name, which must be registered before. */
    public Placed on(String server) {
      return new Placed(Check.name(server, Server.MAX_NAME, "server name"), name);
    }
  }

  /** A service whose path is still to be said. Immutable. */
  public static final class Placed {
    private final String server;
    private final String name;

    private Placed(String server, String name) {
      this.server = server;
      this.name = name;
    }

    /**
     * The service at that path, with method {@code POST}.
     *
     * @param uri a path that starts with {@code /}, and a query if need be, percent-encoded, of at
     *     most 1,000 characters, without a fragment; appended to the server's address as it is
     */
    public Service uri(String uri) {
      requireNonNull(uri, "uri");
      Check.range(uri.length(), 1, MAX_URI, "length of uri");
      Check.that(uri.startsWith("/"), "uri must start with '/', was '" + shown(uri) + "'");
      Check.that(uri.indexOf('#') < 0, "uri must not hold a fragment, was '" + shown(uri) + "'");
      Check.that(
          URI_CHARS.matcher(uri).matches() && isUri(uri),
          "uri must be a percent-encoded path and query, was '" + shown(uri) + "'");
      return new Service(server, name, uri, Call.DEFAULT, null);
    }

    private static boolean isUri(String uri) {
      try {
        return new URI("http://host" + uri).getRawPath() != null;
      } catch (URISyntaxException e) {
        return false;
      }
    }

    private static String shown(String uri) {
      int query = uri.indexOf('?');
      return Check.shown(query < 0 ? uri : uri.substring(0, query) + "?...");
    }
  }
}
