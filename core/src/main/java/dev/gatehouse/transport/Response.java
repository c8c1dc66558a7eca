package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;

/**
 * An answer: status 100..599, headers, and the body as far as the transport's limit allows.
 * Immutable.
 */
public final class Response {
  private final int status;
  private final Headers headers;
  private final byte[] body;

  private Response(int status, Headers headers, byte[] body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** An answer. */
  public static Response of(int status, Headers headers, byte[] body) {
    return new Response(
        Check.range(status, 100, 599, "status"),
        requireNonNull(headers, "headers"),
        requireNonNull(body, "body").clone());
  }

  /** An answer of text in UTF-8, without headers. */
  public static Response of(int status, String body) {
    return of(status, Headers.NONE, requireNonNull(body, "body").getBytes(StandardCharsets.UTF_8));
  }

  /** The status code. */
  public int status() {
    return status;
  }

  /** The headers. */
  public Headers headers() {
    return headers;
  }

  /** A copy of the body. */
  public byte[] body() {
    return body.clone();
  }

  /** The body read as UTF-8. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The status only: the body may be secret. */
  @Override
  public String toString() {
    return "Response " + status;
  }
}
