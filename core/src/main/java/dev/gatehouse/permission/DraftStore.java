package dev.gatehouse.permission;

import dev.gatehouse.audit.AuditContext;
import dev.gatehouse.audit.AuditCount;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditPage;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.transaction.Transaction;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * A copy of a store's rows that changes can be tried on, by the same writer that would make them.
 * What only readers of many rows need is left out. Not safe: confine to one thread.
 */
final class DraftStore implements PermissionStore {
  private static final String NO_PAGES = "a draft has no pages";
  private static final String NO_HISTORY = "a draft has no history";

  private record Place(Subject member, String role) {}

  private final Set<Long> usedUp;
  private final Map<String, Role> roles = new LinkedHashMap<>();
  private final Map<Place, Membership> memberships = new LinkedHashMap<>();
  private final Map<Grant.Terms, Grant> grants = new LinkedHashMap<>();
  private final Map<Long, Place> placeOf = new HashMap<>();
  private final Map<Long, Grant.Terms> termsOf = new HashMap<>();
  private Version version;

  DraftStore(Snapshot.Rows rows) {
    version = rows.version();
    usedUp = rows.usedUp();
    rows.roles().forEach(this::insertRole);
    rows.memberships().forEach(this::insertMembership);
    rows.grants().forEach(this::insertGrant);
  }

  /** The rows as changed. */
  Snapshot.Rows rows() {
    return new Snapshot.Rows(
        version,
        List.copyOf(roles.values()),
        List.copyOf(memberships.values()),
        List.copyOf(grants.values()),
        usedUp);
  }

  @Override
  public Version version() {
    return version;
  }

  @Override
  public Version lock() {
    return version;
  }

  @Override
  public Version advance(Change change) {
    version = new Version(version.number() + 1, change.id(), change.atMillis());
    return version;
  }

  @Override
  public List<RecordedChange> changes(long afterNumber, int limit) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public boolean insertRole(Role role) {
    return roles.putIfAbsent(role.name(), role) == null;
  }

  @Override
  public boolean deleteRole(String name) {
    Subject role = Subject.role(name);
    memberships.values().removeIf(each -> each.role().equals(name) || each.member().equals(role));
    List.copyOf(grants.values()).stream()
        .filter(grant -> grant.holder().equals(role))
        .forEach(grant -> deleteGrant(grant.id()));
    return roles.remove(name) != null;
  }

  @Override
  public Optional<Role> findRole(String name) {
    return Optional.ofNullable(roles.get(name));
  }

  @Override
  public int countRoles() {
    return roles.size();
  }

  @Override
  public List<Role> roles(long version, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  @Override
  public Difference<Role> roleDifference(long before, long version, int limit) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public boolean insertMembership(Membership membership) {
    Place place = new Place(membership.member(), membership.role());
    if (memberships.putIfAbsent(place, membership) != null) {
      return false;
    }
    placeOf.put(membership.id(), place);
    return true;
  }

  @Override
  public boolean deleteMembership(long id) {
    Place place = placeOf.remove(id);
    return place != null && memberships.remove(place) != null;
  }

  @Override
  public Optional<Membership> findMembership(Subject member, String role) {
    return Optional.ofNullable(memberships.get(new Place(member, role)));
  }

  @Override
  public List<Membership> memberships(long version, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  @Override
  public Difference<Membership> membershipDifference(long before, long version, int limit) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public List<Membership> memberships(Subject member, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  /** In order of id, as the writer reads them page by page. */
  @Override
  public List<Membership> inheritances(long afterId, int limit) {
    Map<Long, Membership> sorted = new TreeMap<>();
    memberships
        .values()
        .forEach(
            each -> {
              if (each.member().isRole() && each.id() > afterId) {
                sorted.put(each.id(), each);
              }
            });
    return sorted.values().stream().limit(limit).toList();
  }

  @Override
  public boolean insertGrant(Grant grant) {
    Grant.Terms key = grant.terms().unlimited();
    if (grants.putIfAbsent(key, grant) != null) {
      return false;
    }
    termsOf.put(grant.id(), key);
    return true;
  }

  @Override
  public boolean deleteGrant(long id) {
    Grant.Terms key = termsOf.remove(id);
    return key != null && grants.remove(key) != null;
  }

  @Override
  public Optional<Grant> findGrant(long id) {
    return Optional.ofNullable(termsOf.get(id)).map(grants::get);
  }

  @Override
  public Optional<Grant> findGrant(Grant.Terms terms) {
    return Optional.ofNullable(grants.get(terms.unlimited()));
  }

  @Override
  public List<Grant> grants(long version, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  @Override
  public Difference<Grant> grantDifference(long before, long version, int limit) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public List<Grant> grants(Subject holder, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  @Override
  public OptionalLong use(long grantId, long keep) {
    throw new UnsupportedOperationException("a draft takes no uses");
  }

  @Override
  public OptionalLong usesLeft(long grantId) {
    throw new UnsupportedOperationException("a draft takes no uses");
  }

  @Override
  public List<Long> usedUp(long version, long afterId, int limit) {
    throw new UnsupportedOperationException(NO_PAGES);
  }

  @Override
  public long versionAt(long epochMillis) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public long oldest() {
    return version.number();
  }

  @Override
  public int forget(long version, int limit) {
    throw new UnsupportedOperationException(NO_HISTORY);
  }

  @Override
  public PermissionStore joining(Transaction transaction) {
    return this;
  }

  /** Takes the records of changes that are not made. */
  static final class Unrecorded implements AuditLog {
    @Override
    public AuditRecord write(AuditRecord record) {
      return record;
    }

    @Override
    public List<AuditRecord> writeAll(List<AuditRecord> records) {
      return new ArrayList<>(records);
    }

    @Override
    public AuditLog within(AuditContext context) {
      return this;
    }

    @Override
    public long removeBefore(Instant before, long most) {
      throw new UnsupportedOperationException("nothing is recorded of a draft");
    }

    @Override
    public Optional<AuditRecord> erase(Set<Long> ids, Set<String> fields, String reason) {
      throw new UnsupportedOperationException("nothing is recorded of a draft");
    }

    @Override
    public Optional<AuditRecord> find(long id) {
      return Optional.empty();
    }

    @Override
    public AuditPage find(AuditQuery query) {
      throw new UnsupportedOperationException("nothing is recorded of a draft");
    }

    @Override
    public AuditCount count(AuditQuery query, int cap) {
      throw new UnsupportedOperationException("nothing is recorded of a draft");
    }

    @Override
    public long export(AuditQuery query, OutputStream out) {
      throw new UnsupportedOperationException("nothing is recorded of a draft");
    }

    @Override
    public AuditLog joining(Transaction transaction) {
      return this;
    }
  }
}
