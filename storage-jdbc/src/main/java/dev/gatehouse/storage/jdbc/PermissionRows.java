package dev.gatehouse.storage.jdbc;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.permission.Condition;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.Subject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * Inserts many rows of permissions at once: one statement asks which are there, a batch adds the
 * others. The lock on the version keeps two from inserting at once.
 */
final class PermissionRows {
  private final Handle handle;
  private final Dialect dialect;

  PermissionRows(Handle handle, Dialect dialect) {
    this.handle = handle;
    this.dialect = dialect;
  }

  /** Those that were added. */
  List<Role> roles(List<Role> roles, long version) {
    List<String> names = roles.stream().map(Role::name).distinct().toList();
    Set<String> there = new HashSet<>();
    JdbcPermissionStore.ROLES
        .anyOf(handle, dialect, "name", names)
        .forEach(role -> there.add(role.name()));
    List<Role> added = roles.stream().filter(role -> there.add(role.name())).toList();
    insert(
        "INSERT INTO gh_role (id, name, added_in, removed_in) VALUES (?, ?, ?, ?)",
        added,
        role -> new @Nullable Object[] {role.id(), role.name(), version, VersionedTable.NEVER});
    return added;
  }

  /** Those that were added. */
  List<Membership> memberships(List<Membership> memberships, long version) {
    Set<Place> there = new HashSet<>();
    memberships.stream()
        .collect(Collectors.groupingBy(row -> row.member().type()))
        .forEach((type, rows) -> there.addAll(places(type, rows)));
    List<Membership> added =
        memberships.stream().filter(row -> there.add(new Place(row.member(), row.role()))).toList();
    insert(
        "INSERT INTO gh_role_member"
            + " (id, member_type, member_name, role_name, added_in, removed_in)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        added,
        row ->
            new @Nullable Object[] {
              row.id(),
              row.member().type(),
              row.member().name(),
              row.role(),
              version,
              VersionedTable.NEVER
            });
    return added;
  }

  /** A member's place in a role. */
  private record Place(Subject member, String role) {}

  private List<Place> places(String type, List<Membership> rows) {
    List<String> names = rows.stream().map(row -> row.member().name()).distinct().toList();
    List<Place> places = new ArrayList<>();
    for (AnyOf some : AnyOf.of(dialect, "varchar", names)) {
      places.addAll(
          Sql.use(
              handle,
              "SELECT member_name, role_name FROM gh_role_member WHERE member_type = ? AND "
                  + some.in("member_name")
                  + " AND "
                  + VersionedTable.PRESENT
                  + Sql.latest(handle),
              query -> {
                query.setString(1, type);
                some.set(query, 2);
                return Sql.rows(
                    query, row -> new Place(Subject.of(type, row.getString(1)), row.getString(2)));
              }));
    }
    return places;
  }

  /** Those that were added. */
  List<Grant> grants(List<Grant> grants, long version) {
    Map<Long, String> hashes = new HashMap<>();
    grants.forEach(grant -> hashes.put(grant.id(), JdbcPermissionStore.hash(grant.terms())));
    Set<String> there = hashes(hashes.values());
    List<Grant> added =
        grants.stream().filter(grant -> there.add(requireNonNull(hashes.get(grant.id())))).toList();
    insert(
        "INSERT INTO gh_grant (id, terms_hash, holder_type, holder_name,"
            + " effect, action_name, resource_type, resource_path, expires_ms,"
            + " condition_json, uses, added_in, removed_in)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        added,
        grant ->
            new @Nullable Object[] {
              grant.id(),
              hashes.get(grant.id()),
              grant.holder().type(),
              grant.holder().name(),
              grant.effect().name(),
              grant.action(),
              grant.resource().type(),
              grant.resource().path(),
              grant.expiresAt().map(Instant::toEpochMilli).orElse(null),
              grant.condition().map(Condition::toJson).orElse(null),
              uses(grant),
              version,
              VersionedTable.NEVER
            });
    insert(
        "INSERT INTO gh_grant_use (grant_id, uses_left, used_up_in) VALUES (?, ?, ?)",
        added.stream().filter(grant -> grant.times().isPresent()).toList(),
        grant -> new @Nullable Object[] {grant.id(), uses(grant), VersionedTable.NEVER});
    return added;
  }

  private static @Nullable Long uses(Grant grant) {
    return grant.times().isPresent() ? (Long) grant.times().getAsLong() : null;
  }

  /** Those of the hashes that are there. */
  private Set<String> hashes(Collection<String> hashes) {
    Set<String> there = new HashSet<>();
    for (AnyOf some : AnyOf.of(dialect, "varchar", hashes.stream().distinct().toList())) {
      there.addAll(
          Sql.use(
              handle,
              "SELECT terms_hash FROM gh_grant WHERE "
                  + some.in("terms_hash")
                  + " AND "
                  + VersionedTable.PRESENT
                  + Sql.latest(handle),
              query -> {
                some.set(query, 1);
                return Sql.rows(query, row -> row.getString(1));
              }));
    }
    return there;
  }

  private <T> void insert(String sql, List<T> rows, Function<T, @Nullable Object[]> values) {
    if (rows.isEmpty()) {
      return;
    }
    try (PreparedBatch batch = handle.prepareBatch(sql)) {
      rows.forEach(row -> batch.add(values.apply(row)));
      batch.execute();
    }
  }
}
