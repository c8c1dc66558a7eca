package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.check.Form;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * A request, outbound or inbound: method, absolute or relative URI, headers, and the body's exact
 * bytes (at most 1 MiB, empty if there is none). Immutable.
 */
public final class Request {
  /** Largest body in bytes. */
  public static final int MAX_BODY = 1 << 20;

  private static final Form METHOD = Form.of("[A-Z]", 1, 16);
  private static final byte[] EMPTY = {};

  private final String method;
  private final URI uri;
  private final Headers headers;
  private final byte[] body;

  private Request(String method, URI uri, Headers headers, byte[] body) {
    this.method = method;
    this.uri = uri;
    this.headers = headers;
    this.body = body;
  }

  /** A request without headers or body. The method is upper case. */
  public static Request of(String method, URI uri) {
    Check.matches(method, METHOD, "method");
    return new Request(method, requireNonNull(uri, "uri"), Headers.NONE, EMPTY);
  }

  /** A GET. */
  public static Request get(URI uri) {
    return of("GET", uri);
  }

  /** A POST of bytes. */
  public static Request post(URI uri, byte[] body) {
    return of("POST", uri).body(body);
  }

  /** A POST of text in UTF-8. */
  public static Request post(URI uri, String body) {
    return post(uri, requireNonNull(body, "body").getBytes(StandardCharsets.UTF_8));
  }

  /** This request with one more header. */
  public Request header(String name, String value) {
    return headers(Headers.of(name, value));
  }

  /** This request with that header in place of those of its name, with {@code -} or {@code _}. */
  public Request onlyHeader(String name, String value) {
    return new Request(method, uri, headers.without(name).and(name, value), body);
  }

  /** This request with more headers. */
  public Request headers(Headers more) {
    return new Request(method, uri, headers.and(more), body);
  }

  /** This request with another body. */
  public Request body(byte[] bytes) {
    requireNonNull(bytes, "body");
    Check.that(
        bytes.length <= MAX_BODY,
        () -> "body must have at most " + MAX_BODY + " bytes, had " + bytes.length);
    return new Request(method, uri, headers, bytes.clone());
  }

  /** The method, upper case. */
  public String method() {
    return method;
  }

  /** The target. */
  public URI uri() {
    return uri;
  }

  /** The headers. */
  public Headers headers() {
    return headers;
  }

  /** A copy of the body. */
  public byte[] body() {
    return body.clone();
  }

  /** The method and the target without its query, which may be secret. */
  @Override
  public String toString() {
    return method + " " + (uri.getHost() == null ? "" : uri.getHost()) + uri.getRawPath();
  }
}
