package dev.gatehouse.storage.jdbc;

import dev.gatehouse.check.Check;
import dev.gatehouse.registry.Application;
import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.Server;
import dev.gatehouse.registry.Service;
import dev.gatehouse.transaction.Transaction;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.Update;

/** The RegistryStore of a {@link JdbcStorage}. */
final class JdbcRegistryStore implements RegistryStore {
  private static final String VERSION = "SELECT version FROM gh_registry WHERE id = 1";
  private static final String LOCK = VERSION + " FOR UPDATE";
  private static final String APPLICATIONS =
      "SELECT id, name, app_key, callback, retry_policy, status, remark, created_at"
          + " FROM gh_application ";
  private static final String SERVERS =
      "SELECT name, host, port, protocol, weight, metadata, owner_id, created_at, updated_at"
          + " FROM gh_server ";
  private static final String SERVICES =
      "SELECT server, name, uri, origin, method, protocol, params, data, headers, created_at,"
          + " updated_at FROM gh_service ";

  /** What queries answer inside a transaction that may read as of its beginning. */
  private enum Reads {
    AS_TRANSACTION,
    LATEST
  }

  private final Database database;
  private final JdbcInstances instances;
  private final JdbcRegistryCounts counts;
  private final Reads reads;

  JdbcRegistryStore(Database database) {
    this(database, Reads.AS_TRANSACTION);
  }

  private JdbcRegistryStore(Database database, Reads reads) {
    this.database = database;
    this.instances = new JdbcInstances(database);
    this.counts = new JdbcRegistryCounts(database);
    this.reads = reads;
  }

  @Override
  public RegistryStore joining(Transaction transaction) {
    return new JdbcRegistryStore(database.joining(transaction));
  }

  /**
   * Such queries lock what they find, and the gaps where they find nothing. So that two hosts do
   * not hold what the other writes, the lock that all writers take comes first.
   */
  @Override
  public RegistryStore deciding() {
    return database.use(
        handle -> {
          if (!Sql.readsSnapshot(handle)) {
            return this;
          }
          handle.createQuery(LOCK).mapTo(Long.class).one();
          return new JdbcRegistryStore(database, Reads.LATEST);
        });
  }

  private String end(Handle handle) {
    return reads == Reads.LATEST ? Sql.latest(handle) : "";
  }

  @Override
  public boolean tryLock() {
    return database.use(
        handle ->
            handle.createQuery(LOCK + " SKIP LOCKED").mapTo(Long.class).findOne().isPresent());
  }

  @Override
  public long version() {
    return database.use(JdbcRegistryStore::version);
  }

  @Override
  public long advance(Subject subject, String name) {
    return database.use(
        handle -> {
          handle.execute("UPDATE gh_registry SET version = version + 1 WHERE id = 1");
          long version = version(handle);
          handle.execute(
              "INSERT INTO gh_registry_change(version, subject, name_key) VALUES (?, ?, ?)",
              version,
              subject.name(),
              RegistryStore.nameKey(name));
          handle.execute(
              "DELETE FROM gh_registry_change WHERE version <= ?", version - KEPT_CHANGES);
          return version;
        });
  }

  private static long version(Handle handle) {
    return handle.createQuery(VERSION).mapTo(Long.class).one();
  }

