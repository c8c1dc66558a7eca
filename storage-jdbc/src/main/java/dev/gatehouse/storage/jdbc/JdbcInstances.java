package dev.gatehouse.storage.jdbc;

import dev.gatehouse.registry.Instance;
import dev.gatehouse.registry.RegistryStore;
import dev.gatehouse.registry.RegistryStore.LeaseRenewal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.Update;

/** Statements on the instances of a {@link JdbcRegistryStore}, and on their leases. */
final class JdbcInstances {
  static final String SELECT =
      "SELECT server, host, port, protocol, weight, metadata, lease_millis, epoch, created_at,"
          + " updated_at FROM gh_instance ";

  private static final String UPDATE =
      "UPDATE gh_instance SET server = :server, host = :host, port = :port,"
          + " protocol = :protocol, weight = :weight, metadata = :metadata,"
          + " lease_millis = :lease, epoch = :epoch, expires_at = :expiresAt,"
          + " created_at = :createdAt, updated_at = :updatedAt"
          + " WHERE server_key = :serverKey AND address_key = :addressKey";

  private final Database database;

  JdbcInstances(Database database) {
    this.database = database;
  }

  /** Updates a second time after an insertion that came too late. */
  boolean put(Instance instance) {
    String insert =
        "INSERT INTO gh_instance(server_key, address_key, server, host, port, protocol, weight,"
            + " metadata, lease_millis, epoch, expires_at, created_at, updated_at)"
            + " SELECT name_key, :addressKey, :server, :host, :port, :protocol, :weight,"
            + " :metadata, :lease, :epoch, "
            + database.dialect().bigint(":expiresAt")
            + ", :createdAt, :updatedAt FROM gh_server WHERE name_key = :serverKey"
            + database.dialect().orNothing();
    return database.use(
        handle -> {
          Long end =
              instance.lease().map(lease -> database.now(handle) + lease.toMillis()).orElse(null);
          return bind(handle, UPDATE, instance).bind("expiresAt", end).execute() == 1
              || Database.inserted(bind(handle, insert, instance).bind("expiresAt", end))
              || bind(handle, UPDATE, instance).bind("expiresAt", end).execute() == 1;
        });
  }

  private static Update bind(Handle handle, String sql, Instance instance) {
    return key(handle, sql, instance)
        .bind("server", instance.server())
        .bind("host", instance.host())
        .bind("port", instance.port())
        .bind("protocol", instance.protocol())
        .bind("weight", instance.weight())
        .bind("metadata", text(instance.metadata()))
        .bind("lease", instance.lease().map(Duration::toMillis).orElse(0L))
        .bind("createdAt", JdbcRegistryStore.millis(instance.createdAt()))
        .bind("updatedAt", JdbcRegistryStore.millis(instance.updatedAt()));
  }

  private static Update key(Handle handle, String sql, Instance instance) {
    return key(handle.createUpdate(sql), instance);
  }

  private static <S extends SqlStatement<S>> S key(S statement, Instance instance) {
    return statement
        .bind("serverKey", RegistryStore.nameKey(instance.server()))
        .bind("addressKey", instance.address())
        .bind("epoch", instance.epoch());
  }

  /**
   * Does not wait for who changes it: who renews has others to renew, too. What can be locked is
   * this transaction's to judge, so that a lease which is not renewed then is over.
   */
  LeaseRenewal renew(Instance instance) {
    return database.use(
        handle -> {
          if (!isThere(handle, instance, " FOR UPDATE SKIP LOCKED")) {
            return isThere(handle, instance, Sql.latest(handle))
                ? LeaseRenewal.BUSY
                : LeaseRenewal.REFUSED;
          }
          Update update =
              key(
                  handle,
                  "UPDATE gh_instance SET expires_at = :now + lease_millis"
                      + " WHERE server_key = :serverKey AND address_key = :addressKey"
                      + " AND epoch = :epoch AND expires_at > :now",
                  instance);
          return update.bind("now", database.now(handle)).execute() == 1
              ? LeaseRenewal.RENEWED
              : LeaseRenewal.REFUSED;
        });
  }

  private static boolean isThere(Handle handle, Instance instance, String end) {
    String sql =
        "SELECT epoch FROM gh_instance WHERE server_key = :serverKey"
            + " AND address_key = :addressKey AND epoch = :epoch";
    return key(handle.createQuery(sql + end), instance).mapTo(Long.class).findOne().isPresent();
  }

  boolean remove(String server, String address) {
    return database.use(
        handle ->
            handle.execute(
                    "DELETE FROM gh_instance WHERE server_key = ? AND address_key = ?",
                    RegistryStore.nameKey(server),
                    RegistryStore.nameKey(address))
                == 1);
  }

  /** Only the registration of that epoch. */
  boolean remove(Instance instance) {
    return database.use(
        handle ->
            key(
                        handle,
                        "DELETE FROM gh_instance WHERE server_key = :serverKey"
                            + " AND address_key = :addressKey AND epoch = :epoch",
                        instance)
                    .execute()
                == 1);
  }

  List<Instance> lapsed(int limit) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    SELECT
                        + "WHERE expires_at <= ? ORDER BY expires_at, server_key, address_key"
                        + " LIMIT ?")
                .bind(0, database.now(handle))
                .bind(1, limit)
                .map(JdbcInstances::instance)
                .list());
  }

  boolean removeLapsed(Instance instance) {
    return database.use(
        handle ->
            key(
                        handle,
                        "DELETE FROM gh_instance WHERE server_key = :serverKey"
                            + " AND address_key = :addressKey AND epoch = :epoch"
                            + " AND expires_at <= :now",
                        instance)
                    .bind("now", database.now(handle))
                    .execute()
                == 1);
  }

  static Instance instance(ResultSet row, StatementContext context) throws SQLException {
    return Instance.on(row.getString("server"))
        .at(row.getString("host"), row.getInt("port"))
        .protocol(row.getString("protocol"))
        .weight(row.getInt("weight"))
        .metadata(metadata(row.getString("metadata")))
        .lease(Duration.ofMillis(row.getLong("lease_millis")))
        .registered(
            row.getLong("epoch"),
            RegistryRows.instant(row, "created_at"),
            RegistryRows.instant(row, "updated_at"));
  }

  /** One line an entry, {@code key:value}: no key holds a colon, neither holds a line feed. */
  static String text(Map<String, String> metadata) {
    return metadata.entrySet().stream()
        .map(entry -> entry.getKey() + ':' + entry.getValue() + '\n')
        .collect(Collectors.joining());
  }

  static Map<String, String> metadata(String text) {
    Map<String, String> metadata = new HashMap<>();
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        metadata.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return metadata;
  }
}
