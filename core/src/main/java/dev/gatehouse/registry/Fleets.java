package dev.gatehouse.registry;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * What this process knows of all servers' instances, for as long as they are registered. Safe for
 * use by multiple threads.
 */
final class Fleets {
  private final Map<String, FleetState> states = new ConcurrentHashMap<>();
  private final Fleet.Parts parts;

  Fleets(FleetOptions options, LongSupplier nanoTime) {
    this.parts = new Fleet.Parts(options, nanoTime);
  }

  FleetOptions options() {
    return parts.options();
  }

  long nanoTime() {
    return parts.nanoTime().getAsLong();
  }

  Fleet of(Server server, List<Instance> instances) {
    String key = RegistryStore.nameKey(server.name());
    FleetState state = states.computeIfAbsent(key, name -> new FleetState(name, parts.options()));
    return new Fleet(state, instances, parts);
  }

  /** Knows what the snapshot has from now on, and forgets all else. */
  void publish(Snapshot snapshot) {
    Set<String> present = new HashSet<>();
    snapshot.forEachSite(
        site -> {
          Fleet fleet = site.fleet();
          present.add(fleet.state().server());
          states.put(fleet.state().server(), fleet.state());
          fleet.publish();
          fleet.state().retainServices(site.serviceKeys());
        });
    states.values().stream()
        .filter(state -> !present.contains(state.server()))
        .forEach(FleetState::forget);
    states.keySet().retainAll(present);
  }
}
