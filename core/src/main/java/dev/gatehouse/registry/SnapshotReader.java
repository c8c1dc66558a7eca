package dev.gatehouse.registry;

import dev.gatehouse.registry.RegistryStore.Change;
import dev.gatehouse.registry.RegistryStore.Subject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads snapshots from a store. The version is read before the rows: so the rows may be newer than
 * the snapshot says, in which case the next reading reads them once more, but never older.
 */
final class SnapshotReader {
  private static final int PAGE = RegistryStore.MAX_LIMIT;

  private SnapshotReader() {}

  /** A snapshot of all that is stored. */
  static Snapshot load(RegistryStore store) {
    Snapshot.Draft draft = new Snapshot.Draft(store.version());
    List<Application> applications = store.applications("", PAGE);
    while (!applications.isEmpty()) {
      applications.forEach(draft::put);
      applications = store.applications(last(applications).name(), PAGE);
    }
    List<Server> servers = store.servers("", PAGE);
    while (!servers.isEmpty()) {
      servers.forEach(server -> draft.put(server, List.of()));
      servers = store.servers(last(servers).name(), PAGE);
    }
    List<Service> services = store.services("", "", PAGE);
    while (!services.isEmpty()) {
      services.forEach(draft::add);
      services = store.services(last(services).server(), last(services).name(), PAGE);
    }
    return draft.snapshot();
  }

  /** The snapshot itself if nothing changed, else one with what changed since. */
  static Snapshot upToDate(Snapshot snapshot, RegistryStore store) {
    long version = store.version();
    if (version == snapshot.version()) {
      return snapshot;
    }
    List<Change> changes =
        version < snapshot.version()
            ? List.of()
            : store.changes(snapshot.version(), RegistryStore.KEPT_CHANGES);
    if (!isGapless(changes, snapshot.version(), version)) {
      return load(store);
    }
    Snapshot.Draft draft = snapshot.draft(last(changes).version());
    Set<String> applications = new HashSet<>();
    Set<String> servers = new HashSet<>();
    for (Change change : changes) {
      (change.subject() == Subject.APPLICATION ? applications : servers).add(change.nameKey());
    }
    applications.forEach(name -> readApplication(name, store, draft));
    servers.forEach(name -> readServer(name, store, draft));
    return draft.snapshot();
  }

  /** Too old a snapshot lacks the first changes; a storage that was restored, the last ones. */
  private static boolean isGapless(List<Change> changes, long after, long upTo) {
    return !changes.isEmpty()
        && changes.get(0).version() == after + 1
        && last(changes).version() == after + changes.size()
        && last(changes).version() >= upTo;
  }

  private static void readApplication(String name, RegistryStore store, Snapshot.Draft draft) {
    draft.removeApplication(name);
    store.findApplication(name).ifPresent(draft::put);
  }

  private static void readServer(String name, RegistryStore store, Snapshot.Draft draft) {
    draft.removeServer(name);
    store.findServer(name).ifPresent(server -> draft.put(server, servicesOn(server, store)));
  }

  private static List<Service> servicesOn(Server server, RegistryStore store) {
    List<Service> all = new ArrayList<>();
    List<Service> page = store.servicesOn(server.name(), "", PAGE);
    while (!page.isEmpty()) {
      all.addAll(page);
      page = store.servicesOn(server.name(), last(page).name(), PAGE);
    }
    return all;
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }
}
