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
import org.jdbi.v3.core.statement.Query;

/**
 * The PermissionStore of a {@link JdbcStorage}. Insertions look first, as a statement that fails
 * would end a PostgreSQL transaction; the lock on the version keeps two from inserting at once. H2
 * takes the answer of {@code NOT EXISTS} in {@code INSERT ... SELECT} from before the statement's
 * last run in the same transaction, so that the two cannot be one.
 */
final class JdbcPermissionStore implements PermissionStore {
  private static final String VERSION =
      "SELECT number, change_id, changed_ms FROM gh_permission_version WHERE id = 1";
  static final String MEMBERSHIP =
      "SELECT id, member_type, member_name, role_name FROM gh_role_member ";
  private static final String GRANT =
      "SELECT id, holder_type, holder_name, effect, action_name, resource_type, resource_path,"
          + " expires_ms, condition_json, uses FROM gh_grant ";
  private static final String USES_LEFT = "SELECT uses_left FROM gh_grant_use WHERE grant_id = :id";
  private static final String PAGE = "id > :after ORDER BY id FETCH FIRST :limit ROWS ONLY";

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
                        + " ORDER BY number FETCH FIRST :limit ROWS ONLY")
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
    return database.use(
        handle ->
            findRole(handle, role.name()).isEmpty()
                && handle.execute(
                        "INSERT INTO gh_role (id, name) VALUES (?, ?)", role.id(), role.name())
                    > 0);
  }

  @Override
  public List<Role> insertRoles(List<Role> roles) {
    return database.use(handle -> PermissionRows.roles(handle, roles));
  }

  @Override
  public boolean deleteRole(String name) {
    if (!TextArgument.isStorable(name)) {
      return false;
    }
    return database.use(
        handle -> {
          if (handle.execute("DELETE FROM gh_role WHERE name = ?", name) == 0) {
            return false;
          }
          handle.execute(
              "DELETE FROM gh_grant_use WHERE grant_id IN"
                  + " (SELECT id FROM gh_grant WHERE holder_type = 'role' AND holder_name = ?)",
              name);
          handle.execute(
              "DELETE FROM gh_grant WHERE holder_type = 'role' AND holder_name = ?", name);
          handle.execute("DELETE FROM gh_role_member WHERE role_name = ?", name);
          handle.execute(
              "DELETE FROM gh_role_member WHERE member_type = 'role' AND member_name = ?", name);
          return true;
        });
  }

  @Override
  public Optional<Role> findRole(String name) {
    if (!TextArgument.isStorable(name)) {
      return Optional.empty();
    }
    return database.use(handle -> findRole(handle, name));
  }

  private static Optional<Role> findRole(Handle handle, String name) {
    return handle
        .createQuery("SELECT id, name FROM gh_role WHERE name = :name")
        .bind("name", name)
        .map((row, context) -> new Role(row.getLong(1), row.getString(2)))
        .findOne();
  }

  @Override
  public int countRoles() {
    return database.use(
        handle -> handle.createQuery("SELECT COUNT(*) FROM gh_role").mapTo(Integer.class).one());
  }

  @Override
  public List<Role> roles(long afterId, int limit) {
    return database.use(
        handle ->
            page(handle.createQuery("SELECT id, name FROM gh_role WHERE " + PAGE), afterId, limit)
                .map((row, context) -> new Role(row.getLong(1), row.getString(2)))
                .list());
  }

  @Override
  public boolean insertMembership(Membership membership) {
    Subject member = membership.member();
    String role = membership.role();
    return database.use(
        handle ->
            findMembership(handle, member, role).isEmpty()
                && handle.execute(
                        "INSERT INTO gh_role_member (id, member_type, member_name, role_name)"
                            + " VALUES (?, ?, ?, ?)",
                        membership.id(),
                        member.type(),
                        member.name(),
                        role)
                    > 0);
  }

  @Override
  public List<Membership> insertMemberships(List<Membership> memberships) {
    return database.use(handle -> PermissionRows.memberships(handle, memberships));
  }

  @Override
  public boolean deleteMembership(long id) {
    return database.use(
        handle -> handle.execute("DELETE FROM gh_role_member WHERE id = ?", id) > 0);
  }

  @Override
  public Optional<Membership> findMembership(Subject member, String role) {
    if (!TextArgument.isStorable(role)) {
      return Optional.empty();
    }
    return database.use(handle -> findMembership(handle, member, role));
  }

  private static Optional<Membership> findMembership(Handle handle, Subject member, String role) {
    return handle
        .createQuery(
            MEMBERSHIP + "WHERE member_type = :type AND member_name = :name AND role_name = :role")
        .bind("type", member.type())
        .bind("name", member.name())
        .bind("role", role)
        .map((row, context) -> membership(row))
        .findOne();
  }

  @Override
  public List<Membership> memberships(long afterId, int limit) {
    return database.use(
        handle ->
            page(handle.createQuery(MEMBERSHIP + "WHERE " + PAGE), afterId, limit)
                .map((row, context) -> membership(row))
                .list());
  }

  @Override
  public List<Membership> memberships(Subject member, long afterId, int limit) {
    return database.use(
        handle ->
            page(
                    handle.createQuery(
                        MEMBERSHIP
                            + "WHERE member_type = :type AND member_name = :name AND "
                            + PAGE),
                    afterId,
                    limit)
                .bind("type", member.type())
                .bind("name", member.name())
                .map((row, context) -> membership(row))
                .list());
  }

  @Override
  public List<Membership> inheritances(long afterId, int limit) {
    return database.use(
        handle ->
            page(
                    handle.createQuery(MEMBERSHIP + "WHERE member_type = 'role' AND " + PAGE),
                    afterId,
                    limit)
                .map((row, context) -> membership(row))
                .list());
  }

  @Override
  public boolean insertGrant(Grant grant) {
    String hash = hash(grant.terms());
    return database.use(
        handle -> {
          if (findGrant(handle, hash).isPresent()) {
            return false;
          }
          insert(handle, grant, hash);
          if (grant.times().isPresent()) {
            handle.execute(
                "INSERT INTO gh_grant_use (grant_id, uses_left) VALUES (?, ?)",
                grant.id(),
                grant.times().getAsLong());
          }
          return true;
        });
  }

  private static void insert(Handle handle, Grant grant, String hash) {
    OptionalLong times = grant.times();
    handle
        .createUpdate(
            "INSERT INTO gh_grant (id, terms_hash, holder_type, holder_name,"
                + " effect, action_name, resource_type, resource_path, expires_ms,"
                + " condition_json, uses)"
                + " VALUES (:id, :hash, :type, :name,"
                + " :effect, :action, :resourceType, :resourcePath, :expires, :condition, :uses)")
        .bind("id", grant.id())
        .bind("hash", hash)
        .bind("type", grant.holder().type())
        .bind("name", grant.holder().name())
        .bind("effect", grant.effect().name())
        .bind("action", grant.action())
        .bind("resourceType", grant.resource().type())
        .bind("resourcePath", grant.resource().path())
        .bind("expires", grant.expiresAt().map(Instant::toEpochMilli).orElse(null))
        .bind("condition", grant.condition().map(Condition::toJson).orElse(null))
        .bind("uses", times.isPresent() ? (Long) times.getAsLong() : null)
        .execute();
  }

  @Override
  public List<Grant> insertGrants(List<Grant> grants) {
    return database.use(handle -> PermissionRows.grants(handle, grants));
  }

  @Override
  public boolean deleteGrant(long id) {
    return database.use(
        handle -> {
          handle.execute("DELETE FROM gh_grant_use WHERE grant_id = ?", id);
          return handle.execute("DELETE FROM gh_grant WHERE id = ?", id) > 0;
        });
  }

  @Override
  public Optional<Grant> findGrant(long id) {
    return database.use(
        handle ->
            handle
                .createQuery(GRANT + "WHERE id = :id")
                .bind("id", id)
                .map((row, context) -> grant(row))
                .findOne());
  }

  @Override
  public Optional<Grant> findGrant(Grant.Terms terms) {
    String hash = hash(terms);
    return database.use(handle -> findGrant(handle, hash));
  }

  private static Optional<Grant> findGrant(Handle handle, String hash) {
    return handle
        .createQuery(GRANT + "WHERE terms_hash = :hash")
        .bind("hash", hash)
        .map((row, context) -> grant(row))
        .findOne();
  }

  @Override
  public List<Grant> grants(long afterId, int limit) {
    return database.use(
        handle ->
            page(handle.createQuery(GRANT + "WHERE " + PAGE), afterId, limit)
                .map((row, context) -> grant(row))
                .list());
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    return database.use(
        handle ->
            page(
                    handle.createQuery(
                        GRANT + "WHERE holder_type = :type AND holder_name = :name AND " + PAGE),
                    afterId,
                    limit)
                .bind("type", holder.type())
                .bind("name", holder.name())
                .map((row, context) -> grant(row))
                .list());
  }

  @Override
  public OptionalLong use(long grantId, long keep) {
    return database.use(
        handle -> {
          int taken =
              handle
                  .createUpdate(
                      "UPDATE gh_grant_use SET uses_left = uses_left - 1"
                          + " WHERE grant_id = :id AND uses_left > :keep")
                  .bind("id", grantId)
                  .bind("keep", keep)
                  .execute();
          return taken == 0 ? OptionalLong.empty() : usesLeft(handle, grantId);
        });
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    return database.use(handle -> usesLeft(handle, grantId));
  }

  private static OptionalLong usesLeft(Handle handle, long grantId) {
    return handle
        .createQuery(USES_LEFT)
        .bind("id", grantId)
        .map((row, context) -> OptionalLong.of(row.getLong(1)))
        .findOne()
        .orElse(OptionalLong.empty());
  }

  @Override
  public List<Long> usedUp(long afterId, int limit) {
    return database.use(
        handle ->
            page(
                    handle.createQuery(
                        "SELECT grant_id FROM gh_grant_use WHERE uses_left = 0"
                            + " AND grant_id > :after ORDER BY grant_id"
                            + " FETCH FIRST :limit ROWS ONLY"),
                    afterId,
                    limit)
                .mapTo(Long.class)
                .list());
  }

  private static Query page(Query query, long afterId, int limit) {
    return query.bind("after", afterId).bind("limit", limit);
  }

  static Membership membership(ResultSet row) throws SQLException {
    return new Membership(
        row.getLong(1), Subject.of(row.getString(2), row.getString(3)), row.getString(4));
  }

  private static Grant grant(ResultSet row) throws SQLException {
    try {
      return readGrant(row);
    } catch (IllegalArgumentException e) {
      throw new StorageException("grant " + row.getLong(1) + " cannot be read", e);
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
