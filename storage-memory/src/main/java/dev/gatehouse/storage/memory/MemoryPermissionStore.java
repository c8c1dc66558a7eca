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
    rows.grants.page(holder, 0, Integer.MAX_VALUE).forEach(row -> deleteGrantRow(row.id()));
    rows.memberships
        .page(holder, 0, Integer.MAX_VALUE)
        .forEach(row -> deleteMembershipRow(row.id()));
    rows.memberships.page(0, Integer.MAX_VALUE).stream()
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
  public List<Role> roles(long afterId, int limit) {
    return read(() -> rows.roles.page(afterId, limit));
  }

  @Override
  public boolean insertMembership(Membership membership) {
    return write(
        () -> {
          boolean inserted = rows.memberships.insert(membership);
          if (inserted && membership.member().isRole()) {
            rows.inheritances.insert(membership);
          }
          return inserted;
        });
  }

  @Override
  public boolean deleteMembership(long id) {
    return write(() -> deleteMembershipRow(id));
  }

  private boolean deleteMembershipRow(long id) {
    rows.inheritances.delete(id);
    return rows.memberships.delete(id);
  }

  @Override
  public Optional<Membership> findMembership(Subject member, String role) {
    return read(() -> rows.memberships.find(new Place(member, role)));
  }

  @Override
  public List<Membership> memberships(long afterId, int limit) {
    return read(() -> rows.memberships.page(afterId, limit));
  }

  @Override
  public List<Membership> memberships(Subject member, long afterId, int limit) {
    return read(() -> rows.memberships.page(member, afterId, limit));
  }

  @Override
  public List<Membership> inheritances(long afterId, int limit) {
    return read(() -> rows.inheritances.page(afterId, limit));
  }

  @Override
  public boolean insertGrant(Grant grant) {
    return write(
        () -> {
          boolean inserted = rows.grants.insert(grant);
          if (inserted && grant.times().isPresent()) {
            setUses(grant.id(), grant.times().getAsLong());
          }
          return inserted;
        });
  }

  @Override
  public boolean deleteGrant(long id) {
    return write(() -> deleteGrantRow(id));
  }

  private boolean deleteGrantRow(long id) {
    setUses(id, null);
    return rows.grants.delete(id);
  }

  private void setUses(long id, @Nullable Long left) {
    @Nullable Long before = left == null ? rows.usesLeft.remove(id) : rows.usesLeft.put(id, left);
    journal.undo(
        () -> {
          if (before == null) {
            rows.usesLeft.remove(id);
          } else {
            rows.usesLeft.put(id, before);
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
  public List<Grant> grants(long afterId, int limit) {
    return read(() -> rows.grants.page(afterId, limit));
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    return read(() -> rows.grants.page(holder, afterId, limit));
  }

  @Override
  public OptionalLong use(long grantId, long keep) {
    return write(
        () -> {
          @Nullable Long left = rows.usesLeft.get(grantId);
          if (left == null || left <= keep) {
            return OptionalLong.empty();
          }
          setUses(grantId, left - 1);
          return OptionalLong.of(left - 1);
        });
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    return read(
        () -> {
          @Nullable Long left = rows.usesLeft.get(grantId);
          return left == null ? OptionalLong.empty() : OptionalLong.of(left);
        });
  }

  @Override
  public List<Long> usedUp(long afterId, int limit) {
    return read(
        () ->
            rows.usesLeft.tailMap(afterId, false).entrySet().stream()
                .filter(row -> row.getValue() == 0)
                .map(Map.Entry::getKey)
                .limit(limit)
                .toList());
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

  /** What all views of one storage share. To be used under the journal's lock. */
  private static final class Rows {
    final IndexedRows<Role, String, String> roles;
    final IndexedRows<Membership, Place, Subject> memberships;
    final IndexedRows<Membership, Place, Subject> inheritances;
    final IndexedRows<Grant, Grant.Terms, Subject> grants;
    final NavigableMap<Long, Long> usesLeft = new TreeMap<>();
    final NavigableMap<Long, RecordedChange> changes = new TreeMap<>();
    Version version = Version.NONE;

    /** The transaction that last changed a row, open or ended; null if it was none. */
    @Nullable Transaction changedBy;

    Rows(Journal journal) {
      roles = new IndexedRows<>(journal, Role::id, Role::name, Role::name);
      memberships = memberships(journal);
      inheritances = memberships(journal);
      grants =
          new IndexedRows<>(journal, Grant::id, grant -> grant.terms().unlimited(), Grant::holder);
    }

    private static IndexedRows<Membership, Place, Subject> memberships(Journal journal) {
      return new IndexedRows<>(
          journal, Membership::id, row -> new Place(row.member(), row.role()), Membership::member);
    }
  }
}
