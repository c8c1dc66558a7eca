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
  private final int age;
  private volatile @Nullable Rota rota;

  /** There with the rota, and not in it: a pick waits for each step on the way to its counter. */
  private long @Nullable [] counters;

  /** Those that take turns as long as the state is of that version. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Rota(int version, Endpoint[] endpoints) {}

  /**
   * A route.
   *
   * @param server the server's name as it was registered
   * @param fleet the instances to choose from; null if the service is at one place
   */
  Route(String server, Service service, List<Endpoint> endpoints, @Nullable Fleet fleet) {
    this(
        server, service.name(), Optional.of(service), endpoints.toArray(Endpoint[]::new), fleet, 0);
  }

  private Route(
      String server,
      String name,
      Optional<Service> service,
      Endpoint[] endpoints,
      @Nullable Fleet fleet,
      int age) {
    this.server = server;
    this.name = name;
    this.service = service;
    this.endpoints = endpoints;
    this.fleet = fleet;
    this.state = fleet == null ? null : fleet.state();
    this.age = age;
  }

  /** This route by the very texts by which it was asked for: who asks again has them at hand. */
  Route askedBy(String itsServer, String itsName, int itsAge) {
    return new Route(itsServer, itsName, service, endpoints, fleet, itsAge);
  }

  /** When it was asked for, as {@link Snapshots} counts. */
  int age() {
    return age;
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
      counters = fleet.state().counters();
      rota = rota(present);
    }
    return endpoints[present.choose(key)];
  }

  private Rota rota(Candidates present) {
    Endpoint[] inTurn = new Endpoint[present.size()];
    for (int i = 0; i < inTurn.length; i++) {
      inTurn[i] = endpoints[present.position(i)];
    }
    return new Rota(present.version(), inTurn);
  }

  /** The same for whatever key, if instances take turns and nothing has changed; else null. */
  @Nullable Endpoint next() {
    Rota known = rota;
    long[] turns = counters;
    return known != null && turns != null && state != null && known.version() == state.version()
        ? known.endpoints()[Turns.next(turns, known.endpoints().length)]
        : null;
  }
}
