package dev.gatehouse.storage.jdbc;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Condition;
import dev.gatehouse.permission.Effect;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.ResourcePattern;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.transaction.Transaction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/**
 * The PermissionStore of a {@link JdbcStorage}. Insertions look first, as a statement that fails
 * would end a PostgreSQL transaction; the lock on the version keeps two from inserting at once.
 */
final class JdbcPermissionStore implements PermissionStore {
  private static final String VERSION =
      "SELECT number, change_id, changed_ms FROM gh_permission_version WHERE id = 1";
  static final VersionedTable<Role> ROLES =
      new VersionedTable<>("gh_role", List.of("id", "name"), JdbcPermissionStore::role);
  static final VersionedTable<Membership> MEMBERSHIPS =
      new VersionedTable<>(
          "gh_role_member",
          List.of("id", "member_type", "member_name", "role_name"),
          JdbcPermissionStore::membership);
  static final VersionedTable<Grant> GRANTS =
      new VersionedTable<>(
          "gh_grant",
          List.of(
              "id",
              "holder_type",
              "holder_name",
              "effect",
              "action_name",
              "resource_type",
              "resource_path",
              "expires_ms",
              "condition_json",
              "uses"),
          JdbcPermissionStore::grant);
  private static final String ROLE = "role";
  private static final String OF_MEMBER = "member_type = ? AND member_name = ?";
  private static final String OF_HOLDER = "holder_type = ? AND holder_name = ?";

  private final Database database;

  JdbcPermissionStore(Database database) {
    this.database = database;
  }

  @Override
  public PermissionStore joining(Transaction transaction) {
    return new JdbcPermissionStore(database.joining(transaction));
  }

  @Override
  public Version version() {
    return database.use(handle -> version(handle, VERSION));
  }

  @Override
  public Version lock() {
    return database.use(handle -> version(handle, VERSION + " FOR UPDATE"));
  }

  private static long nextVersion(Handle handle) {
    return version(handle, VERSION + Sql.latest(handle)).number() + 1;
  }

  private static Version version(Handle handle, String sql) {
    return handle
        .createQuery(sql)
        .map((row, context) -> new Version(row.getLong(1), row.getLong(2), row.getLong(3)))
        .one();
  }

  @Override
  public Version advance(Change change) {
    return database.use(
        handle -> {
          handle
              .createUpdate(
                  "UPDATE gh_permission_version"
                      + " SET number = number + 1, change_id = :id, changed_ms = :at WHERE id = 1")
              .bind("id", change.id())
              .bind("at", change.atMillis())
              .execute();
          Version version = version(handle, VERSION);
          handle
              .createUpdate(
                  "INSERT INTO gh_permission_change"
                      + " (number, change_id, operation, row_id, changed_ms)"
                      + " VALUES (:number, :id, :operation, :row, :at)")
              .bind("number", version.number())
              .bind("id", change.id())
              .bind("operation", change.operation().name())
              .bind("row", change.rowId())
              .bind("at", change.atMillis())
              .execute();
          return version;
        });
  }

