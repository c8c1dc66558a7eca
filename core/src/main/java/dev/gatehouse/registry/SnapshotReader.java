package dev.gatehouse.registry;

import dev.gatehouse.registry.RegistryOptions.Addressing;
import dev.gatehouse.registry.RegistryStore.Change;
import dev.gatehouse.registry.RegistryStore.Subject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads snapshots from a store. The version is read before the rows: so the rows may be newer than
 * the snapshot says, in which case the next reading reads them once more, but never older.
 */
final class SnapshotReader {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int PAGE = RegistryStore.MAX_LIMIT;

  private final RegistryStore store;
  private final Addressing addressing;
  private final Fleets fleets;

  SnapshotReader(RegistryStore store, Addressing addressing, Fleets fleets) {
    this.store = store;
    this.addressing = addressing;
    this.fleets = fleets;
  }

  /** A snapshot of all that is stored. */
  Snapshot load() {
    Snapshot.Draft draft = new Snapshot.Draft(store.version());
    pages(store.applications("", PAGE), last -> store.applications(last.name(), PAGE))
        .forEach(draft::put);
    Map<String, Parts> parts = new HashMap<>();
    pages(store.servers("", PAGE), last -> store.servers(last.name(), PAGE))
        .forEach(server -> parts.put(RegistryStore.nameKey(server.name()), new Parts(server)));
    pages(
            store.instances("", "", PAGE),
            last -> store.instances(last.server(), last.address(), PAGE))
        .forEach(instance -> add(parts, instance.server(), one -> one.instances.add(instance)));
    pages(store.services("", "", PAGE), last -> store.services(last.server(), last.name(), PAGE))
        .forEach(service -> add(parts, service.server(), one -> one.services.add(service)));
    parts.values().forEach(one -> draft.put(one.site(addressing, fleets)));
    return draft.snapshot();
  }

  /** Without effect if the server is not there, for it was removed or registered meanwhile. */
  private static void add(Map<String, Parts> parts, String server, Consumer<Parts> addition) {
    Parts found = parts.get(RegistryStore.nameKey(server));
    if (found != null) {
      addition.accept(found);
    }
  }

  /** The snapshot itself if nothing changed, else one with what changed since. */
  Snapshot upToDate(Snapshot snapshot) {
    long version = store.version();
    if (version == snapshot.version()) {
      return snapshot;
    }
    List<Change> changes = changes(snapshot.version(), version);
    if (!isGapless(changes, snapshot.version(), version)) {
      return load();
    }
    Snapshot.Draft draft = snapshot.draft(last(changes).version());
    Set<String> applications = new HashSet<>();
    Set<String> servers = new HashSet<>();
    for (Change change : changes) {
      (change.subject() == Subject.APPLICATION ? applications : servers).add(change.nameKey());
    }
    applications.forEach(name -> readApplication(name, draft));
    servers.forEach(name -> readServer(name, draft));
    return draft.snapshot();
  }

  private List<Change> changes(long after, long upTo) {
    try {
      return upTo < after ? List.of() : store.changes(after, RegistryStore.KEPT_CHANGES);
    } catch (IllegalArgumentException e) {
      LOG.warn("A change of the registry cannot be read: all of it is read anew", e);
      return List.of();
    }
  }

  /** Too old a snapshot lacks the first changes; a storage that was restored, the last ones. */
  private static boolean isGapless(List<Change> changes, long after, long upTo) {
    return !changes.isEmpty()
        && changes.get(0).version() == after + 1
        && last(changes).version() == after + changes.size()
        && last(changes).version() >= upTo;
  }

  private void readApplication(String name, Snapshot.Draft draft) {
    draft.removeApplication(name);
    ifReadable(() -> store.findApplication(name).ifPresent(draft::put));
  }

  /** What a later version wrote, and this one cannot read, is left out. */
  private static void ifReadable(Runnable reading) {
    try {
      reading.run();
    } catch (IllegalArgumentException e) {
      LOG.warn("An entry of the registry cannot be read, and is left out: {}", e.getMessage());
    }
  }

  private void readServer(String name, Snapshot.Draft draft) {
    draft.removeServer(name);
    ifReadable(() -> store.findServer(name).map(this::site).ifPresent(draft::put));
  }

  private Site site(Server server) {
    String name = server.name();
    return Site.of(
        server,
        pages(
            store.instancesOf(name, "", PAGE),
            last -> store.instancesOf(name, last.address(), PAGE)),
        pages(store.servicesOn(name, "", PAGE), last -> store.servicesOn(name, last.name(), PAGE)),
        addressing,
        fleets);
  }

  private static <T> List<T> pages(List<T> first, Function<T, List<T>> after) {
    List<T> all = new ArrayList<>(first);
    List<T> page = first;
    while (!page.isEmpty()) {
      page = after.apply(last(page));
      all.addAll(page);
    }
    return all;
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }

  /** A server and what was found of it. */
  private static final class Parts {
    private final Server server;
    private final List<Instance> instances = new ArrayList<>();
    private final List<Service> services = new ArrayList<>();

    Parts(Server server) {
      this.server = server;
    }

    Site site(Addressing addressing, Fleets fleets) {
      return Site.of(server, instances, services, addressing, fleets);
    }
  }
}
