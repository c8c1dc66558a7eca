package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.nio.charset.StandardCharsets;

/**
 * An answer: status 100..599, headers, and the body, or the beginning of one that is longer than
 * the transport keeps, which {@link #isTruncated} tells. Immutable.
 */
public final class Response {
  private final int status;
  private final Headers headers;
  private final byte[] body;
  private final boolean truncated;

  private Response(int status, Headers headers, byte[] body, boolean truncated) {
    this.status = Check.range(status, 100, 599, "status");
    this.headers = requireNonNull(headers, "headers");
    this.body = requireNonNull(body, "body").clone();
    this.truncated = truncated;
  }

  /** A whole answer. */
  public static Response of(int status, Headers headers, byte[] body) {
    return new Response(status, headers, body, false);
  }

  /** An answer of whose body the transport keeps the beginning only. */
  public static Response truncated(int status, Headers headers, byte[] beginning) {
    return new Response(status, headers, beginning, true);
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

  /**
   * Whether the body's end is missing, or may be: an answer that is just as long as its transport's
   * limit and does not tell its length may go on. What is there may look whole, as JSON with blanks
   * behind it does.
   */
  public boolean isTruncated() {
    return truncated;
  }

  /** The status only: the body may be secret. */
  @Override
  public String toString() {
    return "Response " + status;
  }
}
