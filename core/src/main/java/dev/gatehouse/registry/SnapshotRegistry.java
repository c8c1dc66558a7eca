package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Optional;

/** The registry that finds and resolves in a snapshot, and leaves all else to the stored one. */
final class SnapshotRegistry implements Registry {
  private final StoredRegistry stored;
  private final Snapshots snapshots;

  SnapshotRegistry(StoredRegistry stored, Snapshots snapshots) {
    this.stored = stored;
    this.snapshots = snapshots;
  }

  @Override
  public Application register(Application.Draft draft) {
    Application application = stored.register(draft);
    snapshots.changed();
    return application;
  }

  @Override
  public Server register(Server server) {
    Server registered = stored.register(server);
    snapshots.changed();
    return registered;
  }

  @Override
  public Service register(Service service) {
    Service registered = stored.register(service);
    snapshots.changed();
    return registered;
  }

  @Override
  public Optional<Application> findApplication(long id) {
    return snapshots.current().application(id);
  }

  @Override
  public Optional<Application> findApplication(String name) {
    return snapshots.current().application(requireNonNull(name, "name"));
  }

  @Override
  public Optional<Application> findApplicationByKey(String appKey) {
    return snapshots.current().applicationByKey(requireNonNull(appKey, "appKey"));
  }

  @Override
  public Optional<Server> findServer(String name) {
    return snapshots.current().server(requireNonNull(name, "name"));
  }

  @Override
  public Optional<Service> findService(String server, String name) {
    return snapshots
        .current()
        .service(requireNonNull(server, "server"), requireNonNull(name, "name"));
  }

  @Override
  public Endpoint resolve(String server, String service) {
    return snapshots
        .current()
        .endpoint(requireNonNull(server, "server"), requireNonNull(service, "service"));
  }

  @Override
  public List<Application> applications(String afterName, int limit) {
    return stored.applications(afterName, limit);
  }

  @Override
  public List<Server> servers(String afterName, int limit) {
    return stored.servers(afterName, limit);
  }

  @Override
  public List<Service> services(String server, String afterName, int limit) {
    return stored.services(server, afterName, limit);
  }

  @Override
  public void removeApplication(String name) {
    stored.removeApplication(name);
    snapshots.changed();
  }

  @Override
  public void removeServer(String name) {
    stored.removeServer(name);
    snapshots.changed();
  }

  @Override
  public void removeService(String server, String name) {
    stored.removeService(server, name);
    snapshots.changed();
  }

  @Override
  public Registry joining(Transaction transaction) {
    Registry joined = stored.joining(requireNonNull(transaction, "transaction"));
    transaction.afterCommit(snapshots::expire);
    return joined;
  }
}
