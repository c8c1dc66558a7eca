package dev.gatehouse.transport.http.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The routes of an adapter. A fixed path wins over a template that matches it too. Immutable. */
final class Routes {
  private final Map<String, Map<String, Route>> fixed = new HashMap<>();
  private final List<Route> templates = new ArrayList<>();
  private final List<Route> all;

  Routes(List<Route> routes) {
    all = List.copyOf(routes);
    for (Route route : routes) {
      if (PathTemplate.isFixed(route.template())) {
        fixed.computeIfAbsent(route.template(), path -> new HashMap<>()).put(route.method(), route);
      } else {
        templates.add(route);
      }
    }
  }

  /** A route that was found, and what its variables stand for. */
  record Match(Route route, Map<String, String> variables) {}

  /**
   * The route for the method and path.
   *
   * @throws RefusedException if there is none
   */
  Match find(String method, RequestPath path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    Set<String> others = new TreeSet<>();
    Match match = fixed(wanted, path, others);
    if (match == null) {
      match = templated(wanted, path, others);
    }
    if (match != null) {
      return match;
    }
    throw others.isEmpty()
        ? new RefusedException(Refusal.UNKNOWN_PATH, "there is no such path")
        : RefusedException.wrongMethod(String.join(", ", others));
  }

  private @Nullable Match fixed(String method, RequestPath path, Set<String> others) {
    Map<String, Route> byMethod = fixed.get(path.plain());
    if (byMethod == null) {
      return null;
    }
    Route route = byMethod.get(method);
    if (route == null) {
      others.addAll(byMethod.keySet());
      return null;
    }
    return new Match(route, Map.of());
  }

  private @Nullable Match templated(String method, RequestPath path, Set<String> others) {
    // A path that is fixed for another method is not a template's.
    if (!others.isEmpty()) {
      return null;
    }
    for (Route route : templates) {
      Map<String, String> variables = route.match(path.segments());
      if (variables != null && route.method().equals(method)) {
        return new Match(route, variables);
      }
      if (variables != null) {
        others.add(route.method());
      }
    }
    return null;
  }

  List<Route> all() {
    return all;
  }
}
