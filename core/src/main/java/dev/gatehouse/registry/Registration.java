package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Servers, instances and services to register together, at most 1,000 all in all, none of them
 * twice. Immutable.
 *
 * @param servers registered first
 * @param instances of these servers, or of others that are registered
 * @param services on these servers, or on others that are registered
 */
public record Registration(List<Server> servers, List<Instance> instances, List<Service> services) {
  /** Most entries. */
  public static final int MAX_ENTRIES = 1_000;

  /** Checks the number of entries, and that none is there twice. */
  public Registration {
    servers = List.copyOf(requireNonNull(servers, "servers"));
    instances = List.copyOf(requireNonNull(instances, "instances"));
    services = List.copyOf(requireNonNull(services, "services"));
    Check.range(servers.size() + instances.size() + services.size(), 0, MAX_ENTRIES, "entries");
    Set<List<String>> seen = new HashSet<>();
    for (Server server : servers) {
      requireNew(seen, "server '" + server.name() + "'", "", server.name());
    }
    for (Instance instance : instances) {
      requireNew(seen, instance.toString(), "i", instance.server(), instance.address());
    }
    for (Service service : services) {
      requireNew(
          seen,
          "service '" + service.name() + "' on server '" + service.server() + "'",
          "s",
          service.server(),
          service.name());
    }
  }

  private static void requireNew(Set<List<String>> seen, String what, String... key) {
    for (int i = 0; i < key.length; i++) {
      key[i] = RegistryStore.nameKey(key[i]);
    }
    Check.that(seen.add(List.of(key)), "each must be there once, was twice: " + what);
  }
}
