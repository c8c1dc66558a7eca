package dev.gatehouse.registry;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that was registered at one version of the store, laid out so that a hit allocates nothing:
 * what a lookup answers is kept ready, and things are kept both under the name as it was registered
 * and under that name in lower case, so that only another spelling is converted. Immutable.
 */
final class Snapshot {
  private final long version;
  private final ApplicationsById applicationsById;
  private final Map<String, Optional<Application>> applicationsByName;
  private final Map<String, Optional<Application>> applicationsByKey;
  private final Map<String, Site> sites;

  private Snapshot(Draft draft) {
    version = draft.version;
    applicationsById = new ApplicationsById(draft.applicationsByKey.values());
    applicationsByName = draft.applicationsByName;
    applicationsByKey = draft.applicationsByKey;
    sites = draft.sites;
  }

  /** The version of the store; what was registered later may be here all the same. */
  long version() {
    return version;
  }

  Optional<Application> application(long id) {
    return applicationsById.find(id);
  }

  Optional<Application> application(String name) {
    Optional<Application> found = lookUp(applicationsByName, name);
    return found == null ? Optional.empty() : found;
  }

  Optional<Application> applicationByKey(String appKey) {
    return applicationsByKey.getOrDefault(appKey, Optional.empty());
  }

  Optional<Server> server(String name) {
    Site site = lookUp(sites, name);
    return site == null ? Optional.empty() : site.server;
  }

  Optional<Service> service(String server, String name) {
    Site site = lookUp(sites, server);
    Target target = site == null ? null : lookUp(site.targets, name);
    return target == null ? Optional.empty() : target.service;
  }

  Endpoint endpoint(String server, String service) {
    Site site = lookUp(sites, server);
    if (site == null) {
      throw Missing.server(server);
    }
    Target target = lookUp(site.targets, service);
    if (target == null) {
      throw Missing.service(server, service);
    }
    return target.endpoint;
  }

  /** A draft that holds what this snapshot holds. */
  Draft draft(long nextVersion) {
    return new Draft(this, nextVersion);
  }

  private static <T> @Nullable T lookUp(Map<String, T> byName, String name) {
    T found = byName.get(name);
    return found == null ? byName.get(RegistryStore.nameKey(name)) : found;
  }

  /** A server and what can be called on it. */
  private record Site(Optional<Server> server, Map<String, Target> targets) {}

  /** A service and how to call it. */
  private record Target(Optional<Service> service, Endpoint endpoint) {}

  /** Applications in order of their ids. */
  private static final class ApplicationsById {
    private final List<Optional<Application>> applications;
    private final long[] ids;

    ApplicationsById(Collection<Optional<Application>> unsorted) {
      applications =
          unsorted.stream().sorted(Comparator.comparingLong(ApplicationsById::id)).toList();
      ids = applications.stream().mapToLong(ApplicationsById::id).toArray();
    }

    Optional<Application> find(long id) {
      int index = Arrays.binarySearch(ids, id);
      return index < 0 ? Optional.empty() : applications.get(index);
    }

    private static long id(Optional<Application> application) {
      return application.orElseThrow().id();
    }
  }

  /** A snapshot in the making. Not safe: confine to one thread. */
  static final class Draft {
    private final long version;
    private final Map<String, Optional<Application>> applicationsByName;
    private final Map<String, Optional<Application>> applicationsByKey;
    private final Map<String, Site> sites;

    /** An empty draft. */
    Draft(long version) {
      this.version = version;
      applicationsByName = new HashMap<>();
      applicationsByKey = new HashMap<>();
      sites = new HashMap<>();
    }

    private Draft(Snapshot snapshot, long version) {
      this.version = version;
      applicationsByName = new HashMap<>(snapshot.applicationsByName);
      applicationsByKey = new HashMap<>(snapshot.applicationsByKey);
      sites = new HashMap<>(snapshot.sites);
    }

    void put(Application application) {
      removeApplication(application.name());
      Optional<Application> entry = Optional.of(application);
      putByName(applicationsByName, application.name(), entry);
      applicationsByKey.put(application.appKey(), entry);
    }

    void removeApplication(String name) {
      Optional<Application> removed = applicationsByName.remove(RegistryStore.nameKey(name));
      if (removed != null) {
        removed.ifPresent(
            application -> {
              applicationsByName.remove(application.name());
              applicationsByKey.remove(application.appKey());
            });
      }
    }

    void put(Server server, List<Service> services) {
      removeServer(server.name());
      putByName(sites, server.name(), new Site(Optional.of(server), new HashMap<>()));
      services.forEach(this::add);
    }

    /** Adds a service; without effect if its server is not here, for it was removed meanwhile. */
    void add(Service service) {
      Site site = sites.get(RegistryStore.nameKey(service.server()));
      if (site != null) {
        site.server.ifPresent(
            server ->
                putByName(
                    site.targets,
                    service.name(),
                    new Target(Optional.of(service), Endpoint.of(server, service))));
      }
    }

    void removeServer(String name) {
      Site removed = sites.remove(RegistryStore.nameKey(name));
      if (removed != null) {
        removed.server.ifPresent(server -> sites.remove(server.name()));
      }
    }

    /** The snapshot; the draft must not be used any more. */
    Snapshot snapshot() {
      return new Snapshot(this);
    }

    private static <T> void putByName(Map<String, T> byName, String name, T entry) {
      byName.put(RegistryStore.nameKey(name), entry);
      byName.put(name, entry);
    }
  }
}
