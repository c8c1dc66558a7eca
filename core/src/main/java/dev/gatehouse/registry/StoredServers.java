package dev.gatehouse.registry;

import static dev.gatehouse.registry.RegistryRecords.ids;
import static dev.gatehouse.registry.RegistryRecords.text;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.registry.RegistryOptions.Protocols;
import dev.gatehouse.registry.RegistryStore.LeaseRenewal;
import dev.gatehouse.registry.RegistryStore.Subject;
import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes servers, instances and services inside one transaction, in the name of the host or of an
 * application. What can be refused is refused before the store's version is advanced, and judged
 * once more after that, when nobody else can change it.
 */
final class StoredServers {
  private final Transaction transaction;
  private final RegistryStore rows;
  private final StoredRegistry.Writing writing;
  private final RegistryRecords records;
  private final Room room;

  /** The application that acts; 0 for the host. */
  private final long actor;

  StoredServers(
      Transaction transaction,
      RegistryStore rows,
      StoredRegistry.Writing writing,
      @Nullable Attachment attachment) {
    this.transaction = transaction;
    this.rows = rows;
    this.writing = writing;
    this.actor =
        attachment == null ? 0 : attachment.requireProven(transaction, rows, writing.keys());
    this.records = new RegistryRecords(writing.audit(), actor);
    this.room = new Room(rows, actor);
  }

  Server register(Server server) {
    Optional<Server> seen = rows.findServer(server.name());
    seen.ifPresent(this::requireOwn);
    if (seen.isPresent() && seen.get().isWhatIsRegisteredBy(server)) {
      return seen.get();
    }
    if (seen.isEmpty()) {
      room.requireForServers(1);
    }
    rows.advance(Subject.SERVER, server.name());
    Optional<Server> existing = rows.findServer(server.name());
    existing.ifPresent(this::requireOwn);
    if (existing.isEmpty()) {
      room.requireForServers(1);
    }
    Instant now = now();
    Server stored =
        server
            .ownedBy(existing.map(before -> before.owner().orElse(0)).orElse(actor))
            .registered(existing.flatMap(Server::createdAt).orElse(now), now);
    rows.put(stored);
    records.put(transaction, text(stored), ids(stored), existing.map(Facts::of), Facts.of(stored));
    return stored;
  }

  Instance register(Instance instance) {
    requireOwn(instance.server());
    Optional<Instance> seen = rows.findInstance(instance.server(), instance.address());
    if (seen.isPresent() && seen.get().isWhatIsRegisteredBy(instance)) {
      return seen.get();
    }
    if (seen.isEmpty()) {
      room.requireForInstances(instance.server(), 1);
    }
    long epoch = rows.advance(Subject.SERVER, instance.server());
    return place(instance, epoch, rows.findInstance(instance.server(), instance.address()));
  }

  /**
   * Registers an instance anew whose lease has ended; empty if somebody else registered it
   * meanwhile. Who renews other leases, too, must not wait for a host: neither for one that writes
   * the registry, nor for one that only renews.
   *
   * @return the instance; as it was if its lease goes on after all
   * @throws ConflictException while another transaction writes, or renews the instance
   */
  Optional<Instance> takeAnew(Instance instance) {
    requireOwn(instance.server());
    if (!rows.tryLock()) {
      throw busy(instance);
    }
    return switch (rows.renew(instance)) {
      case RENEWED -> Optional.of(instance);
      case BUSY -> throw busy(instance);
      case REFUSED -> takeOver(instance);
    };
  }

  private static ConflictException busy(Instance instance) {
    return new ConflictException(
        instance + " cannot be registered while another transaction writes the registry");
  }

  private Optional<Instance> takeOver(Instance instance) {
    Optional<Instance> existing = rows.findInstance(instance.server(), instance.address());
    if (existing.isPresent() && existing.get().epoch() != instance.epoch()) {
      return Optional.empty();
    }
    long epoch = rows.advance(Subject.SERVER, instance.server());
    return Optional.of(place(instance, epoch, existing));
  }