  @Override
  public List<RecordedChange> changes(long afterNumber, int limit) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT number, change_id, operation, row_id, changed_ms"
                        + " FROM gh_permission_change WHERE number > :after"
                        + " ORDER BY number LIMIT :limit")
                .bind("after", afterNumber)
                .bind("limit", limit)
                .map((row, context) -> recordedChange(row))
                .list());
  }

  private static RecordedChange recordedChange(ResultSet row) throws SQLException {
    try {
      Change.Operation operation = Change.Operation.valueOf(row.getString(3));
      return new RecordedChange(
          row.getLong(1), new Change(row.getLong(2), operation, row.getLong(4), row.getLong(5)));
    } catch (IllegalArgumentException e) {
      throw new StorageException("change " + row.getLong(1) + " of permissions is unknown", e);
    }
  }

  @Override
  public boolean insertRole(Role role) {
    return insertRoles(List.of(role)).size() > 0;
  }

  @Override
  public List<Role> insertRoles(List<Role> roles) {
    return database.use(handle -> rows(handle).roles(roles, nextVersion(handle)));
  }

  @Override
  public boolean deleteRole(String name) {
    if (!TextArgument.isStorable(name)) {
      return false;
    }
    return database.use(
        handle -> {
          long next = nextVersion(handle);
          if (ROLES.remove(handle, next, "name = ?", name) == 0) {
            return false;
          }
          removeGrants(handle, next, OF_HOLDER, ROLE, name);
          MEMBERSHIPS.remove(handle, next, "role_name = ?", name);
          MEMBERSHIPS.remove(handle, next, OF_MEMBER, ROLE, name);
          return true;
        });
  }

  @Override
  public Optional<Role> findRole(String name) {
    if (!TextArgument.isStorable(name)) {
      return Optional.empty();
    }
    return database.use(handle -> ROLES.find(handle, "name = ?", name));
  }

  @Override
  public int countRoles() {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(*) FROM gh_role WHERE "
                        + VersionedTable.PRESENT
                        + Sql.latest(handle))
                .mapTo(Integer.class)
                .one());
  }

  @Override
  public List<Role> roles(long version, long afterId, int limit) {
    return database.use(handle -> ROLES.page(handle, version, afterId, limit));
  }

  @Override
  public Difference<Role> roleDifference(long before, long version, int limit) {
    return database.use(handle -> ROLES.difference(handle, before, version, limit));
  }

  @Override
  public boolean insertMembership(Membership membership) {
    return insertMemberships(List.of(membership)).size() > 0;
  }

  @Override
  public List<Membership> insertMemberships(List<Membership> memberships) {
    return database.use(handle -> rows(handle).memberships(memberships, nextVersion(handle)));
  }

  private PermissionRows rows(Handle handle) {
    return new PermissionRows(handle, database.dialect());
  }

  @Override
  public boolean deleteMembership(long id) {
    return database.use(
        handle -> MEMBERSHIPS.remove(handle, nextVersion(handle), "id = ?", id) > 0);
  }

  @Override
  public Optional<Membership> findMembership(Subject member, String role) {
    if (!TextArgument.isStorable(role)) {
      return Optional.empty();
    }
    return database.use(
        handle ->
            MEMBERSHIPS.find(
                handle, OF_MEMBER + " AND role_name = ?", member.type(), member.name(), role));
  }

  @Override
  public List<Membership> memberships(long version, long afterId, int limit) {
    return database.use(handle -> MEMBERSHIPS.page(handle, version, afterId, limit));
  }

  @Override
  public Difference<Membership> membershipDifference(long before, long version, int limit) {
    return database.use(handle -> MEMBERSHIPS.difference(handle, before, version, limit));
  }

  @Override
  public List<Membership> memberships(Subject member, long afterId, int limit) {
    return database.use(
        handle ->
            MEMBERSHIPS.page(
                handle, LATEST, OF_MEMBER, afterId, limit, member.type(), member.name()));
  }

  @Override
  public List<Membership> inheritances(long afterId, int limit) {
    return database.use(
        handle -> MEMBERSHIPS.page(handle, LATEST, "member_type = ?", afterId, limit, ROLE));
  }

  @Override
  public boolean insertGrant(Grant grant) {
    return insertGrants(List.of(grant)).size() > 0;
  }

  @Override
  public List<Grant> insertGrants(List<Grant> grants) {
    return database.use(handle -> rows(handle).grants(grants, nextVersion(handle)));
  }

  @Override
  public boolean deleteGrant(long id) {
    return database.use(handle -> removeGrants(handle, nextVersion(handle), "id = ?", id) > 0);
  }

  /** With their uses, so that whoever is taking one either was first or takes none. */
  private static int removeGrants(Handle handle, long version, String condition, Object... values) {
    handle.execute(
        "UPDATE gh_grant_use SET uses_left = 0 WHERE grant_id IN (SELECT id FROM gh_grant WHERE "
            + condition
            + " AND "
            + VersionedTable.PRESENT
            + ")",
        values);
    return GRANTS.remove(handle, version, condition, values);
  }

  @Override
  public Optional<Grant> findGrant(long id) {
    return database.use(handle -> GRANTS.find(handle, "id = ?", id));
  }

  @Override
  public Optional<Grant> findGrant(Grant.Terms terms) {
    return database.use(handle -> GRANTS.find(handle, "terms_hash = ?", hash(terms)));
  }

  @Override
  public List<Grant> findGrants(List<Grant.Terms> terms) {
    List<String> hashes = terms.stream().map(JdbcPermissionStore::hash).toList();
    return database.use(handle -> GRANTS.anyOf(handle, database.dialect(), "terms_hash", hashes));
  }

  @Override
  public List<Grant> grants(long version, long afterId, int limit) {
    return database.use(handle -> GRANTS.page(handle, version, afterId, limit));
  }

  @Override
  public Difference<Grant> grantDifference(long before, long version, int limit) {
    return database.use(handle -> GRANTS.difference(handle, before, version, limit));
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    return database.use(
        handle ->
            GRANTS.page(handle, LATEST, OF_HOLDER, afterId, limit, holder.type(), holder.name()));
  }

  @Override
  public OptionalLong use(long grantId, long keep) {
    return database.use(
        handle -> {
          int taken =
              handle.execute(
                  "UPDATE gh_grant_use SET uses_left = uses_left - 1"
                      + " WHERE grant_id = ? AND uses_left > ?",
                  grantId,
                  keep);
          OptionalLong left = taken == 0 ? OptionalLong.empty() : usesLeft(handle, grantId);
          if (left.isPresent() && left.getAsLong() == 0) {
            handle.execute(
                "UPDATE gh_grant_use SET used_up_in = ? WHERE grant_id = ?",
                nextVersion(handle),
                grantId);
          }
          return left;
        });
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    return database.use(handle -> usesLeft(handle, grantId));
  }

  private static OptionalLong usesLeft(Handle handle, long grantId) {
    return handle
        .createQuery(
            "SELECT uses_left FROM gh_grant_use JOIN gh_grant ON id = grant_id"
                + " WHERE grant_id = :id AND "
                + VersionedTable.PRESENT
                + Sql.latest(handle))
        .bind("id", grantId)
        .map((row, context) -> OptionalLong.of(row.getLong(1)))
        .findOne()
        .orElse(OptionalLong.empty());
  }

  @Override
  public List<Long> usedUp(long version, long afterId, int limit) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT grant_id FROM gh_grant_use JOIN gh_grant ON id = grant_id"
                        + " WHERE used_up_in <= :version AND added_in <= :version"
                        + " AND removed_in > :version AND grant_id > :after"
                        + " ORDER BY grant_id LIMIT :limit")
                .bind("version", version)
                .bind("after", afterId)
                .bind("limit", limit)
                .mapTo(Long.class)
                .list());
  }

  @Override
  public long versionAt(long epochMillis) {
    return database.use(
        handle ->
            handle
                .createQuery(
                    "SELECT number FROM gh_permission_change WHERE changed_ms > :at"
                        + " ORDER BY number LIMIT 1")
                .bind("at", epochMillis)
                .map((row, context) -> row.getLong(1) - 1)
                .findOne()
                .orElseGet(() -> version(handle, VERSION).number()));
  }

  @Override
  public long oldest() {
    return database.use(JdbcPermissionStore::oldest);
  }

  private static long oldest(Handle handle) {
    return handle
        .createQuery("SELECT oldest FROM gh_permission_version WHERE id = 1")
        .mapTo(Long.class)
        .one();
  }

  @Override
  public int forget(long version, int limit) {
    return database.use(
        handle -> {
          handle.execute(
              "UPDATE gh_permission_version SET oldest = ? WHERE id = 1 AND oldest < ?",
              version,
              version);
          long oldest = oldest(handle);
          Dialect dialect = database.dialect();
          List<Long> grants = GRANTS.forget(handle, dialect, oldest, limit);
          VersionedTable.delete(handle, dialect, "gh_grant_use", "grant_id", grants);
          int roles = ROLES.forget(handle, dialect, oldest, limit).size();
          int memberships = MEMBERSHIPS.forget(handle, dialect, oldest, limit).size();
          List<Long> changes =
              handle
                  .createQuery(
                      "SELECT number FROM gh_permission_change WHERE number < :oldest"
                          + " ORDER BY number LIMIT :limit")
                  .bind("oldest", oldest)
                  .bind("limit", limit)
                  .mapTo(Long.class)
                  .list();
          VersionedTable.delete(handle, dialect, "gh_permission_change", "number", changes);
          return Math.max(Math.max(grants.size(), roles), Math.max(memberships, changes.size()));
        });
  }

  private static Role role(ResultSet row) throws SQLException {
    return read(row, "role", each -> new Role(each.getLong(1), each.getString(2)));
  }

  static Membership membership(ResultSet row) throws SQLException {
    return read(
        row,
        "membership",
        each ->
            new Membership(
                each.getLong(1),
                Subject.of(each.getString(2), each.getString(3)),
                each.getString(4)));
  }

  private static Grant grant(ResultSet row) throws SQLException {
    return read(row, "grant", JdbcPermissionStore::readGrant);
  }

  /** What a row holds that no version of this library wrote, or a later one did, is no argument. */
  private static <T> T read(ResultSet row, String what, Sql.Reader<T> reader) throws SQLException {
    try {
      return reader.read(row);
    } catch (IllegalArgumentException e) {
      throw new StorageException(what + " " + row.getLong(1) + " cannot be read", e);
    }
  }

  private static Grant readGrant(ResultSet row) throws SQLException {
    Subject holder = Subject.of(row.getString(2), row.getString(3));
    String action = row.getString(5);
    ResourcePattern resource = ResourcePattern.of(row.getString(6), row.getString(7));
    Grant.Terms terms =
        Effect.valueOf(row.getString(4)) == Effect.ALLOW
            ? Grant.allow(holder, action, resource)
            : Grant.deny(holder, action, resource);
    long expires = row.getLong(8);
    if (!row.wasNull()) {
      terms = terms.until(Instant.ofEpochMilli(expires));
    }
    String condition = row.getString(9);
    if (condition != null) {
      terms = terms.when(Condition.parse(condition));
    }
    long uses = row.getLong(10);
    if (!row.wasNull()) {
      terms = terms.times(uses);
    }
    return new Grant(row.getLong(1), terms);
  }

  /** Control characters are no part of any name, so that line feeds part the terms for sure. */
  static String hash(Grant.Terms terms) {
    String text =
        String.join(
            "\n",
            terms.holder().toString(),
            terms.effect().name(),
            terms.action(),
            terms.resource().toString());
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
