package dev.gatehouse.transport;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * An answer whose body is read while it comes. It holds a connection until it is closed, which
 * whoever has it must do; closing before the end gives the connection up. Not safe: confine to one
 * thread.
 */
public final class StreamedResponse implements AutoCloseable {
  private final int status;
  private final Headers headers;
  private final InputStream body;

  private StreamedResponse(int status, Headers headers, InputStream body) {
    this.status = Check.range(status, 100, 599, "status");
    this.headers = requireNonNull(headers, "headers");
    this.body = requireNonNull(body, "body");
  }

  /** An answer with a body to be read; closing the answer closes the stream. */
  public static StreamedResponse of(int status, Headers headers, InputStream body) {
    return new StreamedResponse(status, headers, body);
  }

  /** An answer that is there, and whole. */
  public static StreamedResponse of(Response response) {
    Check.that(!response.isTruncated(), () -> "response must be whole, was truncated");
    return of(response.status(), response.headers(), new ByteArrayInputStream(response.body()));
  }

  /** The status code, 100..599. */
  public int status() {
    return status;
  }

  /** The headers. */
  public Headers headers() {
    return headers;
  }

  /**
   * The body, without a limit to its length. It blocks until bytes come, and throws an {@link
   * IOException} if they stop coming, the deadline passes, or the connection ends before the end
   * that the answer's framing tells.
   */
  public InputStream body() {
    return body;
  }

  /** Gives the connection back, or up. Idempotent. */
  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The status only: the rest may be secret. */
  @Override
  public String toString() {
    return "StreamedResponse " + status;
  }
}