  private Instance place(Instance instance, long epoch, Optional<Instance> existing) {
    requireOwn(instance.server());
    if (existing.isEmpty()) {
      room.requireForInstances(instance.server(), 1);
    }
    Instant now = now();
    Instance stored =
        instance.registered(epoch, existing.flatMap(Instance::createdAt).orElse(now), now);
    if (!rows.put(stored)) {
      throw Missing.server(instance.server());
    }
    records.put(
        transaction,
        text(stored),
        ids(stored).put("epoch", Long.toString(epoch)),
        existing.map(Facts::of),
        Facts.of(stored));
    return stored;
  }

  Service register(Service service) {
    requireAgreement(requireOwn(service.server()), service);
    Optional<Service> seen = rows.findService(service.server(), service.name());
    Server server = server(service.server());
    if (seen.isPresent() && seen.get().isWhatIsRegisteredBy(service, origin(server))) {
      return seen.get();
    }
    if (seen.isEmpty()) {
      room.requireForServices(service.server(), 1);
    }
    rows.advance(Subject.SERVER, service.server());
    server = requireOwn(service.server());
    requireAgreement(server, service);
    Optional<Service> existing = rows.findService(service.server(), service.name());
    if (existing.isEmpty()) {
      room.requireForServices(service.server(), 1);
    }
    Instant now = now();
    Service stored =
        service.registered(origin(server), existing.flatMap(Service::createdAt).orElse(now), now);
    if (!rows.put(stored)) {
      throw Missing.server(service.server());
    }
    records.put(transaction, text(stored), ids(stored), existing.map(Facts::of), Facts.of(stored));
    return stored;
  }

  Registration register(Registration registration) {
    requireWhole(registration);
    return new Registration(
        registration.servers().stream().map(this::register).toList(),
        registration.instances().stream().map(this::register).toList(),
        registration.services().stream().map(this::register).toList());
  }

  /** Refuses, before anything is written, what the parts would be refused for. */
  private void requireWhole(Registration registration) {
    Map<String, Server> coming = new HashMap<>();
    int fresh = 0;
    for (Server server : registration.servers()) {
      Optional<Server> present = rows.findServer(server.name());
      present.ifPresent(this::requireOwn);
      fresh += present.isEmpty() ? 1 : 0;
      coming.put(RegistryStore.nameKey(server.name()), server);
    }
    if (fresh > 0) {
      room.requireForServers(fresh);
    }
    Map<String, Integer> added = new HashMap<>();
    for (Instance instance : registration.instances()) {
      String key = RegistryStore.nameKey(instance.server());
      if (!coming.containsKey(key)) {
        requireOwn(instance.server());
      }
      if (rows.findInstance(instance.server(), instance.address()).isEmpty()) {
        added.merge(key, 1, Integer::sum);
      }
    }
    added.forEach(room::requireForInstances);
    added.clear();
    for (Service service : registration.services()) {
      Server server = coming.get(RegistryStore.nameKey(service.server()));
      requireAgreement(server == null ? requireOwn(service.server()) : server, service);
      if (rows.findService(service.server(), service.name()).isEmpty()) {
        added.merge(RegistryStore.nameKey(service.server()), 1, Integer::sum);
      }
    }
    added.forEach(room::requireForServices);
  }

  void removeServer(String name) {
    Server seen = requireOwn(name);
    rows.advance(Subject.SERVER, name);
    requireOwn(name);
    rows.removeServer(name);
    records.delete(
        transaction, text(seen) + " removed with its services", ids(seen), Facts.of(seen));
  }

  void removeInstance(String server, String address) {
    requireOwn(server);
    Instance seen =
        rows.findInstance(server, address).orElseThrow(() -> Missing.instance(server, address));
    rows.advance(Subject.SERVER, seen.server());
    requireOwn(server);
    Instance gone =
        rows.findInstance(server, address).orElseThrow(() -> Missing.instance(server, address));
    rows.removeInstance(server, address);
    records.delete(transaction, text(gone) + " removed", ids(gone), Facts.of(gone));
  }

