package dev.gatehouse.registry;

import dev.gatehouse.registry.RegistryOptions.Addressing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A server with its addresses and services, laid out for lookups. Immutable. */
final class Site {
  /** A service and how to call it at each instance, in their order; or at the one place it has. */
  private record Target(Optional<Service> service, List<Endpoint> endpoints) {}

  private final Optional<Server> server;
  private final List<Instance> instances;
  private final Fleet fleet;
  private final boolean isFixed;
  private final Map<String, Target> targets = new HashMap<>();
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
      Target target =
          new Target(Optional.of(service), endpoints(server, instances, service, addressing));
      Snapshot.Draft.putByName(site.targets, service.name(), target);
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
    return targets.keySet();
  }

  Optional<Service> service(String name) {
    Target target = Snapshot.lookUp(targets, name);
    return target == null ? Optional.empty() : target.service;
  }

  Fleet fleet() {
    return fleet;
  }

  /**
   * How to call a service at each instance, or at the one place where it is whatever these are.
   *
   * @param asked the server's name as the caller spelled it
   */
  List<Endpoint> endpoints(String asked, String service) {
    Target target = Snapshot.lookUp(targets, service);
    if (target == null) {
      throw Missing.service(asked, service);
    }
    return target.endpoints;
  }

  /** How to call a service at the instance that is chosen now. */
  Endpoint endpoint(String asked, String service, @Nullable String key) {
    List<Endpoint> endpoints = endpoints(asked, service);
    return endpoints.get(isFixed ? 0 : fleet.pick(key));
  }

  /** Whether services are called at one place each, whatever instances there are. */
  boolean isFixed() {
    return isFixed;
  }
}
