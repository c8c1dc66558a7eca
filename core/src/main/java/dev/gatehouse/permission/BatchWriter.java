package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Writes a batch in one transaction, under one version and with one audit record. Not safe: confine
 * to one thread.
 */
final class BatchWriter {
  /** Of more roles than that, all are read instead of each. */
  private static final int FEW_ROLES = 64;

  private final PermissionStore store;
  private final AuditLog audit;
  private final LongSupplier ids;
  private final long nowMillis;
  private final List<Grant> replaced = new ArrayList<>();

  BatchWriter(PermissionStore store, AuditLog audit, LongSupplier ids, long nowMillis) {
    this.store = store;
    this.audit = audit;
    this.ids = ids;
    this.nowMillis = nowMillis;
    store.lock();
  }

  PermissionBatch.Loaded write(PermissionBatch batch) {
    List<Membership> inheritances = new ArrayList<>();
    batch
        .inheritances()
        .forEach(each -> inheritances.add(member(Subject.role(each.role()), each.inherited())));
    List<Membership> assignments = new ArrayList<>();
    batch.assignments().forEach(each -> assignments.add(member(each.subject(), each.role())));
    return write(batch.roles(), inheritances, assignments, batch.grants());
  }

  PermissionBatch.Loaded write(PermissionSet set) {
    List<Membership> inheritances = new ArrayList<>();
    List<Membership> assignments = new ArrayList<>();
    for (PermissionSet.Place place : set.places()) {
      List<Membership> ofKind = place.member().isRole() ? inheritances : assignments;
      ofKind.add(member(place.member(), place.role()));
    }
    return write(set.roles(), inheritances, assignments, set.grants());
  }

  /** Judges all of it first: what fails in a host's transaction must have left nothing there. */
  private PermissionBatch.Loaded write(
      List<String> roleNames,
      List<Membership> inheritances,
      List<Membership> assignments,
      List<Grant.Terms> grants) {
    requireRoles(roleNames, inheritances, assignments, grants);
    requireRoom(roleNames);
    if (!inheritances.isEmpty()) {
      RoleInheritance.check(SnapshotLoader.all(store::inheritances, Membership::id), inheritances);
    }
    List<Role> roles = roleNames.stream().map(name -> new Role(ids.getAsLong(), name)).toList();
    int defined = inPages(roles, store::insertRoles).size();
    int joined =
        inPages(inheritances, store::insertMemberships).size()
            + inPages(assignments, store::insertMemberships).size();
    int granted = grant(grants);
    PermissionBatch.Loaded loaded = new PermissionBatch.Loaded(defined, joined, granted);
    if (defined + joined + granted > 0) {
      record(loaded);
    }
    return loaded;
  }

  /** One statement is not for any number of rows. */
  private static <T, R> List<R> inPages(List<T> rows, Function<List<T>, List<R>> work) {
    List<R> all = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += PermissionStore.MAX_PAGE) {
      int to = Math.min(rows.size(), from + PermissionStore.MAX_PAGE);
      all.addAll(work.apply(rows.subList(from, to)));
    }
    return all;
  }

  private Membership member(Subject member, String role) {
    return new Membership(ids.getAsLong(), member, role);
  }

  private void requireRoles(
      List<String> defined,
      List<Membership> inheritances,
      List<Membership> assignments,
      List<Grant.Terms> grants) {
    Set<String> needed = new TreeSet<>();
    inheritances.forEach(each -> needed.add(each.member().name()));
    inheritances.forEach(each -> needed.add(each.role()));
    assignments.forEach(each -> needed.add(each.role()));
    grants.stream()
        .map(Grant.Terms::holder)
        .filter(Subject::isRole)
        .forEach(holder -> needed.add(holder.name()));
    defined.forEach(needed::remove);
    if (needed.size() > FEW_ROLES) {
      standingRoles().forEach(role -> needed.remove(role.name()));
    } else {
      needed.removeIf(name -> store.findRole(name).isPresent());
    }
    if (!needed.isEmpty()) {
      throw new NotFoundException(Subject.role(needed.iterator().next()) + " is not defined");
    }
  }

  private void requireRoom(Collection<String> roles) {
    int standing = roles.isEmpty() ? 0 : store.countRoles();
    if (standing + roles.size() <= PermissionStore.MAX_ROLES) {
      return;
    }
    Set<String> fresh = new HashSet<>(roles);
    standingRoles().forEach(role -> fresh.remove(role.name()));
    if (standing + fresh.size() > PermissionStore.MAX_ROLES) {
      throw new LimitException(
          "there must be at most "
              + PermissionStore.MAX_ROLES
              + " roles, would be "
              + (standing + fresh.size()));
    }
  }

  private List<Role> standingRoles() {
    return SnapshotLoader.all(
        (after, limit) -> store.roles(PermissionStore.LATEST, after, limit), Role::id);
  }

  /** Of terms that come twice, the first count; what stands with other limits is replaced. */
  private int grant(List<Grant.Terms> all) {
    List<Grant> grants = new ArrayList<>(all.size());
    Set<Grant.Terms> seen = new HashSet<>();
    for (Grant.Terms terms : all) {
      if (seen.add(terms.unlimited())) {
        grants.add(new Grant(ids.getAsLong(), terms));
      }
    }
    Set<Grant> added = new HashSet<>(inPages(grants, store::insertGrants));
    Map<Grant.Terms, Grant> others = new LinkedHashMap<>();
    for (Grant grant : grants) {
      if (!added.contains(grant)) {
        others.put(grant.terms().unlimited(), grant);
      }
    }
    int made = added.size();
    for (Grant standing : inPages(List.copyOf(others.keySet()), store::findGrants)) {
      Grant grant = requireNonNull(others.get(standing.terms().unlimited()));
      if (!standing.terms().equals(grant.terms())) {
        store.deleteGrant(standing.id());
        store.insertGrant(grant);
        replaced.add(standing);
        made++;
      }
    }
    return made;
  }

  private void recordReplaced(Grant grant, Version version) {
    audit.write(
        AuditRecord.of(
                AuditRecord.Operation.DELETE,
                AuditRecord.Result.SUCCESS,
                PermissionWriter.text(grant) + " replaced by a batch")
            .service("permission")
            .ext(Json.write(PermissionWriter.about(grant).put("version", version.number())))
            .build());
  }

  private void record(PermissionBatch.Loaded loaded) {
    long id = ids.getAsLong();
    Version version = store.advance(new Change(id, Change.Operation.BATCH_LOADED, id, nowMillis));
    String sentence =
        "Loaded "
            + loaded.roles()
            + " roles, "
            + loaded.memberships()
            + " memberships and "
            + loaded.grants()
            + " grants in one batch";
    ObjectNode ext =
        Json.object()
            .put("version", version.number())
            .put("roles", loaded.roles())
            .put("memberships", loaded.memberships())
            .put("grants", loaded.grants());
    replaced.forEach(grant -> recordReplaced(grant, version));
    audit.write(
        AuditRecord.of(AuditRecord.Operation.CREATE, AuditRecord.Result.SUCCESS, sentence)
            .service("permission")
            .ext(Json.write(ext))
            .build());
  }
}
