package dev.gatehouse.permission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.audit.AuditRecord.Operation;
import dev.gatehouse.audit.AuditRecord.Result;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.json.Json;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * The changes of one transaction. Each first locks the version, so that what it then reads, above
 * all the roles' hierarchy, no other transaction changes before it has written. Not safe: confine
 * to one thread.
 */
final class PermissionWriter {
  private final PermissionStore store;
  private final AuditLog audit;
  private final LongSupplier ids;
  private final long nowMillis;

  PermissionWriter(PermissionStore store, AuditLog audit, LongSupplier ids, long nowMillis) {
    this.store = store;
    this.audit = audit;
    this.ids = ids;
    this.nowMillis = nowMillis;
    store.lock();
  }

  Grant grant(Grant.Terms terms) {
    if (terms.holder().isRole()) {
      requireRole(terms.holder().name());
    }
    Optional<Grant> standing = store.findGrant(terms);
    if (standing.isPresent()) {
      if (standing.get().terms().equals(terms)) {
        return standing.get();
      }
      remove(standing.get());
    }
    Grant grant = new Grant(ids.getAsLong(), terms);
    store.insertGrant(grant);
    record(Change.Operation.GRANT_ADDED, grant.id(), text(grant) + " made", about(grant));
    return grant;
  }

  /** A grant that cannot be read can be revoked too, or nobody could end what it stops. */
  boolean revoke(long grantId) {
    Optional<Grant> grant;
    try {
      grant = store.findGrant(grantId);
    } catch (StorageException e) {
      return removeUnread(grantId);
    }
    grant.ifPresent(this::remove);
    return grant.isPresent();
  }

  private boolean removeUnread(long grantId) {
    if (!store.deleteGrant(grantId)) {
      return false;
    }
    record(
        Change.Operation.GRANT_REMOVED,
        grantId,
        "Grant " + grantId + ", which could not be read, revoked",
        Json.object().put("grantId", Long.toString(grantId)));
    return true;
  }

  boolean revoke(Grant.Terms terms) {
    Optional<Grant> grant = store.findGrant(terms);
    grant.ifPresent(this::remove);
    return grant.isPresent();
  }

  private void remove(Grant grant) {
    store.deleteGrant(grant.id());
    record(Change.Operation.GRANT_REMOVED, grant.id(), text(grant) + " revoked", about(grant));
  }

  /** Takes a use of the first of the grants that has one left; empty if none has. */
  Optional<Grant> use(UseTaker.Wanted wanted) {
    Question question = wanted.question();
    for (Grant grant : wanted.grants()) {
      OptionalLong left = store.use(grant.id(), 0);
      if (left.isPresent() && left.getAsLong() > 0) {
        UseTaker.record(audit, grant, wanted, left.getAsLong());
        return Optional.of(grant);
      }
      if (left.isPresent()) {
        record(
            Change.Operation.GRANT_USED_UP,
            grant.id(),
            UseTaker.sentence(grant, question, 0),
            UseTaker.about(grant, question, 0));
        return Optional.of(grant);
      }
    }
    return Optional.empty();
  }

  boolean defineRole(String name) {
    if (store.findRole(name).isPresent()) {
      return false;
    }
    int count = store.countRoles();
    if (count >= PermissionStore.MAX_ROLES) {
      throw new LimitException(
          "there must be at most " + PermissionStore.MAX_ROLES + " roles, are " + count);
    }
    Role role = new Role(ids.getAsLong(), name);
    store.insertRole(role);
    record(
        Change.Operation.ROLE_ADDED,
        role.id(),
        text(name) + " defined",
        Json.object().put("role", name));
    return true;
  }

  boolean removeRole(String name) {
    Optional<Role> role = store.findRole(name);
    if (role.isEmpty()) {
      return false;
    }
    store.deleteRole(name);
    record(
        Change.Operation.ROLE_REMOVED,
        role.get().id(),
        text(name) + " removed with its grants, members and inheritance",
        Json.object().put("role", name));
    return true;
  }

  boolean inherit(Subject heir, String inherited) {
    requireRole(heir.name());
    requireRole(inherited);
    if (store.findMembership(heir, inherited).isPresent()) {
      return false;
    }
    Membership edge = new Membership(ids.getAsLong(), heir, inherited);
    RoleInheritance.check(SnapshotLoader.all(store::inheritances, Membership::id), List.of(edge));
    add(edge);
    return true;
  }

  boolean assign(Subject subject, String role) {
    requireRole(role);
    if (store.findMembership(subject, role).isPresent()) {
      return false;
    }
    add(new Membership(ids.getAsLong(), subject, role));
    return true;
  }

  boolean unassign(Subject member, String role) {
    Optional<Membership> membership = store.findMembership(member, role);
    if (membership.isEmpty()) {
      return false;
    }
    store.deleteMembership(membership.get().id());
    record(
        Change.Operation.MEMBERSHIP_REMOVED,
        membership.get().id(),
        text(role) + " taken from " + member,
        about(membership.get()));
    return true;
  }

  private void add(Membership membership) {
    store.insertMembership(membership);
    record(
        Change.Operation.MEMBERSHIP_ADDED,
        membership.id(),
        text(membership.role()) + " given to " + membership.member(),
        about(membership));
  }

  private void requireRole(String name) {
    if (store.findRole(name).isEmpty()) {
      throw new NotFoundException(Subject.role(name) + " is not defined");
    }
  }

  static String text(Grant grant) {
    return "Grant " + grant.id() + " (" + grant.terms() + ")";
  }

  private static String text(String role) {
    return "Role '" + role + "'";
  }

  static ObjectNode about(Grant grant) {
    ObjectNode ext =
        Json.object()
            .put("grantId", Long.toString(grant.id()))
            .put("holder", grant.holder().toString())
            .put("effect", grant.effect().name())
            .put("action", grant.action())
            .put("resource", grant.resource().toString());
    grant.expiresAt().ifPresent(expiry -> ext.put("expiresAt", expiry.toString()));
    grant.condition().ifPresent(condition -> ext.set("condition", ConditionJson.node(condition)));
    grant.times().ifPresent(times -> ext.put("times", times));
    return ext;
  }

  private static ObjectNode about(Membership membership) {
    return Json.object()
        .put("membershipId", Long.toString(membership.id()))
        .put("member", membership.member().toString())
        .put("role", membership.role());
  }

  private void record(Change.Operation operation, long rowId, String sentence, ObjectNode ext) {
    Version version = store.advance(new Change(ids.getAsLong(), operation, rowId, nowMillis));
    ext.put("version", version.number());
    audit.write(
        AuditRecord.of(auditOperation(operation), Result.SUCCESS, sentence)
            .service("permission")
            .ext(Json.write(ext))
            .build());
  }

  private static Operation auditOperation(Change.Operation operation) {
    return switch (operation) {
      case ROLE_ADDED, MEMBERSHIP_ADDED, GRANT_ADDED, BATCH_LOADED -> Operation.CREATE;
      case ROLE_REMOVED, MEMBERSHIP_REMOVED, GRANT_REMOVED -> Operation.DELETE;
      case GRANT_USED_UP -> Operation.AUTHORIZE;
    };
  }
}
