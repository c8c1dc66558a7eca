package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.registry.RegistryOptions.Addressing;

/**
 * A service and where it is, as a {@linkplain Registry#services(ServiceQuery) query} finds it.
 * Immutable.
 *
 * @param service the service
 * @param url its server's own address and its path and query; with {@link
 *     Addressing#AT_REGISTRATION} the address that the server had when the service was registered
 */
public record LocatedService(Service service, String url) {
  /** Checks that nothing is missing. */
  public LocatedService {
    requireNonNull(service, "service");
    requireNonNull(url, "url");
  }

  static LocatedService of(Server server, Service service, Addressing addressing) {
    return new LocatedService(service, origin(server, service, addressing) + service.uri());
  }

  static String origin(Server server, Service service, Addressing addressing) {
    String now = server.address().origin();
    return addressing == Addressing.AT_CALL ? now : service.origin().orElse(now);
  }

  /** Without the query of the url, which may be secret. */
  @Override
  public String toString() {
    return service + " at " + url.split("\\?", 2)[0];
  }
}
