package dev.gatehouse.permission;

import dev.gatehouse.permission.Flaw.Kind;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for flaws in the rows of a store, by the rows alone: a snapshot of rows that are a circle
 * could not be built. Not safe: confine to one thread.
 */
final class Lint {
  /** Grants are sought by these, in exact form, and with wildcards resource by resource. */
  private record Place(Subject holder, Effect effect, String action) {}

  private record Exact(Place place, ResourcePattern resource) {}

  private final Snapshot.Rows rows;
  private final Instant now;
  private final int limit;
  private final Hierarchy hierarchy;
  private final Set<Subject> defined = new HashSet<>();
  private final Map<Exact, Grant> exact = new HashMap<>();
  private final Map<Place, List<Grant>> wildcards = new HashMap<>();
  private final List<Flaw> flaws = new ArrayList<>();

  private Lint(Snapshot.Rows rows, Instant now, int limit) {
    this.rows = rows;
    this.now = now;
    this.limit = limit;
    hierarchy = new Hierarchy(rows.memberships());
    rows.roles().forEach(role -> defined.add(Subject.role(role.name())));
    for (Grant grant : rows.grants()) {
      if (!grant.terms().isConditional() && !isOver(grant)) {
        Place place = new Place(grant.holder(), grant.effect(), grant.action());
        if (grant.resource().isExact()) {
          exact.put(new Exact(place, grant.resource()), grant);
        } else {
          wildcards.computeIfAbsent(place, key -> new ArrayList<>()).add(grant);
        }
      }
    }
  }

  /** The flaws, of roles first, as many as there are up to the limit. */
  static List<Flaw> of(Snapshot.Rows rows, Instant now, int limit) {
    Lint lint = new Lint(rows, now, limit);
    lint.circles();
    lint.undefinedRoles();
    lint.idleRoles();
    lint.grants();
    return List.copyOf(lint.flaws);
  }

  private void add(Kind kind, List<Long> ids, String sentence) {
    if (flaws.size() < limit) {
      flaws.add(new Flaw(kind, ids, sentence));
    }
  }

  private boolean isOver(Grant grant) {
    return grant.expiresAt().map(expiry -> !now.isBefore(expiry)).orElse(false);
  }

  /** Takes away, over and over, what inherits from nothing: what remains leads into a circle. */
  private void circles() {
    Map<String, List<Membership>> parents = new HashMap<>();
    Map<String, List<Membership>> heirs = new HashMap<>();
    for (Membership edge : rows.memberships()) {
      if (edge.member().isRole()) {
        String heir = edge.member().name();
        parents.computeIfAbsent(heir, key -> new ArrayList<>()).add(edge);
        heirs.computeIfAbsent(edge.role(), key -> new ArrayList<>()).add(edge);
      }
    }
    Map<String, Integer> open = new HashMap<>();
    parents.forEach((heir, edges) -> open.put(heir, edges.size()));
    Deque<String> free = new ArrayDeque<>(heirs.keySet());
    free.removeIf(open::containsKey);
    while (!free.isEmpty()) {
      for (Membership edge : heirs.getOrDefault(free.remove(), List.of())) {
        String heir = edge.member().name();
        if (open.merge(heir, -1, Integer::sum) == 0) {
          open.remove(heir);
          free.add(heir);
        }
      }
    }
    Set<String> told = new HashSet<>();
    for (String start : open.keySet().stream().sorted().toList()) {
      if (!told.contains(start)) {
        follow(start, parents, open.keySet(), told);
      }
    }
  }

  /** From a role that leads into a circle, always to a parent that does: so round it comes. */
  private void follow(
      String start, Map<String, List<Membership>> parents, Set<String> open, Set<String> told) {
    List<Membership> way = new ArrayList<>();
    Map<String, Integer> steps = new HashMap<>();
    String at = start;
    while (!steps.containsKey(at) && !told.contains(at)) {
      steps.put(at, way.size());
      Membership edge =
          parents.getOrDefault(at, List.of()).stream()
              .filter(each -> open.contains(each.role()))
              .findFirst()
              .orElseThrow();
      way.add(edge);
      at = edge.role();
    }
    Integer begin = steps.get(at);
    told.addAll(steps.keySet());
    if (begin != null) {
      List<Membership> circle = way.subList(begin, way.size());
      add(
          Kind.CIRCLE,
          circle.stream().map(Membership::id).toList(),
          "Role '" + at + "' inherits from itself over " + circle.size() + " memberships");
    }
  }

