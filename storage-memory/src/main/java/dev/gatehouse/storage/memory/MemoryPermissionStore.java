package dev.gatehouse.storage.memory;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.transaction.Transaction;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The PermissionStore of a {@link MemoryStorage}. */
final class MemoryPermissionStore implements PermissionStore {
  private final Journal journal;
  private final Rows rows;
  private final @Nullable Transaction joined;

  MemoryPermissionStore(Journal journal) {
    this(journal, new Rows(journal), null);
  }

  private MemoryPermissionStore(Journal journal, Rows rows, @Nullable Transaction joined) {
    this.journal = journal;
    this.rows = rows;
    this.joined = joined;
  }

  @Override
  public PermissionStore joining(Transaction transaction) {
    journal.requireOpen(transaction);
    return new MemoryPermissionStore(journal, rows, transaction);
  }

  @Override
  public Version version() {
    return read(() -> rows.version);
  }

  @Override
  public Version lock() {
    return version();
  }

  @Override
  public Version advance(Change change) {
    return write(
        () -> {
          Version before = rows.version;
          Version after = new Version(before.number() + 1, change.id(), change.atMillis());
          rows.version = after;
          rows.changes.put(after.number(), new RecordedChange(after.number(), change));
          journal.undo(
              () -> {
                rows.version = before;
                rows.changes.remove(after.number());
              });
          return after;
        });
  }

  @Override
  public List<RecordedChange> changes(long afterNumber, int limit) {
    return read(
        () -> rows.changes.tailMap(afterNumber, false).values().stream().limit(limit).toList());
  }

  @Override
  public boolean insertRole(Role role) {
    return write(() -> rows.roles.insert(role));
  }

  @Override
  public boolean deleteRole(String name) {
    return write(
        () -> {
          Optional<Role> role = rows.roles.find(name);
          role.ifPresent(this::deleteRole);
          return role.isPresent();
        });
  }

  private void deleteRole(Role role) {
    Subject holder = Subject.role(role.name());
    rows.roles.delete(role.id());
    rows.grants.group(holder, 0, Integer.MAX_VALUE).forEach(row -> rows.grants.delete(row.id()));
    rows.memberships
        .group(holder, 0, Integer.MAX_VALUE)
        .forEach(row -> deleteMembershipRow(row.id()));
    rows.memberships.page(LATEST, 0, Integer.MAX_VALUE).stream()
        .filter(row -> row.role().equals(role.name()))
        .forEach(row -> deleteMembershipRow(row.id()));
  }

  @Override
  public Optional<Role> findRole(String name) {
    return read(() -> rows.roles.find(name));
  }

  @Override
  public int countRoles() {
    return read(rows.roles::size);
  }

  @Override
  public List<Role> roles(long version, long afterId, int limit) {
    return read(() -> rows.roles.page(version, afterId, limit));
  }

  @Override
  public Difference<Role> roleDifference(long before, long version, int limit) {
    return read(() -> rows.roles.difference(before, version, limit));
  }

  @Override
  public boolean insertMembership(Membership membership) {
    return write(
        () -> {
          boolean inserted = rows.memberships.insert(membership);
          if (inserted && membership.member().isRole()) {
            rows.inherit(membership);
          }
          return inserted;
        });
  }

  @Override
  public boolean deleteMembership(long id) {
    return write(() -> deleteMembershipRow(id));
  }

  private boolean deleteMembershipRow(long id) {
    rows.disinherit(id);
    return rows.memberships.delete(id);
  }

  @Override
  public Optional<Membership> findMembership(Subject member, String role) {
    return read(() -> rows.memberships.find(new Place(member, role)));
  }

  @Override
  public List<Membership> memberships(long version, long afterId, int limit) {
    return read(() -> rows.memberships.page(version, afterId, limit));
  }

  @Override
  public Difference<Membership> membershipDifference(long before, long version, int limit) {
    return read(() -> rows.memberships.difference(before, version, limit));
  }

  @Override
  public List<Membership> memberships(Subject member, long afterId, int limit) {
    return read(() -> rows.memberships.group(member, afterId, limit));
  }

  @Override
  public List<Membership> inheritances(long afterId, int limit) {
    return read(
        () -> rows.inheritances.tailMap(afterId, false).values().stream().limit(limit).toList());
  }

  @Override
  public boolean insertGrant(Grant grant) {
    return write(
        () -> {
          boolean inserted = rows.grants.insert(grant);
          if (inserted && grant.times().isPresent()) {
            setUses(grant.id(), new Uses(grant.times().getAsLong(), Long.MAX_VALUE));
          }
          return inserted;
        });
  }

  @Override
  public boolean deleteGrant(long id) {
    return write(() -> rows.grants.delete(id));
  }

  private void setUses(long id, Uses uses) {
    @Nullable Uses before = rows.uses.put(id, uses);
    journal.undo(
        () -> {
          if (before == null) {
            rows.uses.remove(id);
          } else {
            rows.uses.put(id, before);
          }
        });
  }

  @Override
  public Optional<Grant> findGrant(long id) {
    return read(() -> rows.grants.find(id));
  }

  @Override
  public Optional<Grant> findGrant(Grant.Terms terms) {
    return read(() -> rows.grants.find(terms.unlimited()));
  }

