package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transport.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.util.OptionalLong;

/**
 * An answer to send: status, headers, and a body that is written when the mount is ready for it. A
 * mount adds what frames the message, and leaves the body out where the method is HEAD. Immutable.
 */
public final class ApiResponse {
  /** Writes a body. */
  @FunctionalInterface
  interface Writer {
    void writeTo(OutputStream out) throws IOException;
  }

  private static final long UNKNOWN = -1;

  private final int status;
  private final Headers headers;
  private final long length;
  private final Writer body;

  private ApiResponse(int status, Headers headers, long length, Writer body) {
    this.status = Check.range(status, 200, 599, "status");
    this.headers = requireNonNull(headers, "headers");
    this.length = length;
    this.body = requireNonNull(body, "body");
  }

  /** An answer whose body is at hand. */
  static ApiResponse of(int status, Headers headers, byte[] body) {
    return new ApiResponse(status, headers, body.length, out -> out.write(body));
  }

  /** An answer whose body is made while it is written. */
  static ApiResponse streaming(int status, Headers headers, Writer body) {
    return new ApiResponse(status, headers, UNKNOWN, body);
  }

  /** This answer with one more header. */
  ApiResponse header(String name, String value) {
    return new ApiResponse(status, headers.and(name, value), length, body);
  }

  /** The status, 200..599. */
  public int status() {
    return status;
  }

  /** The headers, but for those that frame the message. */
  public Headers headers() {
    return headers;
  }

  /** How many bytes the body has; empty if that shows only when it is written. */
  public OptionalLong length() {
    return length == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(length);
  }

  /**
   * Writes the body; to be called at most once. Leaves the stream open.
   *
   * @throws IOException if the stream throws it
   */
  public void writeTo(OutputStream out) throws IOException {
    body.writeTo(requireNonNull(out, "out"));
  }

  /** The status only: the body may be secret. */
  @Override
  public String toString() {
    return "ApiResponse " + status;
  }
}
