package dev.gatehouse.signing;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transport.Headers;
import dev.gatehouse.transport.Request;

/**
 * The headers that prove a request. Immutable.
 *
 * @param headers the headers to send with the request that was signed
 */
public record SignedHeaders(Headers headers) {
  /** Headers that a scheme made. */
  public SignedHeaders {
    requireNonNull(headers, "headers");
  }

  /** The request with these headers added. */
  public Request addTo(Request request) {
    return request.headers(headers);
  }
}
