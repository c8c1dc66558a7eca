package dev.gatehouse.registry;

import dev.gatehouse.registry.RegistryOptions.Addressing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A server with its addresses and services, laid out for lookups. Immutable. */
final class Site {
  private final Optional<Server> server;
  private final List<Instance> instances;
  private final Fleet fleet;
  private final boolean isFixed;
  private final Map<String, Route> routes = new HashMap<>();
  private final List<LocatedService> services = new ArrayList<>();

  private Site(Server server, List<Instance> instances, Fleet fleet, Addressing addressing) {
    this.server = Optional.of(server);
    this.instances = instances;
    this.fleet = fleet;
    this.isFixed = addressing == Addressing.AT_REGISTRATION;
  }

  static Site of(
      Server server,
      Collection<Instance> registered,
      Collection<Service> services,
      Addressing addressing,
      Fleets fleets) {
    List<Instance> instances = instances(server, registered);
    Site site = new Site(server, instances, fleets.of(server, instances), addressing);
    for (Service service : services) {
      site.services.add(LocatedService.of(server, service, addressing));
      Route route =
          new Route(
              server.name(),
              service,
              endpoints(server, instances, service, addressing),
              site.isFixed ? null : site.fleet);
      Snapshot.Draft.putByName(site.routes, service.name(), route);
    }
    return site;
  }

  private static List<Endpoint> endpoints(
      Server server, List<Instance> instances, Service service, Addressing addressing) {
    return addressing == Addressing.AT_CALL
        ? instances.stream().map(instance -> Endpoint.of(instance.origin(), service)).toList()
        : List.of(Endpoint.of(LocatedService.origin(server, service, addressing), service));
  }

  /** The server's own address, unless an instance has it, then the instances. */
  static List<Instance> instances(Server server, Collection<Instance> registered) {
    List<Instance> all = new ArrayList<>(registered.size() + 1);
    String own = server.address().key();
    if (registered.stream().noneMatch(instance -> instance.address().equals(own))) {
      all.add(Instance.own(server));
    }
    all.addAll(registered);
    return List.copyOf(all);
  }

  Optional<Server> server() {
    return server;
  }

  List<Instance> instances() {
    return instances;
  }

  List<LocatedService> services() {
    return services;
  }

  Set<String> serviceKeys() {
    return routes.keySet();
  }

  Optional<Service> service(String name) {
    Route route = Snapshot.lookUp(routes, name);
    return route == null ? Optional.empty() : route.service();
  }

  Fleet fleet() {
    return fleet;
  }

  /**
   * How to call a service.
   *
   * @param asked the server's name as the caller spelled it
   */
  Route route(String asked, String service) {
    Route route = Snapshot.lookUp(routes, service);
    if (route == null) {
      throw Missing.service(asked, service);
    }
    return route;
  }

  /** Whether services are called at one place each, whatever instances there are. */
  boolean isFixed() {
    return isFixed;
  }
}
