package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.json.Json;
import dev.gatehouse.transport.Headers;
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

  /** Most services on a server. */
  public static final int MAX_SERVICES = 1_000;

  /** Longest path and query, in chars. */
  public static final int MAX_URI = 1_000;

  /** Longest params and data, and the longest headers all together, in chars. */
  public static final int MAX_TEXT = 32_768;

  private static final Pattern METHOD = Pattern.compile("[A-Za-z]{1,16}");

  private final String server;
  private final String name;
  private final String uri;
  private final Call call;
  private final @Nullable Stamp stamp;

  private Service(String server, String name, String uri, Call call, @Nullable Stamp stamp) {
    this.server = server;
    this.name = name;
    this.uri = uri;
    this.call = call;
    this.stamp = stamp;
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
    return with(call.withMethod(value.toUpperCase(Locale.ROOT)));
  }

  /**
   * This service with a protocol of its own, {@code http} or {@code https}. Default none. It is
   * kept, but calls use that of the server, or of its instance; whether it must agree with the
   * server's says {@link RegistryOptions#protocols()}.
   */
  public Service protocol(String value) {
    return with(call.withProtocol(Address.validProtocol(value)));
  }

  /**
   * This service with other query parameters: the text of a JSON object of at most 32,768
   * characters. Default <code>{}</code>.
   */
  public Service params(String json) {
    return with(call.withParams(object(json, "params")));
  }

  /**
   * This service with other data, which goes into the body of every call: the text of a JSON object
   * of at most 32,768 characters. Default <code>{}</code>.
   */
  public Service data(String json) {
    return with(call.withData(object(json, "data")));
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
          () -> "headers must not repeat a name, repeated " + field.name());
      Check.that(
          isWellFormed(field.value()),
          () -> "header " + field.name() + " must be well-formed Unicode");
      length += field.name().length() + field.value().length();
    }
    Check.range(length, 0, MAX_TEXT, "length of headers");
    return with(call.withHeaders(value));
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

  /** The protocol that was said for it; empty if none was. */
  public Optional<String> protocol() {
    return Optional.ofNullable(call.protocol());
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
    return Optional.ofNullable(stamp).map(one -> one.times().createdAt());
  }

  /** When it was last registered otherwise than before, to the millisecond; empty before. */
  public Optional<Instant> updatedAt() {
    return Optional.ofNullable(stamp).map(one -> one.times().updatedAt());
  }

  /**
   * Protocol and address of its server when this was registered, such as {@code
   * http://10.0.0.3:8080}; empty before.
   */
  public Optional<String> origin() {
    return Optional.ofNullable(stamp).map(Stamp::origin);
  }

  /**
   * This service as registered at those times; of use to stores and the registry.
   *
   * @param origin as in {@link #origin()}
   */
  public Service registered(String origin, Instant createdAt, Instant updatedAt) {
    return new Service(server, name, uri, call, new Stamp(origin, new Times(createdAt, updatedAt)));
  }

  /** Whether registering the other one, on a server at that origin, would change nothing. */
  boolean isWhatIsRegisteredBy(Service other, String origin) {
    return stamp != null
        && equals(other.registered(origin, stamp.times().createdAt(), stamp.times().updatedAt()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Service that
        && server.equals(that.server)
        && name.equals(that.name)
        && uri.equals(that.uri)
        && call.equals(that.call)
        && Objects.equals(stamp, that.stamp);
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
    return new Service(server, name, uri, changed, stamp);
  }

  private static String object(String json, String what) {
    requireNonNull(json, what);
    Check.range(json.length(), 0, MAX_TEXT, "length of " + what);
    return Json.validObject(json, what);
  }

  private static boolean isWellFormed(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** When, and at which origin of its server, a service was registered. */
  private record Stamp(String origin, Times times) {
    Stamp {
      requireNonNull(origin, "origin");
    }
  }

  private record Call(
      String method, @Nullable String protocol, String params, String data, Headers headers) {
    static final Call DEFAULT = new Call("POST", null, "{}", "{}", Headers.NONE);

    Call withMethod(String value) {
      return new Call(value, protocol, params, data, headers);
    }

    Call withProtocol(String value) {
      return new Call(method, value, params, data, headers);
    }

    Call withParams(String value) {
      return new Call(method, protocol, value, data, headers);
    }

    Call withData(String value) {
      return new Call(method, protocol, params, value, headers);
    }

    Call withHeaders(Headers value) {
      return new Call(method, protocol, params, data, value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Call that
          && method.equals(that.method)
          && Objects.equals(protocol, that.protocol)
          && params.equals(that.params)
          && data.equals(that.data)
          && headers.fields().equals(that.headers.fields());
    }

    @Override
    public int hashCode() {
      return Objects.hash(method, protocol, params, data, headers.fields());
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
      return new Service(server, name, Paths.valid(uri, "uri"), Call.DEFAULT, null);
    }
  }
}
