package dev.gatehouse.storage.memory;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The RegistryStore of a {@link MemoryStorage}. */
final class MemoryRegistryStore implements RegistryStore {
  /** Of a service, or by its address of an instance. */
  private record PartKey(String server, String name) {
    static final Comparator<PartKey> ORDER =
        Comparator.comparing(PartKey::server).thenComparing(PartKey::name);

    static PartKey of(String server, String name) {
      return new PartKey(RegistryStore.nameKey(server), RegistryStore.nameKey(name));
    }
  }

  /** An instance and the end of its lease in epoch milliseconds. */
  private record Leased(Instance instance, long end) {
    boolean isOver(long now) {
      return instance.lease().isPresent() && end <= now;
    }
  }

  private final Journal journal;
  private final Deque<Change> changes = new ArrayDeque<>();
  private final Map<Long, Application> applicationsById = new HashMap<>();
  private final Map<String, Application> applicationsByKey = new HashMap<>();
  private final NavigableMap<String, Application> applications = new TreeMap<>();
  private final NavigableMap<String, Server> servers = new TreeMap<>();
  private final NavigableMap<PartKey, Service> services = new TreeMap<>(PartKey.ORDER);
  private final NavigableMap<PartKey, Leased> instances = new TreeMap<>(PartKey.ORDER);
  private final InstantSource leaseClock;
  private long version;

  MemoryRegistryStore(Journal journal, InstantSource leaseClock) {
    this.journal = journal;
    this.leaseClock = leaseClock;
  }

