package dev.gatehouse.permission;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.error.LimitException;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.Permissions.Flip;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares decisions before and after changes. Only where one can differ: for subjects that have a
 * holder whose grants or roles change, and where one of those grants, or of those roles' grants,
 * covers the matter.
 */
final class DryRun {
  private final Snapshot.Rows before;
  private final Snapshot.Rows after;
  private final Attributes attributes;

  private DryRun(Snapshot.Rows before, Snapshot.Rows after, Attributes attributes) {
    this.before = before;
    this.after = after;
    this.attributes = attributes;
  }

  static List<Flip> of(
      Snapshot.Rows before,
      List<PermissionChange> changes,
      Attributes attributes,
      Instant now,
      int limit) {
    DraftStore draft = new DraftStore(before);
    AtomicLong ids = new AtomicLong(Long.MAX_VALUE / 2);
    PermissionWriter writer =
        new PermissionWriter(
            draft, new DraftStore.Unrecorded(), ids::incrementAndGet, now.toEpochMilli());
    changes.forEach(change -> apply(change, writer));
    return new DryRun(before, draft.rows(), attributes).flips(InstantSource.fixed(now), limit);
  }

  private static void apply(PermissionChange change, PermissionWriter writer) {
    if (change instanceof PermissionChange.Granting granting) {
      writer.grant(granting.terms());
    } else if (change instanceof PermissionChange.Revoking revoking) {
      writer.revoke(revoking.terms());
    } else if (change instanceof PermissionChange.Defining defining) {
      writer.defineRole(defining.role());
    } else if (change instanceof PermissionChange.Removing removing) {
      writer.removeRole(removing.role());
    } else if (change instanceof PermissionChange.Leaving leaving) {
      writer.unassign(leaving.member(), leaving.role());
    } else if (change instanceof PermissionChange.Joining joining) {
      if (joining.member().isRole()) {
        writer.inherit(joining.member(), joining.role());
      } else {
        writer.assign(joining.member(), joining.role());
      }
    }
  }

  private List<Flip> flips(InstantSource clock, int limit) {
    Set<Grant> changed = difference(before.grants(), after.grants());
    Set<Membership> moved = difference(before.memberships(), after.memberships());
    Set<Subject> roots = new LinkedHashSet<>();
    changed.forEach(grant -> roots.add(grant.holder()));
    moved.forEach(membership -> roots.add(membership.member()));
    Set<Subject> subjects = new LinkedHashSet<>();
    Set<Subject> gained = new HashSet<>();
    for (Snapshot.Rows rows : List.of(before, after)) {
      Hierarchy hierarchy = new Hierarchy(rows.memberships());
      subjects.addAll(hierarchy.downwards(roots));
      gained.addAll(
          hierarchy.upwards(
              moved.stream().map(membership -> Subject.role(membership.role())).toList()));
    }
    subjects.removeIf(Subject::isRole);
    for (Snapshot.Rows rows : List.of(before, after)) {
      rows.grants().stream().filter(grant -> gained.contains(grant.holder())).forEach(changed::add);
    }
    return compare(subjects, matters(changed, subjects.size()), clock, limit);
  }

  private List<Flip> compare(
      Set<Subject> subjects, Map<Matter, Asked> matters, InstantSource clock, int limit) {
    Snapshot then = new Snapshot(after);
    Snapshot now = new Snapshot(before);
    List<Flip> flips = new ArrayList<>();
    for (Subject subject : subjects) {
      for (Map.Entry<Matter, Asked> entry : matters.entrySet()) {
        Asked matter = entry.getValue();
        Question question = new Question(subject, matter.action, matter.resource, attributes);
        Decision old = now.decide(question, clock);
        Decision fresh = then.decide(question, clock);
        if (old.allowed() != fresh.allowed() && flips.size() < limit) {
          Matter shown = entry.getKey();
          flips.add(new Flip(subject, shown.action, shown.resource, old, fresh));
        }
      }
    }
    return List.copyOf(flips);
  }

  /** An action and resource as shown: wildcards stand for what no grant names. */
  private record Matter(String action, ResourcePattern resource) {}

  /** An action and resource as asked for. */
  private record Asked(String action, Resource resource) {}

  /** What any of the grants covers, of all that can be asked for. */
  private Map<Matter, Asked> matters(Set<Grant> changed, int subjects) {
    Set<String> actions = new LinkedHashSet<>();
    Set<ResourcePattern> resources = new LinkedHashSet<>();
    actions.add(Names.ANY);
    for (Snapshot.Rows rows : List.of(before, after)) {
      for (Grant grant : rows.grants()) {
        actions.add(grant.action());
        resources.add(grant.resource());
      }
    }
    Map<ResourcePattern, Resource> samples = samples(resources);
    String otherAction = unnamed(actions);
    Map<Matter, Asked> matters = new LinkedHashMap<>();
    long looks = 0;
    for (Grant grant : changed) {
      Set<String> acts = grant.action().equals(Names.ANY) ? actions : Set.of(grant.action());
      Map<ResourcePattern, Resource> covered =
          grant.resource().isExact()
              ? Map.of(grant.resource(), requireNonNull(samples.get(grant.resource())))
              : samples;
      looks += covered.size();
      requireFew(looks);
      covered.forEach(
          (pattern, resource) -> {
            if (grant.resource().covers(resource)) {
              for (String action : acts) {
                String asked = action.equals(Names.ANY) ? otherAction : action;
                matters.put(new Matter(action, pattern), new Asked(asked, resource));
              }
              requireFew((long) subjects * matters.size());
            }
          });
    }
    return matters;
  }

  /** Before the work is done, not after it. */
  private static void requireFew(long asked) {
    if (asked > Permissions.MAX_ASKED) {
      throw new LimitException(
          "decisions to be compared must be at most "
              + Permissions.MAX_ASKED
              + ", are more: try fewer changes");
    }
  }

  /** Of each pattern a resource: itself, or one whose steps under wildcards no pattern names. */
  private static Map<ResourcePattern, Resource> samples(Set<ResourcePattern> patterns) {
    Set<String> steps = new HashSet<>();
    patterns.forEach(pattern -> steps.addAll(List.of(pattern.steps())));
    String other = unnamed(steps);
    Map<ResourcePattern, Resource> samples = new LinkedHashMap<>();
    for (ResourcePattern pattern : patterns) {
      String type = pattern.type().equals(Names.ANY) ? other : pattern.type();
      List<String> segments = new ArrayList<>();
      for (String segment : pattern.path().split("/", -1)) {
        boolean wild = segment.equals(Names.ANY) || segment.equals(Names.REST);
        segments.add(wild ? other : segment);
      }
      samples.put(pattern, Resource.of(type, String.join("/", segments)));
    }
    return samples;
  }

  /** A short name that is none of those. */
  private static String unnamed(Collection<String> names) {
    for (char c = 'a'; c <= 'z'; c++) {
      if (!names.contains(String.valueOf(c))) {
        return String.valueOf(c);
      }
    }
    int number = 0;
    while (names.contains("o" + number)) {
      number++;
    }
    return "o" + number;
  }

  private static <T> Set<T> difference(List<T> one, List<T> other) {
    Set<T> all = new LinkedHashSet<>(one);
    Set<T> both = new HashSet<>(other);
    all.removeIf(both::contains);
    Set<T> mine = new HashSet<>(one);
    other.stream().filter(each -> !mine.contains(each)).forEach(all::add);
    return all;
  }
}
