package dev.gatehouse.registry;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Routes that were asked for, each at the place that its names' hashes say, where the first stays:
 * one step where maps take two. Who does not see another thread's, or finds a place taken, goes by
 * the maps. Safe for use by multiple threads.
 */
final class AskedRoutes {
  /** A power of two. */
  private static final int PLACES = 256;

  private final @Nullable Route[] routes = new Route[PLACES];
  private final AtomicInteger age = new AtomicInteger();

  /** Where they are: for who keeps it at hand. */
  @Nullable Route[] routes() {
    return routes;
  }

  /** To be read before what makes a route, and given to it: the route is found while it is this. */
  int age() {
    return age.get();
  }

  /**
   * The route that was asked for by these names; null if none was, or another has its place.
   *
   * @param from {@link #routes}
   */
  @Nullable Route find(@Nullable Route[] from, String server, String service) {
    Route known = from[place(server, service)];
    return known != null && known.age() == age.get() && known.isOf(server, service) ? known : null;
  }

  /**
   * Lets a route be found by these names, unless another has their place or the age is over.
   *
   * @param itsAge what was read before the route was
   * @return what is found, or the route
   */
  Route keep(Route route, String server, String service, int itsAge) {
    int place = place(server, service);
    Route there = routes[place];
    if (itsAge != age.get()) {
      return route;
    }
    if (there != null && there.age() == itsAge) {
      return there.isOf(server, service) ? there : route;
    }
    Route kept = route.askedBy(server, service, itsAge);
    routes[place] = kept;
    return kept;
  }

  /** Lets none be found that was asked for before. */
  void forget() {
    age.getAndIncrement();
    Arrays.fill(routes, null);
  }

  private static int place(String server, String service) {
    return (31 * server.hashCode() + service.hashCode()) & (PLACES - 1);
  }
}
