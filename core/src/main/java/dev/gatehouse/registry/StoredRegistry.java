package dev.gatehouse.registry;

import static dev.gatehouse.registry.RegistryRecords.ids;
import static dev.gatehouse.registry.RegistryRecords.text;
import static java.util.Objects.requireNonNull;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.registry.RegistryStore.Subject;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import dev.gatehouse.transport.Response;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The registry that reads and writes the store. Each write first advances the store's version,
 * which holds off other writes until the transaction ends, so that what it then reads stays true.
 * What can be refused is refused before that, so that a refusal within a host's transaction leaves
 * nothing there.
 */
final class StoredRegistry implements Registry {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int APP_KEY_LENGTH = 16;

  /** Few enough for others not to wait long. */
  private static final int SWEPT_AT_ONCE = 100;

  /** With 62^16 app keys, even a second draw shows a broken source of randomness. */
  private static final int APP_KEY_DRAWS = 10;

  private static final SecureRandom RANDOM = new SecureRandom();

  /** What a registry writes with. */
  record Writing(
      AuditLog audit, KeyIssuer keys, RegistryOptions options, Supplier<String> appKeys) {
    Writing {
      requireNonNull(audit, "audit");
      requireNonNull(keys, "keys");
      requireNonNull(options, "options");
      requireNonNull(appKeys, "appKeys");
    }
  }

  private final RegistryStore store;
  private final Transactions transactions;
  private final Writing writing;
  private final RegistryRecords records;
  private final @Nullable Attachment attachment;

  StoredRegistry(
      RegistryStore store,
      Transactions transactions,
      AuditLog audit,
      KeyIssuer keys,
      RegistryOptions options) {
    this(store, transactions, new Writing(audit, keys, options, StoredRegistry::randomAppKey));
  }

  StoredRegistry(RegistryStore store, Transactions transactions, Writing writing) {
    this(store, transactions, writing, null);
  }

  private StoredRegistry(
      RegistryStore store,
      Transactions transactions,
      Writing writing,
      @Nullable Attachment attachment) {
    this.store = requireNonNull(store, "store");
    this.transactions = requireNonNull(transactions, "transactions");
    this.writing = writing;
    this.records = new RegistryRecords(writing.audit());
    this.attachment = attachment;
  }

  @Override
  public Application register(Application.Draft draft) {
    requireNonNull(draft, "draft");
    requireHost("change applications");
    return transactions.call(
        transaction -> {
          RegistryStore rows = store.joining(transaction).deciding();
          Optional<Application> seen = rows.findApplication(draft.name());
          if (seen.isPresent() && seen.get().equals(changed(seen.get(), draft))) {
            return seen.get();
          }
          rows.advance(Subject.APPLICATION, draft.name());
          Optional<Application> existing = rows.findApplication(draft.name());
          return existing.isPresent()
              ? change(transaction, rows, existing.get(), draft)
              : create(transaction, rows, draft);
        });
  }

  private Application create(Transaction transaction, RegistryStore rows, Application.Draft draft) {
    long id = writing.options().ids().getAsLong();
    String appKey = freeAppKey(rows);
    Application application = draft.registered(id, appKey, now(), null);
    if (!rows.insert(application)) {
      throw takenMeanwhile(draft.name());
    }
    Secret secret = writing.keys().issue(transaction, id, appKey);
    records.put(transaction, text(application), ids(id), Optional.empty(), Facts.of(application));
    return draft.registered(id, appKey, application.createdAt(), secret);
  }

  private Application change(
      Transaction transaction, RegistryStore rows, Application existing, Application.Draft draft) {
    Application changed = changed(existing, draft);
    if (!rows.update(changed)) {
      throw takenMeanwhile(draft.name());
    }
    records.put(
        transaction,
        text(changed),
        ids(changed.id()),
        Optional.of(Facts.of(existing)),
        Facts.of(changed));
    return changed;
  }

  private static Application changed(Application existing, Application.Draft draft) {
    return draft.registered(existing.id(), existing.appKey(), existing.createdAt(), null);
  }

  private String freeAppKey(RegistryStore rows) {
    for (int draw = 0; draw < APP_KEY_DRAWS; draw++) {
      String appKey = writing.appKeys().get();
      if (rows.findApplicationByKey(appKey).isEmpty()) {
        return appKey;
      }
    }
    throw new IllegalStateException(APP_KEY_DRAWS + " random app keys in a row were taken");
  }

