package dev.gatehouse.permission;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Writes a batch in one transaction, under one version and with one audit record. Not safe: confine
 * to one thread.
 */
final class BatchWriter {
  private static final int SHOWN_ROLES = 8;

  /** Of more roles than that, all are read instead of each. */
  private static final int FEW_ROLES = 64;

  private final PermissionStore store;
  private final AuditLog audit;
  private final LongSupplier ids;
  private final long nowMillis;

  BatchWriter(PermissionStore store, AuditLog audit, LongSupplier ids, long nowMillis) {
    this.store = store;
    this.audit = audit;
    this.ids = ids;
    this.nowMillis = nowMillis;
    store.lock();
  }

  /** Judges all of it first: what fails in a host's transaction must have left nothing there. */
  PermissionBatch.Loaded write(PermissionBatch batch) {
    requireRoles(batch);
    requireRoom(batch.roles());
    if (!batch.inheritances().isEmpty()) {
      requireNoCircle(batch);
    }
    List<Role> roles = batch.roles().stream().map(name -> new Role(ids.getAsLong(), name)).toList();
    int defined = roles.isEmpty() ? 0 : store.insertRoles(roles).size();
    List<Membership> members = new ArrayList<>();
    batch
        .inheritances()
        .forEach(each -> members.add(member(Subject.role(each.role()), each.inherited())));
    batch.assignments().forEach(each -> members.add(member(each.subject(), each.role())));
    int joined = members.isEmpty() ? 0 : store.insertMemberships(members).size();
    int granted = grant(batch.grants());
    if (defined + joined + granted > 0) {
      record(defined, joined, granted);
    }
    return new PermissionBatch.Loaded(defined, joined, granted);
  }

  private Membership member(Subject member, String role) {
    return new Membership(ids.getAsLong(), member, role);
  }

  private void requireRoles(PermissionBatch batch) {
    Set<String> needed = new TreeSet<>();
    batch.inheritances().forEach(each -> needed.add(each.role()));
    batch.inheritances().forEach(each -> needed.add(each.inherited()));
    batch.assignments().forEach(each -> needed.add(each.role()));
    batch.grants().stream()
        .map(Grant.Terms::holder)
        .filter(Subject::isRole)
        .forEach(holder -> needed.add(holder.name()));
    batch.roles().forEach(needed::remove);
    if (needed.size() > FEW_ROLES) {
      SnapshotLoader.all(store::roles, Role::id).forEach(role -> needed.remove(role.name()));
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
    SnapshotLoader.all(store::roles, Role::id).forEach(role -> fresh.remove(role.name()));
    if (standing + fresh.size() > PermissionStore.MAX_ROLES) {
      throw new LimitException(
          "there must be at most "
              + PermissionStore.MAX_ROLES
              + " roles, would be "
              + (standing + fresh.size()));
    }
  }

  /** Takes away roles that inherit nothing, again and again; what is left is a circle or below. */
  private void requireNoCircle(PermissionBatch batch) {
    Map<String, Set<String>> inherited = new HashMap<>();
    for (Membership edge : SnapshotLoader.all(store::inheritances, Membership::id)) {
      inherited.computeIfAbsent(edge.member().name(), heir -> new HashSet<>()).add(edge.role());
    }
    batch
        .inheritances()
        .forEach(
            each ->
                inherited
                    .computeIfAbsent(each.role(), heir -> new HashSet<>())
                    .add(each.inherited()));
    Map<String, Integer> waiting = new HashMap<>();
    Map<String, List<String>> heirs = new HashMap<>();
    inherited.forEach(
        (heir, roles) -> {
          waiting.put(heir, roles.size());
          for (String role : roles) {
            waiting.putIfAbsent(role, 0);
            heirs.computeIfAbsent(role, key -> new ArrayList<>()).add(heir);
          }
        });
    Deque<String> ready = new ArrayDeque<>();
    waiting.forEach(
        (role, parents) -> {
          if (parents == 0) {
            ready.add(role);
          }
        });
    Set<String> left = new TreeSet<>(waiting.keySet());
    while (!ready.isEmpty()) {
      String role = ready.remove();
      left.remove(role);
      for (String heir : heirs.getOrDefault(role, List.of())) {
        if (waiting.merge(heir, -1, Integer::sum) == 0) {
          ready.add(heir);
        }
      }
    }
    if (!left.isEmpty()) {
      throw new ConflictException(
          "roles must not inherit in a circle, which is among "
              + String.join(", ", left.stream().limit(SHOWN_ROLES).toList())
              + (left.size() > SHOWN_ROLES ? " and others" : ""));
    }
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
    if (grants.isEmpty()) {
      return 0;
    }
    Set<Grant> added = new HashSet<>(store.insertGrants(grants));
    int made = added.size();
    for (Grant grant : grants) {
      if (!added.contains(grant)) {
        Grant standing = store.findGrant(grant.terms()).orElseThrow();
        if (!standing.terms().equals(grant.terms())) {
          store.deleteGrant(standing.id());
          store.insertGrant(grant);
          replaced(standing);
          made++;
        }
      }
    }
    return made;
  }

  private void replaced(Grant grant) {
    audit.write(
        AuditRecord.of(
                AuditRecord.Operation.DELETE,
                AuditRecord.Result.SUCCESS,
                PermissionWriter.text(grant) + " replaced by a batch")
            .service("permission")
            .ext(Json.write(PermissionWriter.about(grant)))
            .build());
  }

  private void record(int roles, int memberships, int grants) {
    long id = ids.getAsLong();
    Version version = store.advance(new Change(id, Change.Operation.BATCH_LOADED, id, nowMillis));
    String sentence =
        "Loaded "
            + roles
            + " roles, "
            + memberships
            + " memberships and "
            + grants
            + " grants in one batch";
    audit.write(
        AuditRecord.of(AuditRecord.Operation.CREATE, AuditRecord.Result.SUCCESS, sentence)
            .service("permission")
            .ext(Json.write(Json.object().put("version", version.number())))
            .build());
  }
}
