package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * A request as a server received it, not judged yet: {@link HttpApi} does that, so that a mount
 * hands over what came and checks nothing. Not safe: confine to one thread.
 *
 * @param method as it came
 * @param target path and query as they came, neither decoded nor normalized
 * @param headers names in any case, each with its values in their order
 * @param body the bytes after the head; read by the API as far as it needs, closed by the mount
 * @param remote who sent it, for the audit log: an address, or empty text if not known
 */
public record ApiRequest(
    String method,
    String target,
    Map<String, List<String>> headers,
    InputStream body,
    String remote) {
  /** Checks that nothing is missing. */
  public ApiRequest {
    requireNonNull(method, "method");
    requireNonNull(target, "target");
    requireNonNull(headers, "headers");
    requireNonNull(body, "body");
    requireNonNull(remote, "remote");
  }

  /** The method only: the target may hold secrets. */
  @Override
  public String toString() {
    return "ApiRequest " + method;
  }
}