  @Override
  public Server register(Server server) {
    requireNonNull(server, "server");
    Server.refuseReserved(server.name(), writing.options().reservedServerNames());
    return write(servers -> servers.register(server));
  }

  @Override
  public Instance register(Instance instance) {
    requireNonNull(instance, "instance");
    return write(servers -> servers.register(instance));
  }

  @Override
  public Service register(Service service) {
    requireNonNull(service, "service");
    return write(servers -> servers.register(service));
  }

  @Override
  public Registration register(Registration registration) {
    requireNonNull(registration, "registration");
    for (Server server : registration.servers()) {
      Server.refuseReserved(server.name(), writing.options().reservedServerNames());
    }
    return write(servers -> servers.register(registration));
  }

  @Override
  public void renew(Instance instance) {
    requireNonNull(instance, "instance");
    Renewal renewal = renewal(instance);
    if (renewal == Renewal.BUSY) {
      throw new ConflictException(
          instance + " cannot be renewed while another transaction changes or renews it");
    }
    if (renewal != Renewal.DONE) {
      throw Missing.lease(instance);
    }
  }

  /** As {@link #renew}, telling why if it cannot be. */
  Renewal renewal(Instance instance) {
    return write(servers -> servers.renew(instance));
  }

  /** As {@link #register(Instance)}, unless somebody else registered it since. */
  Optional<Instance> takeAnew(Instance instance) {
    return write(servers -> servers.takeAnew(instance));
  }

  @Override
  public void release(Instance instance) {
    requireNonNull(instance, "instance");
    run(servers -> servers.release(instance));
  }

  @Override
  public List<Instance> removeLapsed() {
    requireHost("remove what is another's");
    List<Instance> removed = new ArrayList<>();
    while (removed.size() < RegistryStore.MAX_LIMIT && !store.lapsed(1).isEmpty()) {
      List<Instance> batch = write(servers -> servers.removeLapsed(SWEPT_AT_ONCE));
      if (batch.isEmpty()) {
        break;
      }
      removed.addAll(batch);
    }
    return List.copyOf(removed);
  }

  @Override
  public StoredRegistry attachedBy(String appKey, Secret secret) {
    Attachment proof =
        new Attachment(requireNonNull(appKey, "appKey"), requireNonNull(secret, "secret"));
    StoredRegistry attached = new StoredRegistry(store, transactions, writing, proof);
    attached.run(servers -> {});
    return attached;
  }

  private <T> T write(Function<StoredServers, T> work) {
    return transactions.call(
        transaction ->
            work.apply(
                new StoredServers(
                    transaction, store.joining(transaction).deciding(), writing, attachment)));
  }

  private void run(Consumer<StoredServers> work) {
    write(
        servers -> {
          work.accept(servers);
          return Boolean.TRUE;
        });
  }

  boolean isHosts() {
    return attachment == null;
  }

  private void requireHost(String what) {
    if (!isHosts()) {
      throw new DeniedException("an application must not " + what);
    }
  }

  @Override
  public void removeApplication(String name) {
    requireNonNull(name, "name");
    requireHost("change applications");
    transactions.run(
        transaction -> {
          RegistryStore rows = store.joining(transaction).deciding();
          Application seen = requireApplication(rows, name);
          rows.advance(Subject.APPLICATION, name);
          if (!rows.removeApplication(seen.id())) {
            throw Missing.application(name);
          }
          writing.keys().revoke(transaction, seen.id());
          new StoredServers(transaction, rows, writing, null).removeServersOf(seen.id());
          records.delete(transaction, text(seen) + " removed", ids(seen.id()), Facts.of(seen));
        });
  }

  @Override
  public void removeServer(String name) {
    requireNonNull(name, "name");
    run(servers -> servers.removeServer(name));
  }

  @Override
  public void removeInstance(String server, String address) {
    requireNonNull(server, "server");
    requireNonNull(address, "address");
    run(servers -> servers.removeInstance(server, address));
  }

  @Override
  public void removeService(String server, String name) {
    requireNonNull(server, "server");
    requireNonNull(name, "name");
    run(servers -> servers.removeService(server, name));
  }