  void removeService(String server, String name) {
    requireOwn(server);
    Service seen = rows.findService(server, name).orElseThrow(() -> Missing.service(server, name));
    rows.advance(Subject.SERVER, seen.server());
    requireOwn(server);
    Service gone = rows.findService(server, name).orElseThrow(() -> Missing.service(server, name));
    rows.removeService(server, name);
    records.delete(transaction, text(gone) + " removed", ids(gone), Facts.of(gone));
  }

  Renewal renew(Instance instance) {
    if (actor != 0) {
      requireOwn(instance.server());
    }
    return switch (rows.renew(instance)) {
      case RENEWED -> Renewal.DONE;
      case BUSY -> Renewal.BUSY;
      case REFUSED -> refusal(instance);
    };
  }

  private Renewal refusal(Instance instance) {
    return rows.findInstance(instance.server(), instance.address())
        .map(found -> found.epoch() == instance.epoch() ? Renewal.OVER : Renewal.SUPERSEDED)
        .orElse(Renewal.GONE);
  }

  void release(Instance instance) {
    if (!isStillThere(instance)) {
      return;
    }
    requireOwn(instance.server());
    rows.advance(Subject.SERVER, instance.server());
    if (rows.removeInstance(instance)) {
      records.delete(transaction, text(instance) + " released", ids(instance), Facts.of(instance));
    }
  }

  private boolean isStillThere(Instance instance) {
    return rows.findInstance(instance.server(), instance.address())
        .filter(one -> one.epoch() == instance.epoch())
        .isPresent();
  }

  /**
   * Removes some of those whose lease is over. While another transaction writes, none: who sweeps
   * must not wait for a host, and whoever sweeps next removes them; nor one that a host looked at
   * to renew it. Who is refused a renewal has the instance to itself.
   */
  List<Instance> removeLapsed(int limit) {
    if (!rows.tryLock()) {
      return List.of();
    }
    List<Instance> removed =
        rows.lapsed(limit).stream()
            .filter(instance -> rows.renew(instance) == LeaseRenewal.REFUSED)
            .filter(rows::removeLapsed)
            .toList();
    removed.stream()
        .map(instance -> RegistryStore.nameKey(instance.server()))
        .distinct()
        .forEach(server -> rows.advance(Subject.SERVER, server));
    for (Instance instance : removed) {
      records.delete(
          transaction,
          text(instance) + " removed: its lease is over",
          ids(instance),
          Facts.of(instance));
    }
    return removed;
  }

  /** Removes what an application that is no more had attached. */
  void removeServersOf(long applicationId) {
    List<Server> page = rows.servers("", RegistryStore.MAX_LIMIT);
    while (!page.isEmpty()) {
      page.stream()
          .filter(server -> server.owner().orElse(0) == applicationId)
          .forEach(server -> removeServer(server.name()));
      page = rows.servers(page.get(page.size() - 1).name(), RegistryStore.MAX_LIMIT);
    }
  }

  private Server server(String name) {
    return rows.findServer(name).orElseThrow(() -> Missing.server(name));
  }

  private Server requireOwn(String name) {
    Server server = server(name);
    requireOwn(server);
    return server;
  }

  private void requireOwn(Server server) {
    if (actor != 0) {
      Attachment.requireOwner(server, actor);
    }
  }

  private void requireAgreement(Server server, Service service) {
    if (writing.options().protocols() == Protocols.CHECKED) {
      service
          .protocol()
          .ifPresent(
              own ->
                  Check.that(
                      own.equals(server.protocol()),
                      "protocol of service '"
                          + service.name()
                          + "' must be "
                          + server.protocol()
                          + " as its server's, was "
                          + own));
    }
  }

  private static String origin(Server server) {
    return server.address().origin();
  }

  private Instant now() {
    return writing.options().clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