  @Override
  public RegistryStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return this;
  }

  @Override
  public long version() {
    return journal.run(() -> version);
  }

  /** Transactions are serial: whoever is in one holds off all others. */
  @Override
  public boolean tryLock() {
    return journal.run(() -> true);
  }

  @Override
  public RegistryStore deciding() {
    return this;
  }

  @Override
  public long advance(Subject subject, String name) {
    return journal.run(
        () -> {
          version++;
          journal.undo(() -> version--);
          changes.addLast(new Change(version, subject, RegistryStore.nameKey(name)));
          journal.undo(changes::removeLast);
          if (changes.size() > KEPT_CHANGES) {
            Change forgotten = changes.removeFirst();
            journal.undo(() -> changes.addFirst(forgotten));
          }
          return version;
        });
  }

  @Override
  public List<Change> changes(long afterVersion, int limit) {
    requireLimit(limit);
    return journal.run(
        () ->
            changes.stream()
                .filter(change -> change.version() > afterVersion)
                .limit(limit)
                .toList());
  }

  @Override
  public boolean insert(Application application) {
    return journal.run(
        () -> {
          if (applicationsById.containsKey(application.id())
              || applicationsByKey.containsKey(application.appKey())
              || applications.containsKey(RegistryStore.nameKey(application.name()))) {
            return false;
          }
          add(application);
          return true;
        });
  }

  @Override
  public boolean update(Application application) {
    return journal.run(
        () -> {
          Application before = applicationsById.get(application.id());
          if (before == null) {
            return false;
          }
          remove(before);
          add(application);
          return true;
        });
  }

  @Override
  public boolean removeApplication(long id) {
    return journal.run(
        () -> {
          Application application = applicationsById.get(id);
          if (application == null) {
            return false;
          }
          remove(application);
          return true;
        });
  }

  private void add(Application application) {
    change(applicationsById, application.id(), application);
    change(applicationsByKey, application.appKey(), application);
    change(applications, RegistryStore.nameKey(application.name()), application);
  }

  private void remove(Application application) {
    change(applicationsById, application.id(), null);
    change(applicationsByKey, application.appKey(), null);
    change(applications, RegistryStore.nameKey(application.name()), null);
  }

  @Override
  public Optional<Application> findApplication(long id) {
    return journal.run(() -> Optional.ofNullable(applicationsById.get(id)));
  }

  @Override
  public Optional<Application> findApplication(String name) {
    return journal.run(() -> Optional.ofNullable(applications.get(RegistryStore.nameKey(name))));
  }

  @Override
  public Optional<Application> findApplicationByKey(String appKey) {
    return journal.run(() -> Optional.ofNullable(applicationsByKey.get(appKey)));
  }

  @Override
  public List<Application> applications(String afterName, int limit) {
    return journal.run(() -> page(after(applications, afterName).values(), limit));
  }

  @Override
  public void put(Server server) {
    journal.run(() -> change(servers, RegistryStore.nameKey(server.name()), server));
  }

  @Override
  public boolean removeServer(String name) {
    return journal.run(
        () -> {
          removeAll(services, name);
          removeAll(instances, name);
          return change(servers, RegistryStore.nameKey(name), null);
        });
  }

  private <V> void removeAll(NavigableMap<PartKey, V> parts, String server) {
    List<PartKey> orphans = List.copyOf(on(parts, server, "").keySet());
    orphans.forEach(key -> change(parts, key, null));
  }

  @Override
  public Optional<Server> findServer(String name) {
    return journal.run(() -> Optional.ofNullable(servers.get(RegistryStore.nameKey(name))));
  }

  @Override
  public List<Server> servers(String afterName, int limit) {
    return journal.run(() -> page(after(servers, afterName).values(), limit));
  }

  @Override
  public boolean put(Service service) {
    return journal.run(
        () -> {
          if (!servers.containsKey(RegistryStore.nameKey(service.server()))) {
            return false;
          }
          change(services, PartKey.of(service.server(), service.name()), service);
          return true;
        });
  }

  @Override
  public boolean removeService(String server, String name) {
    return journal.run(() -> change(services, PartKey.of(server, name), null));
  }

  @Override
  public Optional<Service> findService(String server, String name) {
    return journal.run(() -> Optional.ofNullable(services.get(PartKey.of(server, name))));
  }

  @Override
  public List<Service> servicesOn(String server, String afterName, int limit) {
    return journal.run(() -> page(on(services, server, afterName).values(), limit));
  }

  @Override
  public List<Service> services(String afterServer, String afterName, int limit) {
    return journal.run(
        () -> page(services.tailMap(PartKey.of(afterServer, afterName), false).values(), limit));
  }

  @Override
  public boolean put(Instance instance) {
    return journal.run(
        () -> {
          if (!servers.containsKey(RegistryStore.nameKey(instance.server()))) {
            return false;
          }
          change(instances, keyOf(instance), leased(instance));
          return true;
        });
  }

  @Override
  public LeaseRenewal renew(Instance instance) {
    return journal.run(
        () -> {
          Leased held = instances.get(keyOf(instance));
          if (held == null
              || held.instance().epoch() != instance.epoch()
              || held.instance().lease().isEmpty()
              || held.isOver(leaseClock.millis())) {
            return LeaseRenewal.REFUSED;
          }
          change(instances, keyOf(instance), leased(held.instance()));
          return LeaseRenewal.RENEWED;
        });
  }

  private Leased leased(Instance instance) {
    long length = instance.lease().map(Duration::toMillis).orElse(0L);
    return new Leased(instance, leaseClock.millis() + length);
  }

  @Override
  public boolean removeInstance(Instance instance) {
    return journal.run(
        () -> {
          Leased held = instances.get(keyOf(instance));
          return held != null
              && held.instance().epoch() == instance.epoch()
              && change(instances, keyOf(instance), null);
        });
  }

  @Override
  public boolean removeInstance(String server, String address) {
    return journal.run(() -> change(instances, PartKey.of(server, address), null));
  }

  @Override
  public Optional<Instance> findInstance(String server, String address) {
    return journal.run(
        () ->
            Optional.ofNullable(instances.get(PartKey.of(server, address))).map(Leased::instance));
  }

  @Override
  public List<Instance> instancesOf(String server, String afterAddress, int limit) {
    return journal.run(() -> bare(page(on(instances, server, afterAddress).values(), limit)));
  }

  @Override
  public int countInstances(String server) {
    return journal.run(() -> on(instances, server, "").size());
  }

  @Override
  public int countServices(String server) {
    return journal.run(() -> on(services, server, "").size());
  }

  @Override
  public int countServers() {
    return journal.run(servers::size);
  }

  @Override
  public Owned owned(long applicationId) {
    return journal.run(
        () -> {
          List<String> own =
              servers.values().stream()
                  .filter(server -> server.owner().orElse(0) == applicationId)
                  .map(Server::name)
                  .toList();
          return new Owned(
              own.size(),
              own.stream().mapToInt(this::countInstances).sum(),
              own.stream().mapToInt(this::countServices).sum());
        });
  }

  @Override
  public List<Instance> instances(String afterServer, String afterAddress, int limit) {
    PartKey after = PartKey.of(afterServer, afterAddress);
    return journal.run(() -> bare(page(instances.tailMap(after, false).values(), limit)));
  }

  @Override
  public List<Instance> lapsed(int limit) {
    return journal.run(
        () ->
            bare(
                page(
                    instances.values().stream()
                        .filter(held -> held.isOver(leaseClock.millis()))
                        .sorted(Comparator.comparingLong(Leased::end))
                        .toList(),
                    limit)));
  }

  @Override
  public boolean removeLapsed(Instance instance) {
    return journal.run(
        () -> {
          Leased held = instances.get(keyOf(instance));
          return held != null
              && held.instance().epoch() == instance.epoch()
              && held.isOver(leaseClock.millis())
              && change(instances, keyOf(instance), null);
        });
  }

  private static PartKey keyOf(Instance instance) {
    return PartKey.of(instance.server(), instance.address());
  }

  private static List<Instance> bare(List<Leased> page) {
    return page.stream().map(Leased::instance).toList();
  }

  /** The parts of a server after that name or address. None of them holds U+0000. */
  private static <V> NavigableMap<PartKey, V> on(
      NavigableMap<PartKey, V> parts, String server, String afterName) {
    PartKey after = PartKey.of(server, afterName);
    return parts.subMap(after, false, new PartKey(after.server() + '\0', ""), false);
  }

  private static <V> NavigableMap<String, V> after(NavigableMap<String, V> byName, String name) {
    return byName.tailMap(RegistryStore.nameKey(name), false);
  }

  /** Sets an entry, or removes it if the value is null; whether there was one. */
  private <K, V> boolean change(Map<K, V> map, K key, @Nullable V value) {
    V before = map.get(key);
    set(map, key, value);
    journal.undo(() -> set(map, key, before));
    return before != null;
  }

  private static <K, V> void set(Map<K, V> map, K key, @Nullable V value) {
    if (value == null) {
      map.remove(key);
    } else {
      map.put(key, value);
    }
  }

  private static <V> List<V> page(Collection<V> values, int limit) {
    requireLimit(limit);
    return values.stream().limit(limit).toList();
  }

  private static void requireLimit(int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
  }
}