  @Override
  public Optional<Application> findApplication(long id) {
    return store.findApplication(id);
  }

  @Override
  public Optional<Application> findApplication(String name) {
    return store.findApplication(requireNonNull(name, "name"));
  }

  @Override
  public Optional<Application> findApplicationByKey(String appKey) {
    return store.findApplicationByKey(requireNonNull(appKey, "appKey"));
  }

  @Override
  public Optional<Server> findServer(String name) {
    return store.findServer(requireNonNull(name, "name"));
  }

  @Override
  public Optional<Service> findService(String server, String name) {
    return store.findService(requireNonNull(server, "server"), requireNonNull(name, "name"));
  }

  @Override
  public List<Instance> instances(String server) {
    Server found = server(server);
    return Site.instances(found, store.instancesOf(server, "", RegistryStore.MAX_LIMIT));
  }

  /** Reads services page by page until there are as many as asked for. */
  @Override
  public List<LocatedService> services(ServiceQuery query) {
    requireNonNull(query, "query");
    Map<String, Optional<Server>> servers = new HashMap<>();
    List<LocatedService> found = new ArrayList<>();
    List<Service> page =
        store.services(query.afterServer(), query.afterService(), RegistryStore.MAX_LIMIT);
    while (!page.isEmpty()) {
      for (Service service : page) {
        servers
            .computeIfAbsent(RegistryStore.nameKey(service.server()), store::findServer)
            .map(server -> LocatedService.of(server, service, addressing()))
            .filter(query::finds)
            .ifPresent(found::add);
        if (found.size() == query.limit()) {
          return List.copyOf(found);
        }
      }
      Service last = page.get(page.size() - 1);
      page = store.services(last.server(), last.name(), RegistryStore.MAX_LIMIT);
    }
    return List.copyOf(found);
  }

  @Override
  public RegistryOptions.Addressing addressing() {
    return writing.options().addressing();
  }

  @Override
  public Endpoint resolve(String server, String service) {
    return site(server, service).route(server, service).choose(null);
  }

  @Override
  public Endpoint resolve(String server, String service, String key) {
    return site(server, service).route(server, service).choose(requireNonNull(key, "key"));
  }

  @Override
  public Response call(String server, String service, ServiceCall call) {
    throw new IllegalStateException("services must not be called inside a transaction");
  }

  @Override
  public void reportCpu(String server, String address, int percent) {
    throw new IllegalStateException("load must not be reported inside a transaction");
  }

  RegistryOptions options() {
    return writing.options();
  }

  /** As the storage has it, knowing nothing of how its instances are. */
  private Site site(String server, String service) {
    return Site.of(
        server(server),
        store.instancesOf(server, "", RegistryStore.MAX_LIMIT),
        List.of(service(server, service)),
        addressing(),
        new Fleets(writing.options().fleet(), writing.options().nanoTime()));
  }

  @Override
  public List<Application> applications(String afterName, int limit) {
    requireNonNull(afterName, "afterName");
    return store.applications(afterName, limited(limit));
  }

  @Override
  public List<Server> servers(String afterName, int limit) {
    requireNonNull(afterName, "afterName");
    return store.servers(afterName, limited(limit));
  }

  @Override
  public List<Service> services(String server, String afterName, int limit) {
    requireNonNull(server, "server");
    requireNonNull(afterName, "afterName");
    return store.servicesOn(server, afterName, limited(limit));
  }

  @Override
  public Registry joining(Transaction transaction) {
    return new StoredRegistry(
        store.joining(transaction), Transactions.joining(transaction), writing, attachment);
  }

  private static int limited(int limit) {
    return Check.range(limit, 1, RegistryStore.MAX_LIMIT, "limit");
  }

  private static Application requireApplication(RegistryStore rows, String name) {
    return rows.findApplication(name).orElseThrow(() -> Missing.application(name));
  }

  private static ConflictException takenMeanwhile(String name) {
    return new ConflictException(
        "application '" + Check.shown(name) + "' was changed by another transaction meanwhile");
  }

  private Instant now() {
    return writing.options().clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static String randomAppKey() {
    StringBuilder text = new StringBuilder(APP_KEY_LENGTH);
    for (int i = 0; i < APP_KEY_LENGTH; i++) {
      text.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