  private void undefinedRoles() {
    for (Membership each : rows.memberships()) {
      Subject role = Subject.role(each.role());
      Subject missing = defined.contains(role) ? each.member() : role;
      if (missing.isRole() && !defined.contains(missing)) {
        add(
            Kind.UNDEFINED_ROLE,
            List.of(each.id()),
            "Membership " + each.id() + " of " + each.member() + " names " + missing);
      }
    }
    for (Grant grant : rows.grants()) {
      if (grant.holder().isRole() && !defined.contains(grant.holder())) {
        add(
            Kind.UNDEFINED_ROLE,
            List.of(grant.id()),
            "Grant " + grant.id() + " names " + grant.holder());
      }
    }
  }

  private void idleRoles() {
    Set<Subject> subjects = new HashSet<>();
    rows.memberships().forEach(each -> subjects.add(each.member()));
    subjects.removeIf(Subject::isRole);
    Set<Subject> had = hierarchy.upwards(subjects);
    Set<Subject> holders = new HashSet<>();
    rows.grants().forEach(grant -> holders.add(grant.holder()));
    Set<Subject> granted = hierarchy.downwards(holders);
    for (Role role : rows.roles()) {
      Subject subject = Subject.role(role.name());
      if (!had.contains(subject)) {
        add(
            Kind.ROLE_WITHOUT_MEMBERS,
            List.of(role.id()),
            "Role '" + role.name() + "' has no members");
      }
      if (!granted.contains(subject)) {
        add(
            Kind.ROLE_WITHOUT_GRANTS,
            List.of(role.id()),
            "Role '" + role.name() + "' neither holds nor inherits a grant");
      }
    }
  }

  private void grants() {
    Map<Subject, Set<Subject>> holders = new HashMap<>();
    for (Grant grant : rows.grants()) {
      if (isOver(grant)) {
        add(Kind.EXPIRED, List.of(grant.id()), "Grant " + grant.id() + " has expired");
        continue;
      }
      if (rows.usedUp().contains(grant.id())) {
        add(Kind.USED_UP, List.of(grant.id()), "Grant " + grant.id() + " is used up");
        continue;
      }
      Set<Subject> up =
          holders.computeIfAbsent(grant.holder(), key -> hierarchy.upwards(List.of(key)));
      Optional<Grant> denial =
          grant.effect() == Effect.ALLOW ? stronger(grant, up, Effect.DENY) : Optional.empty();
      if (denial.isPresent()) {
        add(Kind.DENIED, grant, "is denied wholly by", denial.get());
      } else {
        stronger(grant, up, grant.effect())
            .ifPresent(other -> add(Kind.SHADOWED, grant, "says nothing more than", other));
      }
    }
  }

  private void add(Kind kind, Grant grant, String does, Grant other) {
    add(
        kind,
        List.of(grant.id(), other.id()),
        "Grant "
            + grant.id()
            + " ("
            + grant.terms()
            + ") "
            + does
            + " grant "
            + other.id()
            + " ("
            + other.terms()
            + ")");
  }

  /** A grant of that effect that always counts where this one does. */
  private Optional<Grant> stronger(Grant grant, Set<Subject> holders, Effect effect) {
    List<String> actions =
        grant.action().equals(Names.ANY) ? List.of(Names.ANY) : List.of(grant.action(), Names.ANY);
    for (Subject holder : holders) {
      for (String action : actions) {
        Place place = new Place(holder, effect, action);
        Grant same = exact.get(new Exact(place, grant.resource()));
        if (same != null && isStronger(same, grant)) {
          return Optional.of(same);
        }
        for (Grant wide : wildcards.getOrDefault(place, List.of())) {
          if (isStronger(wide, grant) && wide.resource().covers(grant.resource())) {
            return Optional.of(wide);
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Whether it is another grant, and lasts as long; where it stands, it counts always. */
  private static boolean isStronger(Grant grant, Grant than) {
    boolean lasts =
        grant.expiresAt().isEmpty()
            || (than.expiresAt().isPresent()
                && !grant.expiresAt().get().isBefore(than.expiresAt().get()));
    return lasts && grant.id() != than.id();
  }
}
