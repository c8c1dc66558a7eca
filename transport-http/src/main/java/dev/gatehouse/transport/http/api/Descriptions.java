package dev.gatehouse.transport.http.api;

import dev.gatehouse.transport.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The OpenAPI descriptions of adapters, which stand beside this class. */
final class Descriptions {
  private static final Headers JSON = Headers.of("Content-Type", "application/json");

  private Descriptions() {}

  /** The routes of each adapter by its name; the first has those to the descriptions too. */
  static Map<String, Routes> withTheirRoutes(List<WireAdapter> adapters) {
    List<Route> descriptions = adapters.stream().map(Descriptions::route).toList();
    Map<String, Routes> routes = new HashMap<>();
    for (WireAdapter adapter : adapters) {
      List<Route> own = new ArrayList<>(adapter.routes().all());
      if (adapter == adapters.get(0)) {
        own.addAll(descriptions);
      }
      routes.put(adapter.name(), new Routes(own));
    }
    return Map.copyOf(routes);
  }

  private static Route route(WireAdapter adapter) {
    byte[] description = read(adapter.name());
    return new Route(
        "GET",
        path(adapter.name()),
        Route.Access.ANYONE,
        call -> ApiResponse.of(200, JSON, description));
  }

  static String path(String adapter) {
    return "/openapi/" + adapter + ".json";
  }

  private static byte[] read(String name) {
    try (InputStream in = Descriptions.class.getResourceAsStream(name + ".json")) {
      if (in == null) {
        throw new IllegalStateException("the description of " + name + " is missing");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
