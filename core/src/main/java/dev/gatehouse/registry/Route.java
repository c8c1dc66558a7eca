package dev.gatehouse.registry;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A service, and how to call it at each instance of its server, in their order; or at the one place
 * where it is whatever these are. Immutable, but for what it remembers to be faster.
 */
final class Route {
  private final String server;
  private final String name;
  private final Optional<Service> service;
  private final Endpoint[] endpoints;
  private final @Nullable Fleet fleet;
  private final @Nullable FleetState state;
  private volatile @Nullable Rota rota;

  /** Those that take turns as long as the state is of that version, and the counters they go by. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Rota(int version, Endpoint[] endpoints, long[] counters) {}

  /**
   * A route.
   *
   * @param server the server's name as it was registered
   * @param fleet the instances to choose from; null if the service is at one place
   */
  Route(String server, Service service, List<Endpoint> endpoints, @Nullable Fleet fleet) {
    this(server, service.name(), Optional.of(service), endpoints.toArray(Endpoint[]::new), fleet);
  }

  private Route(
      String server,
      String name,
      Optional<Service> service,
      Endpoint[] endpoints,
      @Nullable Fleet fleet) {
    this.server = server;
    this.name = name;
    this.service = service;
    this.endpoints = endpoints;
    this.fleet = fleet;
    this.state = fleet == null ? null : fleet.state();
  }

  /** This route by the very texts by which it was asked for: who asks again has them at hand. */
  Route askedBy(String itsServer, String itsName) {
    return new Route(itsServer, itsName, service, endpoints, fleet);
  }

  /**
   * Whether these are the names by which it was asked for. That they are the same objects is looked
   * at apart, because it is all that most calls need, and is compiled to much less.
   */
  @SuppressWarnings("ReferenceEquality")
  boolean isOf(String itsServer, String itsName) {
    return (server == itsServer || server.equals(itsServer))
        && (name == itsName || name.equals(itsName));
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
    if (fleet == null) {
      return endpoints[0];
    }
    Candidates present = fleet.candidates();
    Rota known = rota;
    if ((known == null || known.version() != present.version()) && present.takeTurns()) {
      rota = rota(present, fleet.state().counters());
    }
    return endpoints[present.choose(key)];
  }

  private Rota rota(Candidates present, long[] counters) {
    Endpoint[] inTurn = new Endpoint[present.size()];
    for (int i = 0; i < inTurn.length; i++) {
      inTurn[i] = endpoints[present.position(i)];
    }
    return new Rota(present.version(), inTurn, counters);
  }

  /** The same for whatever key, if instances take turns and nothing has changed; else null. */
  @Nullable Endpoint next() {
    Rota known = rota;
    return known != null && state != null && known.version() == state.version()
        ? known.endpoints()[Turns.next(known.counters(), known.endpoints().length)]
        : null;
  }
}
