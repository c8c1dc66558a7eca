package dev.gatehouse.permission;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Snapshots decide as a model does that tries every grant. */
class SnapshotModelTest {
  private static final long NOW = 1_893_456_000_000L;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(NOW));
  private static final String[] ACTIONS = {"read", "write", "use"};
  private static final String[] SEGMENTS = {"a", "b", "c"};
  private static final int WORLDS = 400;
  private static final int STATES = 5;
  private static final int CHECKS = 500;

  private static final List<Subject> SUBJECTS =
      List.of(
          Subject.user("u0"),
          Subject.user("u1"),
          Subject.user("u2"),
          Subject.user("nobody"),
          Subject.role("r0"),
          Subject.role("r3"),
          Subject.role("r5"));

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Map<ResourcePattern, Map<Resource, Boolean>> covered = new HashMap<>();
  private final Map<ResourcePattern, Pattern> regexes = new HashMap<>();
  private final List<Resource> resources =
      universe().stream().filter(resource -> !resource.type().equals("other")).toList();
  private long nextId = 1;

  /** A million checks, each of a snapshot that came of others by a few changes. */
  @Test
  void decide_randomGrantsRolesChangesAndRequests_agreesWithTheModel() {
    Set<Reason> seen = new HashSet<>();
    for (int number = 0; number < WORLDS; number++) {
      World world = new World();
      for (int state = 0; state < STATES; state++) {
        world.change();
        Snapshot snapshot = world.snapshot;
        Snapshot anew = new Snapshot(world.rows());
        PermissionView view = new PermissionView(snapshot, CLOCK);
        for (int check = 0; check < CHECKS; check++) {
          PermissionView.Holder holder = world.holder(subject());
          PermissionView.Access access = world.access(action(), resource());
          Subject subject = holder.subject();
          Decision decision = snapshot.decide(subject, access.action(), access.resource(), CLOCK);
          seen.add(decision.reason());
          Supplier<String> about =
              () ->
                  "seed "
                      + seed
                      + ", "
                      + subject
                      + " "
                      + access.action()
                      + " "
                      + access.resource()
                      + " in "
                      + world.rows();
          List<Grant> covering = covering(world, subject, access.action(), access.resource());
          assertAgrees(decision, covering, about);
          if (view.check(holder, access) != decision) {
            fail("handles decide otherwise, " + about.get());
          }
          Decision other = anew.decide(subject, access.action(), access.resource(), CLOCK);
          if (other.reason() != decision.reason()) {
            fail("read anew it is " + other + " instead of " + decision + ", " + about.get());
          }
          if (check % 50 == 0) {
            assertExplains(snapshot, subject, access, decision, covering, about);
          }
        }
      }
    }
    Set<Reason> expected = new HashSet<>(Set.of(Reason.values()));
    expected.removeAll(Set.of(Reason.STALE, Reason.CONDITION_UNMET, Reason.USED_UP));
    assertThat(seen).as("seed " + seed).isEqualTo(expected);
  }

  private static void assertExplains(
      Snapshot snapshot,
      Subject subject,
      PermissionView.Access access,
      Decision decision,
      List<Grant> covering,
      Supplier<String> about) {
    Explanation explanation =
        Derivation.explain(
            snapshot,
            new Question(subject, access.action(), access.resource(), Attributes.NONE),
            CLOCK);
    assertThat(explanation.decision()).as(about).isEqualTo(decision);
    assertThat(explanation.findings().stream().map(Explanation.Finding::grant))
        .as(about)
        .containsExactlyInAnyOrderElementsOf(covering);
  }

  @Test
  void resourcesAndSubjects_randomWorlds_areThoseOfBruteForce() {
    List<Resource> universe = universe();
    for (int number = 0; number < 100; number++) {
      World world = new World();
      world.change();
      PermissionView view = new PermissionView(world.snapshot, CLOCK);
      for (int request = 0; request < 5; request++) {
        Subject subject = subject();
        String action = action();
        assertThat(view.resourcesOf(subject, action))
            .as(() -> "seed " + seed + ", " + subject + " " + action + " in " + world.rows())
            .containsExactlyInAnyOrderElementsOf(reach(world, subject, action, universe));
        Resource resource = resource();
        Set<Subject> subjects =
            world.subjects().stream()
                .filter(each -> isAllowed(covering(world, each, action, resource)))
                .collect(toSet());
        assertThat(view.subjectsOf(action, resource))
            .as(() -> "seed " + seed + ", " + action + " " + resource + " in " + world.rows())
            .containsExactlyInAnyOrderElementsOf(subjects);
      }
    }
  }

  private Set<ResourcePattern> reach(
      World world, Subject subject, String action, List<Resource> universe) {
    Set<Grant> held =
        held(world, subject).stream()
            .filter(grant -> names(grant, action))
            .filter(SnapshotModelTest::isAlive)
            .collect(toSet());
    Set<ResourcePattern> found = new HashSet<>();
    for (ResourcePattern pattern : world.grants.stream().map(Grant::resource).collect(toSet())) {
      List<Resource> parts =
          universe.stream().filter(resource -> covers(pattern, resource)).toList();
      boolean denied =
          held.stream()
              .filter(grant -> grant.effect() == Effect.DENY)
              .anyMatch(grant -> parts.stream().allMatch(part -> covers(grant.resource(), part)));
      boolean allowed =
          held.stream()
              .filter(grant -> grant.effect() == Effect.ALLOW)
              .map(Grant::resource)
              .anyMatch(
                  granted ->
                      pattern.isExact() ? covers(granted, parts.get(0)) : granted.equals(pattern));
      if (allowed && !denied) {
        found.add(pattern);
      }
    }
    return found;
  }

  /** Resources enough to tell any two patterns apart. */
  private static List<Resource> universe() {
    List<Resource> all = new ArrayList<>();
    List<String> paths = List.of("");
    for (int depth = 0; depth < 4; depth++) {
      List<String> longer = new ArrayList<>();
      for (String path : paths) {
        for (String segment : List.of("a", "b", "c", "other")) {
          longer.add(path.isEmpty() ? segment : path + "/" + segment);
        }
      }
      for (String type : List.of("file", "set", "other")) {
        longer.forEach(path -> all.add(Resource.of(type, path)));
      }
      paths = longer;
    }
    return all;
  }

  private static void assertAgrees(
      Decision decision, List<Grant> covering, Supplier<String> about) {
    List<Long> denials = new ArrayList<>();
    List<Long> allowances = new ArrayList<>();
    boolean ended = false;
    for (Grant grant : covering) {
      boolean denies = grant.effect() == Effect.DENY;
      if (isAlive(grant)) {
        (denies ? denials : allowances).add(grant.id());
      } else {
        ended |= !denies;
      }
    }
    boolean none = denials.isEmpty() && allowances.isEmpty();
    boolean agrees =
        decision.allowed() == (denials.isEmpty() && !allowances.isEmpty())
            && restsOnOne(decision, denials.isEmpty() ? allowances : denials)
            && (decision.reason() == Reason.EXPIRED) == (none && ended);
    if (!agrees) {
      fail(decision + " but of " + covering + ", " + about.get());
    }
  }

  private static boolean restsOnOne(Decision decision, List<Long> grants) {
    return grants.isEmpty() ? decision.grantId() == 0 : grants.contains(decision.grantId());
  }

  private static boolean isAllowed(List<Grant> covering) {
    return covering.stream().anyMatch(SnapshotModelTest::isAlive)
        && covering.stream().noneMatch(grant -> grant.effect() == Effect.DENY && isAlive(grant));
  }

  // The model: every grant of the subject and of all it inherits, tried one by one.

  private List<Grant> covering(World world, Subject subject, String action, Resource resource) {
    List<Grant> covering = new ArrayList<>();
    for (Grant grant : world.held.computeIfAbsent(subject, key -> held(world, key))) {
      if (names(grant, action) && covers(grant.resource(), resource)) {
        covering.add(grant);
      }
    }
    return covering;
  }

  private static boolean names(Grant grant, String action) {
    return grant.action().equals("*") || grant.action().equals(action);
  }

  private static List<Grant> held(World world, Subject subject) {
    Set<Subject> holders = new HashSet<>(Set.of(subject));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Membership membership : world.memberships) {
        grown |=
            holders.contains(membership.member()) && holders.add(Subject.role(membership.role()));
      }
    }
    return world.grants.stream().filter(grant -> holders.contains(grant.holder())).toList();
  }

  private boolean covers(ResourcePattern pattern, Resource resource) {
    return covered
        .computeIfAbsent(pattern, key -> new HashMap<>())
        .computeIfAbsent(resource, key -> matches(pattern, resource));
  }

  private boolean matches(ResourcePattern pattern, Resource resource) {
    boolean type = pattern.type().equals("*") || pattern.type().equals(resource.type());
    return type
        && regexes
            .computeIfAbsent(pattern, SnapshotModelTest::regex)
            .matcher(resource.path())
            .matches();
  }

  private static Pattern regex(ResourcePattern pattern) {
    return Pattern.compile(
        pattern.path().equals("**")
            ? ".*"
            : pattern
                .path()
                .replace("/**", "(/.*)?")
                .replaceAll("(?<=^|/)\\*(?=/|$|\\()", "[^/]+"));
  }

  private static boolean isAlive(Grant grant) {
    return grant.expiresAt().map(expiry -> NOW < expiry.toEpochMilli()).orElse(true);
  }

  // The worlds: few names, so that much of it meets.

  /** Rows that change, and the snapshot that follows them. */
  private final class World {
    private final List<Role> roles = new ArrayList<>();
    private final List<Membership> memberships = new ArrayList<>();
    private final List<Grant> grants = new ArrayList<>();
    private final Map<Subject, List<Grant>> held = new HashMap<>();
    private final Map<Subject, PermissionView.Holder> holders = new HashMap<>();
    private final Map<PermissionView.Request, PermissionView.Access> accesses = new HashMap<>();
    private long version = 1;
    private Snapshot snapshot;

    World() {
      int count = 1 + random.nextInt(6);
      for (int role = 0; role < count; role++) {
        roles.add(new Role(nextId++, "r" + role));
        for (int parent = 0; parent < role; parent++) {
          if (random.nextInt(3) == 0) {
            memberships.add(new Membership(nextId++, Subject.role("r" + role), "r" + parent));
          }
        }
        for (int user = 0; user < 3; user++) {
          if (random.nextInt(3) == 0) {
            memberships.add(new Membership(nextId++, Subject.user("u" + user), "r" + role));
          }
        }
      }
      for (int i = random.nextInt(25); i > 0; i--) {
        addGrant(terms(count));
      }
      snapshot = new Snapshot(rows());
    }

    Snapshot.Rows rows() {
      return new Snapshot.Rows(
          new Version(version, version, 1),
          List.copyOf(roles),
          List.copyOf(memberships),
          List.copyOf(grants));
    }

    private boolean addGrant(Grant.Terms terms) {
      boolean there =
          grants.stream().anyMatch(grant -> grant.terms().unlimited().equals(terms.unlimited()));
      return !there && grants.add(new Grant(nextId++, terms));
    }

    /** A few changes at once; of what was added, the editor hears if it is still there. */
    void change() {
      SnapshotEditor editor = new SnapshotEditor(snapshot.parts());
      List<Runnable> changes = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        changes.add(change(editor));
      }
      changes.forEach(Runnable::run);
      version++;
      held.clear();
      snapshot = editor.snapshot(new Version(version, version, 1));
    }

    private Runnable change(SnapshotEditor editor) {
      return switch (random.nextInt(8)) {
        case 0 -> changeRole(editor, "r" + random.nextInt(6));
        case 1, 2 -> changeMembership(editor, random.nextInt(6));
        case 3, 4 -> removeGrant(editor);
        default -> addGrant(editor);
      };
    }

    private boolean isDefined(String role) {
      return roles.stream().anyMatch(each -> each.name().equals(role));
    }

    private Runnable addGrant(SnapshotEditor editor) {
      Grant.Terms terms = terms(6);
      Subject holder = terms.holder();
      if ((holder.isRole() && !isDefined(holder.name())) || !addGrant(terms)) {
        return () -> {};
      }
      Grant added = grants.get(grants.size() - 1);
      return () -> {
        if (grants.contains(added)) {
          editor.add(added);
        }
      };
    }

    private Runnable removeGrant(SnapshotEditor editor) {
      if (grants.isEmpty()) {
        return () -> {};
      }
      Grant removed = grants.remove(random.nextInt(grants.size()));
      return () -> editor.removeGrants(Ids.of(List.of(removed.id())));
    }

    private Runnable changeRole(SnapshotEditor editor, String name) {
      if (!isDefined(name)) {
        Role added = new Role(nextId++, name);
        roles.add(added);
        return () -> {
          if (roles.contains(added)) {
            editor.add(added);
          }
        };
      }
      Subject holder = Subject.role(name);
      Role gone = roles.stream().filter(role -> role.name().equals(name)).findAny().orElseThrow();
      roles.remove(gone);
      Set<Long> places = new HashSet<>();
      memberships.stream()
          .filter(row -> row.role().equals(name) || row.member().equals(holder))
          .forEach(row -> places.add(row.id()));
      memberships.removeIf(row -> places.contains(row.id()));
      Set<Long> rights = new HashSet<>();
      grants.stream()
          .filter(grant -> grant.holder().equals(holder))
          .forEach(grant -> rights.add(grant.id()));
      grants.removeIf(grant -> rights.contains(grant.id()));
      return () -> {
        editor.removeGrants(Ids.of(rights));
        editor.removeMemberships(Ids.of(places));
        editor.removeRoles(Ids.of(List.of(gone.id())));
      };
    }

    /** A role inherits only from those of lower numbers, so that there is no circle. */
    private Runnable changeMembership(SnapshotEditor editor, int number) {
      String role = "r" + number;
      String heir = "r" + (number + 1);
      boolean hierarchy = random.nextInt(3) == 0 && isDefined(heir);
      Subject member = hierarchy ? Subject.role(heir) : Subject.user("u" + random.nextInt(3));
      Optional<Membership> there =
          memberships.stream()
              .filter(row -> row.member().equals(member) && row.role().equals(role))
              .findAny();
      if (there.isPresent()) {
        memberships.remove(there.get());
        return () -> editor.removeMemberships(Ids.of(List.of(there.get().id())));
      }
      if (!isDefined(role)) {
        return () -> {};
      }
      Membership added = new Membership(nextId++, member, role);
      memberships.add(added);
      return () -> {
        if (memberships.contains(added)) {
          editor.add(added);
        }
      };
    }

    /** Kept from state to state, as hosts keep them. */
    PermissionView.Holder holder(Subject subject) {
      return holders.computeIfAbsent(
          subject, key -> new PermissionView(snapshot, CLOCK).resolve(key));
    }

    PermissionView.Access access(String action, Resource resource) {
      return accesses.computeIfAbsent(
          new PermissionView.Request(action, resource),
          key -> new PermissionView(snapshot, CLOCK).resolve(action, resource));
    }

    /** All who hold a grant or a role. */
    Set<Subject> subjects() {
      Set<Subject> all = new HashSet<>();
      memberships.forEach(row -> all.add(row.member()));
      grants.forEach(grant -> all.add(grant.holder()));
      all.removeIf(Subject::isRole);
      return all;
    }
  }

  private Grant.Terms terms(int roles) {
    Subject holder =
        random.nextBoolean()
            ? Subject.role("r" + random.nextInt(roles))
            : Subject.user("u" + random.nextInt(3));
    String action = random.nextInt(5) == 0 ? "*" : any(ACTIONS);
    ResourcePattern pattern =
        random.nextInt(20) == 0
            ? ResourcePattern.everything()
            : ResourcePattern.of(any("file", "set"), path(1 + random.nextInt(3), true));
    Grant.Terms terms =
        random.nextInt(5) == 0
            ? Grant.deny(holder, action, pattern)
            : Grant.allow(holder, action, pattern);
    return switch (random.nextInt(6)) {
      case 0 -> terms.until(Instant.ofEpochMilli(NOW));
      case 1 -> terms.until(Instant.ofEpochMilli(NOW - 1));
      case 2 -> terms.until(Instant.ofEpochMilli(NOW + 1));
      default -> terms;
    };
  }

  private String action() {
    return random.nextInt(8) == 0 ? "unheard" : any(ACTIONS);
  }

  private Resource resource() {
    return resources.get(random.nextInt(resources.size()));
  }

  private Subject subject() {
    return SUBJECTS.get(random.nextInt(SUBJECTS.size()));
  }

  private String path(int length, boolean pattern) {
    List<String> segments = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      boolean last = i == length - 1;
      if (pattern && last && random.nextInt(4) == 0) {
        segments.add("**");
      } else {
        segments.add(pattern && random.nextInt(4) == 0 ? "*" : any(SEGMENTS));
      }
    }
    return String.join("/", segments);
  }

  private String any(String... values) {
    return values[random.nextInt(values.length)];
  }
}