  @Override
  public List<Change> changes(long afterVersion, int limit) {
    requireLimit(limit);
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT version, subject, name_key FROM gh_registry_change WHERE version > ?"
                        + " ORDER BY version LIMIT ?")
                .bind(0, afterVersion)
                .bind(1, limit)
                .map(
                    (row, context) ->
                        new Change(
                            row.getLong("version"),
                            Subject.valueOf(row.getString("subject")),
                            row.getString("name_key")))
                .list());
  }

  @Override
  public boolean insert(Application application) {
    String sql =
        "INSERT INTO gh_application(id, name_key, name, app_key, callback, retry_policy, status,"
            + " remark, created_at) VALUES (:id, :nameKey, :name, :appKey, :callback,"
            + " :retryPolicy, :status, :remark, :createdAt)"
            + database.dialect().orNothing();
    return database.use(handle -> Database.inserted(bind(handle.createUpdate(sql), application)));
  }

  @Override
  public boolean update(Application application) {
    return database.use(
        handle ->
            bind(
                        handle.createUpdate(
                            "UPDATE gh_application SET name_key = :nameKey, name = :name,"
                                + " app_key = :appKey, callback = :callback,"
                                + " retry_policy = :retryPolicy, status = :status,"
                                + " remark = :remark, created_at = :createdAt WHERE id = :id"),
                        application)
                    .execute()
                == 1);
  }

  private static Update bind(Update update, Application application) {
    return update
        .bind("id", application.id())
        .bind("nameKey", RegistryStore.nameKey(application.name()))
        .bind("name", application.name())
        .bind("appKey", application.appKey())
        .bind("callback", application.callback().map(URI::toString))
        .bind("retryPolicy", application.retryPolicy().spec())
        .bind("status", application.status().name())
        .bind("remark", application.remark())
        .bind("createdAt", application.createdAt().toEpochMilli());
  }

  @Override
  public boolean removeApplication(long id) {
    return database.use(
        handle -> handle.execute("DELETE FROM gh_application WHERE id = ?", id) == 1);
  }

  @Override
  public Optional<Application> findApplication(long id) {
    return find(APPLICATIONS + "WHERE id = ?", RegistryRows::application, id);
  }

  @Override
  public Optional<Application> findApplication(String name) {
    return find(
        APPLICATIONS + "WHERE name_key = ?",
        RegistryRows::application,
        RegistryStore.nameKey(name));
  }

  @Override
  public Optional<Application> findApplicationByKey(String appKey) {
    return find(APPLICATIONS + "WHERE app_key = ?", RegistryRows::application, appKey);
  }

  @Override
  public List<Application> applications(String afterName, int limit) {
    return page(
        APPLICATIONS + "WHERE name_key > ? ORDER BY name_key",
        RegistryRows::application,
        limit,
        RegistryStore.nameKey(afterName));
  }

  /** Updates a second time after an insertion that came too late. */
  private boolean upsert(String update, String insert, UnaryOperator<Update> arguments) {
    return database.use(
        handle ->
            arguments.apply(handle.createUpdate(update)).execute() == 1
                || Database.inserted(arguments.apply(handle.createUpdate(insert)))
                || arguments.apply(handle.createUpdate(update)).execute() == 1);
  }

  @Override
  public void put(Server server) {
    String update =
        "UPDATE gh_server SET name = :name, host = :host, port = :port, protocol = :protocol,"
            + " weight = :weight, metadata = :metadata, owner_id = :owner,"
            + " created_at = :createdAt, updated_at = :updatedAt WHERE name_key = :nameKey";
    String insert =
        "INSERT INTO gh_server(name_key, name, host, port, protocol, weight, metadata, owner_id,"
            + " created_at, updated_at) VALUES (:nameKey, :name, :host, :port, :protocol,"
            + " :weight, :metadata, :owner, :createdAt, :updatedAt)"
            + database.dialect().orNothing();
    upsert(update, insert, statement -> bind(statement, server));
  }

  private static Update bind(Update update, Server server) {
    return update
        .bind("nameKey", RegistryStore.nameKey(server.name()))
        .bind("name", server.name())
        .bind("host", server.host())
        .bind("port", server.port())
        .bind("protocol", server.protocol())
        .bind("weight", server.weight())
        .bind("metadata", JdbcInstances.text(server.metadata()))
        .bind("owner", server.owner().orElse(0))
        .bind("createdAt", millis(server.createdAt()))
        .bind("updatedAt", millis(server.updatedAt()));
  }

  @Override
  public boolean removeServer(String name) {
    String key = RegistryStore.nameKey(name);
    if (!TextArgument.isStorable(key)) {
      return false;
    }
    return database.use(
        handle -> {
          handle.execute("DELETE FROM gh_service WHERE server_key = ?", key);
          handle.execute("DELETE FROM gh_instance WHERE server_key = ?", key);
          return handle.execute("DELETE FROM gh_server WHERE name_key = ?", key) == 1;
        });
  }

  @Override
  public Optional<Server> findServer(String name) {
    return find(SERVERS + "WHERE name_key = ?", RegistryRows::server, RegistryStore.nameKey(name));
  }

  @Override
  public List<Server> servers(String afterName, int limit) {
    return page(
        SERVERS + "WHERE name_key > ? ORDER BY name_key",
        RegistryRows::server,
        limit,
        RegistryStore.nameKey(afterName));
  }

  @Override
  public boolean put(Instance instance) {
    return instances.put(instance);
  }

  @Override
  public LeaseRenewal renew(Instance instance) {
    return instances.renew(instance);
  }

  @Override
  public boolean removeInstance(String server, String address) {
    return TextArgument.isStorable(server)
        && TextArgument.isStorable(address)
        && instances.remove(server, address);
  }

  @Override
  public boolean removeInstance(Instance instance) {
    return instances.remove(instance);
  }

  @Override
  public int countInstances(String server) {
    return counts.ofServer("gh_instance", server);
  }

  @Override
  public int countServices(String server) {
    return counts.ofServer("gh_service", server);
  }

  @Override
  public int countServers() {
    return counts.servers();
  }

  @Override
  public Owned owned(long applicationId) {
    return counts.owned(applicationId);
  }

  @Override
  public Optional<Instance> findInstance(String server, String address) {
    return find(
        JdbcInstances.SELECT + "WHERE server_key = ? AND address_key = ?",
        JdbcInstances::instance,
        RegistryStore.nameKey(server),
        RegistryStore.nameKey(address));
  }

  @Override
  public List<Instance> instancesOf(String server, String afterAddress, int limit) {
    return page(
        JdbcInstances.SELECT + "WHERE server_key = ? AND address_key > ? ORDER BY address_key",
        JdbcInstances::instance,
        limit,
        RegistryStore.nameKey(server),
        RegistryStore.nameKey(afterAddress));
  }

  @Override
  public List<Instance> instances(String afterServer, String afterAddress, int limit) {
    String server = RegistryStore.nameKey(afterServer);
    return page(
        JdbcInstances.SELECT
            + "WHERE server_key >= ? AND (server_key > ? OR address_key > ?)"
            + " ORDER BY server_key, address_key",
        JdbcInstances::instance,
        limit,
        server,
        server,
        RegistryStore.nameKey(afterAddress));
  }

  @Override
  public List<Instance> lapsed(int limit) {
    requireLimit(limit);
    return instances.lapsed(limit);
  }

  @Override
  public boolean removeLapsed(Instance instance) {
    return instances.removeLapsed(instance);
  }

  @Override
  public boolean put(Service service) {
    String update =
        "UPDATE gh_service SET server = :server, name = :name, uri = :uri, origin = :origin,"
            + " method = :method, protocol = :protocol, params = :params, data = :data, headers = :headers, created_at = :createdAt,"
            + " updated_at = :updatedAt WHERE server_key = :serverKey AND name_key = :nameKey";
    String insert =
        "INSERT INTO gh_service(server_key, name_key, server, name, uri, origin, method, protocol,"
            + " params, data, headers, created_at, updated_at)"
            + " SELECT name_key, :nameKey, :server, :name, :uri, :origin, :method, "
            + database.dialect().text(":protocol")
            + ", :params, :data, :headers, :createdAt, :updatedAt"
            + " FROM gh_server WHERE name_key = :serverKey"
            + database.dialect().orNothing();
    return upsert(update, insert, statement -> bind(statement, service));
  }

  private static Update bind(Update update, Service service) {
    return update
        .bind("serverKey", RegistryStore.nameKey(service.server()))
        .bind("nameKey", RegistryStore.nameKey(service.name()))
        .bind("server", service.server())
        .bind("name", service.name())
        .bind("uri", service.uri())
        .bind("origin", service.origin().orElseThrow(JdbcRegistryStore::unset))
        .bind("method", service.method())
        .bind("protocol", service.protocol().orElse(null))
        .bind("params", service.params())
        .bind("data", service.data())
        .bind("headers", RegistryRows.text(service.headers()))
        .bind("createdAt", millis(service.createdAt()))
        .bind("updatedAt", millis(service.updatedAt()));
  }

  @Override
  public boolean removeService(String server, String name) {
    if (!TextArgument.isStorable(server) || !TextArgument.isStorable(name)) {
      return false;
    }
    return database.use(
        handle ->
            handle.execute(
                    "DELETE FROM gh_service WHERE server_key = ? AND name_key = ?",
                    RegistryStore.nameKey(server),
                    RegistryStore.nameKey(name))
                == 1);
  }

  @Override
  public Optional<Service> findService(String server, String name) {
    return find(
        SERVICES + "WHERE server_key = ? AND name_key = ?",
        RegistryRows::service,
        RegistryStore.nameKey(server),
        RegistryStore.nameKey(name));
  }

  @Override
  public List<Service> servicesOn(String server, String afterName, int limit) {
    return page(
        SERVICES + "WHERE server_key = ? AND name_key > ? ORDER BY name_key",
        RegistryRows::service,
        limit,
        RegistryStore.nameKey(server),
        RegistryStore.nameKey(afterName));
  }

  @Override
  public List<Service> services(String afterServer, String afterName, int limit) {
    String server = RegistryStore.nameKey(afterServer);
    return page(
        SERVICES
            + "WHERE server_key >= ? AND (server_key > ? OR name_key > ?)"
            + " ORDER BY server_key, name_key",
        RegistryRows::service,
        limit,
        server,
        server,
        RegistryStore.nameKey(afterName));
  }

  private <T> Optional<T> find(String query, RowMapper<T> mapper, Object... arguments) {
    for (Object argument : arguments) {
      if (argument instanceof String text && !TextArgument.isStorable(text)) {
        return Optional.empty();
      }
    }
    return database.use(
        handle -> bind(handle.createQuery(query + end(handle)), arguments).map(mapper).findOne());
  }

  /** Without what cannot be read; but empty only at the end, and not where none can be. */
  private <T> List<T> page(String query, RowMapper<T> mapper, int limit, Object... arguments) {
    requireLimit(limit);
    List<Optional<T>> rows;
    List<T> readable;
    int size = limit;
    do {
      rows = rows(query, RegistryRows.ifReadable(mapper), size, arguments);
      readable = rows.stream().flatMap(Optional::stream).limit(limit).toList();
      size *= 2;
    } while (readable.isEmpty() && rows.size() == size / 2);
    return readable;
  }

  private <T> List<T> rows(String query, RowMapper<T> mapper, int limit, Object... arguments) {
    return database.use(
        handle ->
            bind(handle.createQuery(query + " LIMIT ?" + end(handle)), arguments)
                .bind(arguments.length, limit)
                .map(mapper)
                .list());
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Object... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      statement.bind(i, arguments[i]);
    }
    return statement;
  }

  private static void requireLimit(int limit) {
    Check.range(limit, 1, MAX_LIMIT, "limit");
  }

  static long millis(Optional<Instant> time) {
    return time.orElseThrow(JdbcRegistryStore::unset).toEpochMilli();
  }

  private static IllegalArgumentException unset() {
    return new IllegalArgumentException("times must be set");
  }
}
