package dev.gatehouse.registry;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A service, and how to call it at each instance of its server, in their order; or at the one place
 * where it is whatever these are. Immutable.
 */
final class Route {
  private final String server;
  private final Optional<Service> service;
  private final String name;
  private final Endpoint[] endpoints;
  private final @Nullable Fleet fleet;

  /**
   * A route.
   *
   * @param server the server's name as it was registered
   * @param fleet the instances to choose from; null if the service is at one place
   */
  Route(String server, Service service, List<Endpoint> endpoints, @Nullable Fleet fleet) {
    this.server = server;
    this.service = Optional.of(service);
    this.name = service.name();
    this.endpoints = endpoints.toArray(Endpoint[]::new);
    this.fleet = fleet;
  }

  /** Whether these are the names, exactly as they were registered. */
  boolean isOf(String itsServer, String itsName) {
    return server.equals(itsServer) && name.equals(itsName);
  }

  Optional<Service> service() {
    return service;
  }

  /** How to call it at the instance of that position. */
  Endpoint at(int position) {
    return endpoints[position];
  }

  /** How to call it at the instance that is chosen now. */
  Endpoint choose(@Nullable String key) {
    return endpoints[fleet == null ? 0 : fleet.pick(key)];
  }
}
