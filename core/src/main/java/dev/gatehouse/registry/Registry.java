package dev.gatehouse.registry;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.transaction.Transaction;
import dev.gatehouse.transaction.Transactions;
import dev.gatehouse.transport.Response;
import java.util.List;
import java.util.Optional;

/**
 * The third parties, the servers they run, the instances of these, and the services on them. Names
 * are alike whatever their case.
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
 * threads go on with the old snapshot meanwhile. While a {@link RegistryUpkeep} of it is started,
 * one of its threads does that ahead of the bound as long as there are lookups. While the storage
 * fails, the old snapshot serves on. Lists read the storage.
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
    Fleets fleets = new Fleets(options.fleet(), options.nanoTime());
    return new SnapshotRegistry(
        new StoredRegistry(store, transactions, audit, keys, options),
        new Snapshots(store, options, fleets));
  }

  /**
   * Registers an application, or changes the one of that name: its id, app key and keys stay, all
   * else becomes what the draft says. Of several first registrations at once, one creates.
   *
   * @return the application; only on its first registration with its {@link Application#secret()
   *     secret}
   * @throws dev.gatehouse.error.ConflictException if another transaction changed it meanwhile
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Application register(Application.Draft draft);

  /**
   * Registers a server, or moves the one of that name; its services stay and move along.
   *
   * @return the server with its times
   * @throws IllegalArgumentException if the name is reserved
   * @throws dev.gatehouse.error.LimitException if there are 10,000 servers
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Server register(Server server);

  /**
   * Registers one more address of a server, or changes the one of that host and port. One with a
   * lease is registered anew each time: earlier registrations of it can be renewed no more, and
   * what this process knows of its health is forgotten, as of one that was started anew.
   *
   * @return the instance with its times and epoch, of use to {@link #renew}
   * @throws NotFoundException if there is no such server
   * @throws dev.gatehouse.error.LimitException if the server has 1,000 instances
   * @throws dev.gatehouse.error.StorageException if the storage fails; then nothing was stored
   */
  Instance register(Instance instance);

  /**
   * Begins the lease of an instance anew, by the clock of the storage. Leaves no audit record, and
   * does not wait for others that change or renew the instance; but in memory, and in a host's
   * transaction on MariaDB, it waits as every change does.
   *
   * @param instance as {@link #register(Instance)} returned it
   * @throws NotFoundException if its lease is over, or it was registered again or removed
   * @throws dev.gatehouse.error.ConflictException if that is not known, because another transaction
   *     is changing or renewing it: try again
   */
  void renew(Instance instance);

  /**
   * Removes the instance that was registered so; does nothing if it is gone, or was registered
   * again meanwhile. For who ends what it registered.
   *
   * @param instance as {@link #register(Instance)} returned it
   */
  void release(Instance instance);

  /**
   * Removes instances whose lease is over, 1,000 of them or few more at most. Whatever node notices
   * removes them: a started Gatehouse does so once a second. Does not wait for others that write:
   * while they do, it removes nothing.
   *
   * @return those that it removed
   */
  List<Instance> removeLapsed();

  /**
   * Registers all of that in one transaction: all of it or, if something is refused, nothing. Where
   * the transaction is the host's, a {@link dev.gatehouse.error.LimitException} may leave a part,
   * so that the host has to roll back.
   *
   * @return what was registered, with its times
   * @throws NotFoundException if an instance or a service is of a server that is neither there nor
   *     registered yet
   * @throws dev.gatehouse.error.LimitException if a server would have more than 1,000 instances or
   *     services, or there would be more than 10,000 servers
   * @throws IllegalArgumentException if a server's name is reserved
   */
  Registration register(Registration registration);

  /**
   * This registry for what an application registers with its key. It may register servers, which
   * are its own then, and change and remove what is its own; of all else it may only read. That is
   * proven in the transaction of each change: an application that was disabled or whose secret was
   * rotated out meanwhile can change nothing more. A server stays its own if the host changes it,
   * and is removed with the application. It may have 100 servers, 1,000 instances and 1,000
   * services in all; beyond, registering throws {@link dev.gatehouse.error.LimitException}. Audit
   * records of what it does name it as the actor.
   *
   * <p>On what this returns, {@link #register(Application.Draft)}, {@link #removeApplication} and
   * {@link #removeLapsed} throw {@link dev.gatehouse.error.DeniedException}; each change of
   * another's server does too; and each change {@link dev.gatehouse.error.AuthenticationException}
   * if the application is unknown, not enabled, or has another secret, which are one and the same
   * for the caller.
   *
   * @param appKey the public name of the application's key
   * @param secret of a key for requests
   * @throws dev.gatehouse.error.AuthenticationException at once if it is not proven now
   */
  Registry attachedBy(String appKey, Secret secret);

  /**
   * Registers a service on its server, or changes the one of that name.
   *
   * @return the service with its times
   * @throws NotFoundException if there is no such server
   * @throws dev.gatehouse.error.LimitException if there are 1,000 services on the server
   * @throws IllegalArgumentException if its own protocol must be its server's and is not
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
   * The addresses of a server: its own first, unless an instance has it, then the instances in
   * order of their addresses.
   *
   * @throws NotFoundException if there is no such server
   */
  List<Instance> instances(String server);

  /**
   * The services that answer the question, in order of their servers' names, then their own, in
   * lower case.
   */
  List<LocatedService> services(ServiceQuery query);

  /** Where services are called. */
  RegistryOptions.Addressing addressing();

  /**
   * Where and how to call a service now: at the instance that the server's {@link Balancer}
   * chooses.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   * @throws dev.gatehouse.error.TransportException if no instance of the server is up
   */
  Endpoint resolve(String server, String service);

  /**
   * As {@link #resolve(String, String)}, for a call about something.
   *
   * @param key what the call is about, by which {@link Balancer#shard} chooses
   */
  Endpoint resolve(String server, String service, String key);

  /**
   * Calls a service and waits for its answer, whatever its status. Attempts without an answer and
   * those with one of 500 and above are tried again, at another instance if there is one, as far as
   * the call may be repeated and the options allow; so the last of them may be what is returned.
   * 501 and 505 are answers as any. An answer of whose body the transport keeps the beginning only,
   * which {@link Response#isTruncated} tells, counts by its status as any: the instance is well,
   * and asked again it would say as much. Each attempt teaches the balancer and the service's
   * breaker; what fails before a request is sent does not. If the thread is interrupted, the
   * attempt is cancelled and the thread stays interrupted.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   * @throws dev.gatehouse.error.TransportException if there was no answer in time, no instance is
   *     up, or the service's breaker is open
   * @throws dev.gatehouse.error.LimitException if too many calls of the service are under way, or
   *     the transport has no room for one more request
   * @throws java.util.concurrent.CancellationException if the thread was interrupted
   * @throws IllegalArgumentException if no request can be made of what was registered and the call,
   *     as with a body of more than 1 MiB
   * @throws IllegalStateException if there is no transport, or inside a transaction
   */
  Response call(String server, String service, ServiceCall call);

  /**
   * Tells how busy the CPU of an instance is, for {@link Balancer#cpu} in this process.
   *
   * @param address as {@link Instance#address()}
   * @param percent 0..100
   * @throws NotFoundException if there is no such server, or no such instance of it
   */
  void reportCpu(String server, String address, int percent);

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
   * Servers that it {@linkplain #attachedBy attached} are removed too.
   *
   * @throws NotFoundException if there is none of that name
   */
  void removeApplication(String name);

  /**
   * Removes a server, its instances and its services.
   *
   * @throws NotFoundException if there is none of that name
   */
  void removeServer(String name);

  /**
   * Removes an instance.
   *
   * @param address as {@link Instance#address()}
   * @throws NotFoundException if there is no such server, or no such instance of it
   */
  void removeInstance(String server, String address);

  /**
   * Removes a service.
   *
   * @throws NotFoundException if there is no such server, or no such service on it
   */
  void removeService(String server, String name);

  /**
   * This registry inside the transaction: reads go to the storage and see its writes, and all
   * stands or falls with it. Until the transaction ends, other registrations wait. What it resolves
   * knows nothing of how instances are: those that are down are chosen, too, and taking turns
   * begins anew each time.
   */
  Registry joining(Transaction transaction);
}
