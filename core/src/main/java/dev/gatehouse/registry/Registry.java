package dev.gatehouse.registry;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import java.util.List;
import java.util.Optional;

/**
 * The third parties, the servers they run, and the services on them. Names are alike whatever their
 * case.
 *
 * <p>Registering is an upsert: whatever has that name becomes what is registered now, whole. Each
 * registration and removal is one transaction with its audit record; registering what is registered
 * exactly so already succeeds and leaves nothing behind. A call that throws leaves nothing behind,
 * except that a {@link dev.gatehouse.error.StorageException} that hit the commit leaves open
 * whether the change was made.
 *
 * <p>Finding and resolving read an immutable snapshot in memory: they take no lock and, once the
 * snapshot is there, touch the storage at most once per staleness bound (one second unless set
 * otherwise). The first of them loads the snapshot. What this registry changed is visible when the
 * call returns, unless the storage fails just after the commit. Changes by other nodes, and by
 * transactions that this registry joined, become visible within the bound: the lookup that finds
 * the snapshot older asks the storage for its version and reads what changed; lookups of other
 * threads go on with the old snapshot meanwhile. While the storage fails, the old snapshot serves
 * on. Lists read the storage.
 *
 * <p>Safe for use by multiple threads, but for what {@link #joining} returns.
 */
public interface Registry {
  /**
   * A registry over a store. It does no I/O before it is used, and has no threads.
   *
   * @param transactions the transactions of that store's storage
   */
  static Registry create(
      RegistryStore store,
      Transactions transactions,
      AuditLog audit,
      KeyIssuer keys,
      RegistryOptions options) {
    return new SnapshotRegistry(
        new StoredRegistry(store, transactions, audit, keys, options),
        new Snapshots(store, options));
  }

  /**
   * Registers an application, or changes the one of that name: its id, app key and keys stay, all
   * else becomes what the draft says. Of several first registrations at once, one creates.
   *
   * @return the application; only on its first registration with its {@link Application#secret()
   *     secret}
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Application register(Application.Draft draft);

  /**
   * Registers a server, or moves the one of that name; its services stay and move along.
   *
   * @return the server with its times
   * @throws IllegalArgumentException if the name is reserved
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Server register(Server server);

  /**
   * Registers a service on its server, or changes the one of that name.
   *
   * @return the service with its times
   * @throws NotFoundException if there is no such server
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Service register(Service service);

  /** The application of that id. */
  Optional<Application> findApplication(long id);

  /** The application of that name. */
  Optional<Application> findApplication(String name);

  /** The application whose key has that public name; case counts. */
  Optional<Application> findApplicationByKey(String appKey);

  /** The server of that name. */
  Optional<Server> findServer(String name);

  /** The service of that name on that server. */
  Optional<Service> findService(String server, String name);

  /**
   * Where and how to call a service now.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   */
  Endpoint resolve(String server, String service);

  /**
   * The application of that name.
   *
   * @throws NotFoundException if there is none
   */
  default Application application(String name) {
    return findApplication(name).orElseThrow(() -> Missing.application(name));
  }

  /**
   * The server of that name.
   *
   * @throws NotFoundException if there is none
   */
  default Server server(String name) {
    return findServer(name).orElseThrow(() -> Missing.server(name));
  }

  /**
   * The service of that name on that server.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   */
  default Service service(String server, String name) {
    return findService(server, name)
        .orElseThrow(
            () ->
                findServer(server).isPresent()
                    ? Missing.service(server, name)
                    : Missing.server(server));
  }

  /**
   * A page of applications, in order of their names in lower case.
   *
   * @param afterName the last name of the page before; empty text for the first page
   * @param limit 1..1000
   */
  List<Application> applications(String afterName, int limit);

  /**
   * A page of servers, in order of their names in lower case.
   *
   * @param afterName the last name of the page before; empty text for the first page
   * @param limit 1..1000
   */
  List<Server> servers(String afterName, int limit);

  /**
   * A page of the services on a server, in order of their names in lower case; empty if there is no
   * such server.
   *
   * @param afterName the last name of the page before; empty text for the first page
   * @param limit 1..1000
   */
  List<Service> services(String server, String afterName, int limit);

  /**
   * Removes an application and revokes its keys. Its id and app key are never given again; its name
   * is free, and whoever registers it next is another application, which owns nothing of the old.
   *
   * @throws NotFoundException if there is none of that name
   */
  void removeApplication(String name);

  /**
   * Removes a server and its services.
   *
   * @throws NotFoundException if there is none of that name
   */
  void removeServer(String name);

  /**
   * Removes a service.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   */
  void removeService(String server, String name);

  /**
   * This registry inside the transaction: reads go to the storage and see its writes, and all
   * stands or falls with it. Until the transaction ends, other registrations wait.
   */
  Registry joining(Transaction transaction);
}
