package dev.gatehouse.registry;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All that was registered at one version of the store, laid out so that a hit allocates nothing:
 * what a lookup answers is kept ready, and things are kept both under the name as it was registered
 * and under that name in lower case, so that only another spelling is converted. Immutable.
 */
final class Snapshot {
  private static final Comparator<LocatedService> ORDER =
      Comparator.<LocatedService, String>comparing(
              found -> RegistryStore.nameKey(found.service().server()))
          .thenComparing(found -> RegistryStore.nameKey(found.service().name()));

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
    return site == null ? Optional.empty() : site.server();
  }

  Optional<Service> service(String server, String name) {
    Site site = lookUp(sites, server);
    return site == null ? Optional.empty() : site.service(name);
  }

  /** How to call a service. */
  Route route(String server, String service) {
    return site(server).route(server, service);
  }

  void forEachSite(Consumer<Site> action) {
    sites.values().stream().distinct().forEach(action);
  }

  boolean anyServer(Predicate<Server> is) {
    return sites.values().stream().anyMatch(site -> site.server().filter(is).isPresent());
  }

  boolean anyInstance(Predicate<Instance> is) {
    return sites.values().stream().anyMatch(site -> site.instances().stream().anyMatch(is));
  }

  List<Instance> instances(String server) {
    return site(server).instances();
  }

  List<LocatedService> services(ServiceQuery query) {
    String server = RegistryStore.nameKey(query.afterServer());
    String service = RegistryStore.nameKey(query.afterService());
    return sites.values().stream()
        .distinct()
        .flatMap(site -> site.services().stream())
        .filter(found -> isAfter(found.service(), server, service))
        .filter(query::finds)
        .sorted(ORDER)
        .limit(query.limit())
        .toList();
  }

  private static boolean isAfter(Service found, String serverKey, String nameKey) {
    int byServer = RegistryStore.nameKey(found.server()).compareTo(serverKey);
    return byServer > 0
        || (byServer == 0 && RegistryStore.nameKey(found.name()).compareTo(nameKey) > 0);
  }

  Site site(String name) {
    Site site = lookUp(sites, name);
    if (site == null) {
      throw Missing.server(name);
    }
    return site;
  }

  /** A draft that holds what this snapshot holds. */
  Draft draft(long nextVersion) {
    return new Draft(this, nextVersion);
  }

  static <T> @Nullable T lookUp(Map<String, T> byName, String name) {
    T found = byName.get(name);
    return found == null ? byName.get(RegistryStore.nameKey(name)) : found;
  }

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

    void put(Site site) {
      site.server()
          .ifPresent(
              server -> {
                removeServer(server.name());
                putByName(sites, server.name(), site);
              });
    }

    void removeServer(String name) {
      Site removed = sites.remove(RegistryStore.nameKey(name));
      if (removed != null) {
        removed.server().ifPresent(server -> sites.remove(server.name()));
      }
    }

    /** The snapshot; the draft must not be used any more. */
    Snapshot snapshot() {
      return new Snapshot(this);
    }

    static <T> void putByName(Map<String, T> byName, String name, T entry) {
      byName.put(RegistryStore.nameKey(name), entry);
      byName.put(name, entry);
    }
  }
}