  @Override
  public List<Grant> grants(long version, long afterId, int limit) {
    return read(() -> rows.grants.page(version, afterId, limit));
  }

  @Override
  public Difference<Grant> grantDifference(long before, long version, int limit) {
    return read(() -> rows.grants.difference(before, version, limit));
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    return read(() -> rows.grants.group(holder, afterId, limit));
  }

  @Override
  public OptionalLong use(long grantId, long keep) {
    return write(
        () -> {
          @Nullable Uses uses = rows.uses.get(grantId);
          if (uses == null || uses.left <= keep || !rows.grants.has(grantId, LATEST)) {
            return OptionalLong.empty();
          }
          long left = uses.left - 1;
          setUses(grantId, new Uses(left, left == 0 ? rows.nextVersion() : Long.MAX_VALUE));
          return OptionalLong.of(left);
        });
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    return read(
        () -> {
          @Nullable Uses uses = rows.uses.get(grantId);
          return uses == null || !rows.grants.has(grantId, LATEST)
              ? OptionalLong.empty()
              : OptionalLong.of(uses.left);
        });
  }

  @Override
  public List<Long> usedUp(long version, long afterId, int limit) {
    return read(
        () ->
            rows.uses.tailMap(afterId, false).entrySet().stream()
                .filter(row -> row.getValue().usedUpIn <= version)
                .map(Map.Entry::getKey)
                .filter(id -> rows.grants.has(id, version))
                .limit(limit)
                .toList());
  }

  @Override
  public long versionAt(long epochMillis) {
    return read(
        () ->
            rows.changes.values().stream()
                .filter(change -> change.change().atMillis() > epochMillis)
                .map(change -> change.number() - 1)
                .findFirst()
                .orElse(rows.version.number()));
  }

  @Override
  public long oldest() {
    return read(() -> rows.oldest);
  }

  @Override
  public int forget(long version, int limit) {
    return write(
        () -> {
          long before = rows.oldest;
          long oldest = Math.max(before, version);
          rows.oldest = oldest;
          int grants = rows.grants.forget(oldest, limit);
          int most = Math.max(rows.roles.forget(oldest, limit), grants);
          most = Math.max(rows.memberships.forget(oldest, limit), most);
          NavigableMap<Long, Uses> uses = new TreeMap<>(rows.uses);
          rows.uses.keySet().removeIf(id -> !rows.grants.knows(id));
          NavigableMap<Long, RecordedChange> changes =
              new TreeMap<>(rows.changes.headMap(oldest, false));
          changes.keySet().forEach(rows.changes::remove);
          journal.undo(
              () -> {
                rows.oldest = before;
                rows.uses.putAll(uses);
                rows.changes.putAll(changes);
              });
          return most;
        });
  }

  private <T> T read(Supplier<T> operation) {
    return journal.run(
        () -> {
          if (joined != null) {
            journal.requireOpen(joined);
          } else if (rows.changedBy != null && rows.changedBy == journal.open()) {
            throw new StorageException(
                "permissions were changed in the transaction that is open on this thread:"
                    + " join it to read them");
          }
          return operation.get();
        });
  }

  private <T> T write(Supplier<T> operation) {
    return journal.run(
        () -> {
          if (joined != null) {
            journal.requireOpen(joined);
          }
          rows.changedBy = journal.open();
          return operation.get();
        });
  }

  /** A member's place in a role. */
  private record Place(Subject member, String role) {}

  /** How many uses of a grant are left, and the version since which none is. */
  private record Uses(long left, long usedUpIn) {}

  /** What all views of one storage share. To be used under the journal's lock. */
  private static final class Rows {
    final VersionedRows<Role, String, String> roles;
    final VersionedRows<Membership, Place, Subject> memberships;
    final NavigableMap<Long, Membership> inheritances = new TreeMap<>();
    final Journal journal;
    final VersionedRows<Grant, Grant.Terms, Subject> grants;
    final NavigableMap<Long, Uses> uses = new TreeMap<>();
    final NavigableMap<Long, RecordedChange> changes = new TreeMap<>();
    Version version = Version.NONE;
    long oldest;

    /** The transaction that last changed a row, open or ended; null if it was none. */
    @Nullable Transaction changedBy;

    Rows(Journal journal) {
      this.journal = journal;
      roles = new VersionedRows<>(journal, this::nextVersion, Role::id, Role::name, Role::name);
      memberships =
          new VersionedRows<>(
              journal,
              this::nextVersion,
              Membership::id,
              row -> new Place(row.member(), row.role()),
              Membership::member);
      grants =
          new VersionedRows<>(
              journal,
              this::nextVersion,
              Grant::id,
              grant -> grant.terms().unlimited(),
              Grant::holder);
    }

    void inherit(Membership membership) {
      inheritances.put(membership.id(), membership);
      journal.undo(() -> inheritances.remove(membership.id()));
    }

    void disinherit(long id) {
      Membership membership = inheritances.remove(id);
      if (membership != null) {
        journal.undo(() -> inheritances.put(id, membership));
      }
    }

    long nextVersion() {
      return version.number() + 1;
    }
  }
}
