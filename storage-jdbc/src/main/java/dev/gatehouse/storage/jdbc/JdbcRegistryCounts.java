package dev.gatehouse.storage.jdbc;

import dev.gatehouse.registry.RegistryStore;

/** How much the registry's tables hold. */
final class JdbcRegistryCounts {
  private static final String OWN = " WHERE server_key IN (SELECT name_key FROM gh_server %s)";
  private static final String OWNED = "WHERE owner_id = ?";

  private final Database database;

  JdbcRegistryCounts(Database database) {
    this.database = database;
  }

  /** How many rows of a table are of that server. */
  int ofServer(String table, String server) {
    return TextArgument.isStorable(server)
        ? count(table + " WHERE server_key = ?", RegistryStore.nameKey(server))
        : 0;
  }

  int servers() {
    return count("gh_server");
  }

  RegistryStore.Owned owned(long applicationId) {
    return new RegistryStore.Owned(
        count("gh_server " + OWNED, applicationId),
        count("gh_instance" + OWN.formatted(OWNED), applicationId),
        count("gh_service" + OWN.formatted(OWNED), applicationId));
  }

  private int count(String rows, Object... arguments) {
    return database.use(
        handle ->
            handle
                .select("SELECT COUNT(*) FROM " + rows + Sql.latest(handle), arguments)
                .mapTo(Integer.class)
                .one());
  }
}
