package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transport.Headers;
import java.net.URI;

/**
 * Where and how to call a {@link Service}, by what was registered for it and its {@link Server} at
 * the moment of {@link Registry#resolve}. Immutable.
 *
 * @param uri the server's address and the service's path and query
 * @param method the method, in upper case
 * @param params query parameters to add: the text of a JSON object
 * @param data what goes into the body of every call: the text of a JSON object
 * @param headers headers to send
 */
public record Endpoint(URI uri, String method, String params, String data, Headers headers) {
  /** Checks that nothing is missing. */
  public Endpoint {
    requireNonNull(uri, "uri");
    requireNonNull(method, "method");
    requireNonNull(params, "params");
    requireNonNull(data, "data");
    requireNonNull(headers, "headers");
  }

  static Endpoint of(Server server, Service service) {
    return of(server.address().origin(), service);
  }

  static Endpoint of(String origin, Service service) {
    return new Endpoint(
        URI.create(origin + service.uri()),
        service.method(),
        service.params(),
        service.data(),
        service.headers());
  }

  /** Method, address and path only: the rest may be secret. */
  @Override
  public String toString() {
    return method
        + " "
        + uri.getScheme()
        + "://"
        + uri.getRawAuthority()
        + (uri.getRawPath() == null ? "" : uri.getRawPath());
  }
}
