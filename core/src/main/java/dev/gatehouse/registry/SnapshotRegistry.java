package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transport.Response;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The registry that finds and resolves in a snapshot, and leaves all else to the stored one. */
final class SnapshotRegistry implements Registry {
  private final StoredRegistry stored;
  private final Snapshots snapshots;
  private final AskedRoutes asked;

  /** Of those that were asked for; at hand, because a pick waits for each step on the way there. */
  private final @Nullable Route[] routes;

  SnapshotRegistry(StoredRegistry stored, Snapshots snapshots) {
    this.stored = stored;
    this.snapshots = snapshots;
    this.asked = snapshots.asked();
    this.routes = asked.routes();
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
  public Instance register(Instance instance) {
    Instance registered = stored.register(instance);
    snapshots.changed();
    return registered;
  }

  @Override
  public void renew(Instance instance) {
    stored.renew(instance);
  }

  Renewal renewal(Instance instance) {
    return stored.renewal(instance);
  }

  Optional<Instance> takeAnew(Instance instance) {
    Optional<Instance> registered = stored.takeAnew(instance);
    snapshots.changed();
    return registered;
  }

  /** Whether it is the host's, and not an application's. */
  boolean isHosts() {
    return stored.isHosts();
  }

  @Override
  public void release(Instance instance) {
    stored.release(instance);
    snapshots.changed();
  }

  @Override
  public List<Instance> removeLapsed() {
    List<Instance> removed = stored.removeLapsed();
    if (!removed.isEmpty()) {
      snapshots.changed();
    }
    return removed;
  }

  @Override
  public Registration register(Registration registration) {
    Registration registered = stored.register(registration);
    snapshots.changed();
    return registered;
  }

  @Override
  public Registry attachedBy(String appKey, Secret secret) {
    return new SnapshotRegistry(stored.attachedBy(appKey, secret), snapshots);
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
  public List<Instance> instances(String server) {
    return snapshots.current().instances(requireNonNull(server, "server"));
  }

  @Override
  public List<LocatedService> services(ServiceQuery query) {
    return snapshots.current().services(requireNonNull(query, "query"));
  }

  @Override
  public RegistryOptions.Addressing addressing() {
    return stored.addressing();
  }

  @Override
  public Endpoint resolve(String server, String service) {
    Route known = known(server, service);
    Endpoint next = known == null ? null : known.next();
    return next == null ? chosen(server, service) : next;
  }

  /** Apart, so that the shorter way is compiled into whoever goes it. */
  private Endpoint chosen(String server, String service) {
    return route(server, service).choose(null);
  }

  @Override
  public Endpoint resolve(String server, String service, String key) {
    return route(server, service).choose(requireNonNull(key, "key"));
  }

  private Route route(String server, String service) {
    Route known = known(server, service);
    return known == null ? snapshots.route(server, service) : known;
  }

  private @Nullable Route known(String server, String service) {
    return asked.find(routes, requireNonNull(server, "server"), requireNonNull(service, "service"));
  }

  @Override
  public Response call(String server, String service, ServiceCall call) {
    requireNonNull(server, "server");
    requireNonNull(service, "service");
    requireNonNull(call, "call");
    Site site = snapshots.current().site(server);
    CallOptions options = site.fleet().state().calls(stored.options());
    return new Caller(site, server, service, call, options).call();
  }

  @Override
  public void reportCpu(String server, String address, int percent) {
    requireNonNull(server, "server");
    requireNonNull(address, "address");
    Check.range(percent, 0, 100, "percent");
    Fleet fleet = snapshots.current().site(server).fleet();
    int position = fleet.position(address);
    if (position < 0) {
      throw Missing.instance(server, address);
    }
    fleet.member(position).cpu(percent, fleet.nanoTime());
  }

  Snapshot snapshot() {
    return snapshots.current();
  }

  /** The latest that was read, however old. */
  Snapshot knownSnapshot() {
    return snapshots.known();
  }

  Snapshots snapshots() {
    return snapshots;
  }

  RegistryOptions options() {
    return stored.options();
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
  public void removeInstance(String server, String address) {
    stored.removeInstance(server, address);
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
