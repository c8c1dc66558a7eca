package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * SPI: keeps applications, servers, their instances and services, and a log of what changed.
 *
 * <ul>
 *   <li>{@code REGISTRY-1}: {@link #version} is 0 in a new storage. {@link #advance} adds one,
 *       holds off every other {@code advance} until its transaction ends, and leaves nothing if
 *       that rolls back: versions have no gaps and become visible in their order. {@link #tryLock}
 *       does as much without a version, and never waits.
 *   <li>{@code REGISTRY-2}: {@link #changes} are those of committed versions, in order, each once;
 *       the latest {@value #KEPT_CHANGES} are kept, older ones may be forgotten.
 *   <li>{@code REGISTRY-3}: what is found equals what was stored, whatever characters it holds;
 *       secrets are never stored here.
 *   <li>{@code REGISTRY-4}: names are alike if their {@link #nameKey} is the same, and only then;
 *       app keys are alike only if equal.
 *   <li>{@code REGISTRY-5}: id, name and app key of an application are unique: an insert that would
 *       double one stores nothing and says so, also if two come at once. An update or removal of
 *       what is not there changes nothing and says so.
 *   <li>{@code REGISTRY-6}: {@code put} stores a server, an instance or a service whole, in place
 *       of the one of that name or address; an instance or a service only if its server is there.
 *   <li>{@code REGISTRY-7}: removing a server removes its instances and services.
 *   <li>{@code REGISTRY-8}: a page holds at most {@code limit} entries, those whose names come next
 *       after the given one; the empty text comes before all names. The order of names is total and
 *       always the same, but the store's own. Pages from the empty text to an empty page hold every
 *       entry once.
 *   <li>{@code REGISTRY-9}: each method takes effect whole or not at all; what is done in a
 *       transaction is seen there at once, by others after the commit, and by nobody after a
 *       rollback.
 *   <li>{@code REGISTRY-10}: a lease runs from {@code put} or {@link #renew}, for its length, by
 *       the store's clock. Only the epoch that was put last renews it, and only before its end. At
 *       its end it is {@linkplain #lapsed lapsed}: then, and only then, is the instance removed by
 *       {@link #removeLapsed}. Of a renewal and such a removal at once, one takes place. A renewal
 *       need not wait for a transaction that changes or renews the instance: it is {@linkplain
 *       LeaseRenewal#BUSY busy} then. Of several renewals at once, one takes place at least, and
 *       none is refused. An instance without a lease never lapses.
 *   <li>{@code REGISTRY-11}: what is decided by what {@link #deciding} finds is decided by what was
 *       committed last.
 * </ul>
 *
 * Names come as they were typed; the store takes their {@link #nameKey} itself. Methods block, and
 * throw {@link dev.gatehouse.error.StorageException} if the storage fails. Safe for use by multiple
 * threads, but for what {@link #joining} returns.
 */
public interface RegistryStore {
  /** How many of the latest changes are kept. */
  int KEPT_CHANGES = 1_000;

  /** The largest page. */
  int MAX_LIMIT = 1_000;

  /** What a change was made to. */
  enum Subject {
    /** An application. */
    APPLICATION,
    /** A server, or an instance of it or a service on it. */
    SERVER
  }

  /** What came of {@link #renew}. */
  enum LeaseRenewal {
    /** The lease begins anew. */
    RENEWED,

    /**
     * The instance is there with that epoch, but another transaction changes or renews it: whether
     * its lease is over is not known.
     */
    BUSY,

    /** The instance has no lease of that epoch, or that is over: nothing is renewed. */
    REFUSED
  }

  /**
   * One entry of the log of changes: what has that name was registered, changed or removed.
   *
   * @param version 1 or more
   * @param nameKey the {@link #nameKey} of the application or server
   */
  record Change(long version, Subject subject, String nameKey) {
    /** Checks that nothing is missing. */
    public Change {
      Check.range(version, 1, Long.MAX_VALUE, "version");
      requireNonNull(subject, "subject");
      requireNonNull(nameKey, "nameKey");
    }
  }

  /**
   * How much is an application's own.
   *
   * @param servers those whose owner it is
   * @param instances of all these
   * @param services on all these
   */
  record Owned(int servers, int instances, int services) {}

  /**
   * The form of a name by which names are compared: in lower case by the rules of no language. It
   * may be twice as long as the name.
   */
  static String nameKey(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** How many changes were committed; inside a transaction, with its own. */
  long version();

  /**
   * Holds off every {@link #advance} by others until the transaction ends, as an advance would, but
   * leaves no version. For use inside a transaction.
   *
   * @return false, at once, if another transaction does so already
   */
  boolean tryLock();

  /** Notes that the transaction changes what has that name, and returns the version of that. */
  long advance(Subject subject, String name);

  /**
   * The changes after that version, oldest first.
   *
   * @param limit 1..1000
   */
  List<Change> changes(long afterVersion, int limit);

  /** Stores a new application; false if its id, name or app key is taken. */
  boolean insert(Application application);

  /** Stores an application in place of the one of that id; false if there is none. */
  boolean update(Application application);

  /** Removes the application of that id; false if there is none. */
  boolean removeApplication(long id);

  /** The application of that id. */
  Optional<Application> findApplication(long id);

  /** The application of that name. */
  Optional<Application> findApplication(String name);

  /** The application whose key has that public name. */
  Optional<Application> findApplicationByKey(String appKey);

  /**
   * A page of applications.
   *
   * @param limit 1..1000
   */
  List<Application> applications(String afterName, int limit);

  /** Stores a server with its times. */
  void put(Server server);

  /** Removes a server, its instances and its services; false if there is none. */
  boolean removeServer(String name);

  /** The server of that name. */
  Optional<Server> findServer(String name);

  /**
   * A page of servers.
   *
   * @param limit 1..1000
   */
  List<Server> servers(String afterName, int limit);

  /** Stores an instance with its times and epoch; false if its server is not there. */
  boolean put(Instance instance);

  /**
   * Begins the instance's lease anew. Where it is refused since the lease is over, the instance
   * stays as it is until the transaction ends.
   */
  LeaseRenewal renew(Instance instance);

  /** Removes the instance; false if there is none of that epoch. */
  boolean removeInstance(Instance instance);

  /**
   * Removes an instance; false if there is none.
   *
   * @param address as {@link Instance#address()}
   */
  boolean removeInstance(String server, String address);

  /** The instance of that address of that server. */
  Optional<Instance> findInstance(String server, String address);

  /**
   * A page of the instances of a server, in the order of addresses; empty if there is no such
   * server.
   *
   * @param limit 1..1000
   */
  List<Instance> instancesOf(String server, String afterAddress, int limit);

  /** How many instances a server has; 0 if there is no such server. */
  int countInstances(String server);

  /** How many services are on a server; 0 if there is no such server. */
  int countServices(String server);

  /** How many servers there are. */
  int countServers();

  /** How much an application attached. */
  Owned owned(long applicationId);

  /**
   * A page of the instances of all servers, in order of server, then address, after that pair.
   *
   * @param limit 1..1000
   */
  List<Instance> instances(String afterServer, String afterAddress, int limit);

  /**
   * Instances whose lease is over, those for longest first.
   *
   * @param limit 1..1000
   */
  List<Instance> lapsed(int limit);

  /** Removes the instance; false if there is none of that epoch, or its lease is not over. */
  boolean removeLapsed(Instance instance);

  /** Stores a service with its times; false if its server is not there. */
  boolean put(Service service);

  /** Removes a service; false if there is none. */
  boolean removeService(String server, String name);

  /** The service of that name on that server. */
  Optional<Service> findService(String server, String name);

  /**
   * A page of the services on a server; empty if there is no such server.
   *
   * @param limit 1..1000
   */
  List<Service> servicesOn(String server, String afterName, int limit);

  /**
   * A page of the services on all servers, in order of server, then name, after that pair.
   *
   * @param limit 1..1000
   */
  List<Service> services(String afterServer, String afterName, int limit);

  /** This store inside the transaction. */
  RegistryStore joining(Transaction transaction);

  /**
   * This store for deciding what to write in the transaction that it joined: what it finds is what
   * is there now, also where a host's transaction reads as of its beginning. Where it takes that,
   * others are kept from {@link #advance} from then on.
   */
  RegistryStore deciding();
}
