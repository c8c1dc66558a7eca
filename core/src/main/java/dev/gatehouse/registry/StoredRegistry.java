package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.check.Check;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.json.Json;
import dev.gatehouse.registry.RegistryStore.Subject;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

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

  StoredRegistry(
      RegistryStore store,
      Transactions transactions,
      AuditLog audit,
      KeyIssuer keys,
      RegistryOptions options) {
    this(store, transactions, new Writing(audit, keys, options, StoredRegistry::randomAppKey));
  }

  StoredRegistry(RegistryStore store, Transactions transactions, Writing writing) {
    this.store = requireNonNull(store, "store");
    this.transactions = requireNonNull(transactions, "transactions");
    this.writing = writing;
  }

  @Override
  public Application register(Application.Draft draft) {
    requireNonNull(draft, "draft");
    return transactions.call(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          Optional<Application> seen = rows.findApplication(draft.name());
          if (seen.isPresent() && seen.get().equals(changed(seen.get(), draft))) {
            return seen.get();
          }
          rows.advance(Subject.APPLICATION, draft.name());
          Optional<Application> existing = rows.findApplication(draft.name());
          return existing.isPresent()
              ? change(transaction, existing.get(), draft)
              : create(transaction, draft);
        });
  }

  private Application create(Transaction transaction, Application.Draft draft) {
    RegistryStore rows = store.joining(transaction);
    long id = writing.options().ids().getAsLong();
    String appKey = freeAppKey(rows);
    Application application = draft.registered(id, appKey, now(), null);
    if (!rows.insert(application)) {
      throw takenMeanwhile(draft.name());
    }
    Secret secret = writing.keys().issue(transaction, id, appKey);
    record(transaction, Operation.CREATE, applicationText("registered", application), ids(id));
    return draft.registered(id, appKey, application.createdAt(), secret);
  }

  private Application change(
      Transaction transaction, Application existing, Application.Draft draft) {
    Application changed = changed(existing, draft);
    if (!store.joining(transaction).update(changed)) {
      throw takenMeanwhile(draft.name());
    }
    record(transaction, Operation.UPDATE, applicationText("changed", changed), ids(changed.id()));
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
    return transactions.call(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          Optional<Server> seen = rows.findServer(server.name());
          if (seen.isPresent() && seen.get().isWhatIsRegisteredBy(server)) {
            return seen.get();
          }
          rows.advance(Subject.SERVER, server.name());
          Optional<Server> existing = rows.findServer(server.name());
          Instant now = now();
          Server stored = server.registered(existing.flatMap(Server::createdAt).orElse(now), now);
          rows.put(stored);
          recordPut(
              transaction,
              existing.isPresent(),
              serverText(stored),
              ids(stored)
                  .put("host", stored.host())
                  .put("port", stored.port())
                  .put("protocol", stored.protocol()));
          return stored;
        });
  }

  @Override
  public Service register(Service service) {
    requireNonNull(service, "service");
    return transactions.call(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          requireServer(rows, service.server());
          Optional<Service> seen = rows.findService(service.server(), service.name());
          if (seen.isPresent() && seen.get().isWhatIsRegisteredBy(service)) {
            return seen.get();
          }
          rows.advance(Subject.SERVER, service.server());
          Optional<Service> existing = rows.findService(service.server(), service.name());
          Instant now = now();
          Service stored =
              service.registered(existing.flatMap(Service::createdAt).orElse(now), now);
          if (!rows.put(stored)) {
            throw Missing.server(service.server());
          }
          recordPut(
              transaction,
              existing.isPresent(),
              serviceText(stored.server(), stored.name()),
              ids(stored.server(), stored.name()));
          return stored;
        });
  }

  @Override
  public void removeApplication(String name) {
    requireNonNull(name, "name");
    transactions.run(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          Application seen = requireApplication(rows, name);
          rows.advance(Subject.APPLICATION, name);
          if (!rows.removeApplication(seen.id())) {
            throw Missing.application(name);
          }
          writing.keys().revoke(transaction, seen.id());
          record(transaction, Operation.DELETE, applicationText("removed", seen), ids(seen.id()));
        });
  }

  @Override
  public void removeServer(String name) {
    requireNonNull(name, "name");
    transactions.run(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          Server seen = requireServer(rows, name);
          rows.advance(Subject.SERVER, name);
          if (!rows.removeServer(name)) {
            throw Missing.server(name);
          }
          record(
              transaction,
              Operation.DELETE,
              serverText(seen) + " removed with its services",
              ids(seen));
        });
  }

  @Override
  public void removeService(String server, String name) {
    requireNonNull(server, "server");
    requireNonNull(name, "name");
    transactions.run(
        transaction -> {
          RegistryStore rows = store.joining(transaction);
          requireServer(rows, server);
          Service seen =
              rows.findService(server, name).orElseThrow(() -> Missing.service(server, name));
          rows.advance(Subject.SERVER, server);
          if (!rows.removeService(server, name)) {
            throw Missing.service(server, name);
          }
          record(
              transaction,
              Operation.DELETE,
              serviceText(seen.server(), seen.name()) + " removed",
              ids(seen.server(), seen.name()));
        });
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
  public Endpoint resolve(String server, String service) {
    return Endpoint.of(server(server), service(server, service));
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
        store.joining(transaction), Transactions.joining(transaction), writing);
  }

  private static int limited(int limit) {
    return Check.range(limit, 1, RegistryStore.MAX_LIMIT, "limit");
  }

  private static Application requireApplication(RegistryStore rows, String name) {
    return rows.findApplication(name).orElseThrow(() -> Missing.application(name));
  }

  private static Server requireServer(RegistryStore rows, String name) {
    return rows.findServer(name).orElseThrow(() -> Missing.server(name));
  }

  private static ConflictException takenMeanwhile(String name) {
    return new ConflictException(
        "application '" + Check.shown(name) + "' was changed by another transaction meanwhile");
  }

  private Instant now() {
    return writing.options().clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private void recordPut(Transaction transaction, boolean existed, String text, ObjectNode ext) {
    record(
        transaction,
        existed ? Operation.UPDATE : Operation.CREATE,
        text + (existed ? " changed" : " registered"),
        ext);
  }

  private void record(
      Transaction transaction, Operation operation, String content, ObjectNode ext) {
    writing
        .audit()
        .joining(transaction)
        .write(
            AuditRecord.of(operation, AuditRecord.Result.SUCCESS, content)
                .service("registry")
                .ext(Json.write(ext))
                .build());
  }

  private static String applicationText(String verb, Application application) {
    return "Application '" + application.name() + "' " + verb;
  }

  private static String serverText(Server server) {
    return "Server '" + server.name() + "'";
  }

  private static String serviceText(String server, String name) {
    return "Service '" + name + "' on server '" + server + "'";
  }

  private static ObjectNode ids(long applicationId) {
    return Json.object().put("applicationId", Long.toString(applicationId));
  }

  private static ObjectNode ids(Server server) {
    return Json.object().put("server", server.name());
  }

  private static ObjectNode ids(String server, String service) {
    return Json.object().put("server", server).put("service", service);
  }

  private static String randomAppKey() {
    StringBuilder text = new StringBuilder(APP_KEY_LENGTH);
    for (int i = 0; i < APP_KEY_LENGTH; i++) {
      text.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }
}
