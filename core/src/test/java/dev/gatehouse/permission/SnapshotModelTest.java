package dev.gatehouse.permission;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Snapshots decide as a model does that tries every grant. */
class SnapshotModelTest {
  private static final long NOW = 1_893_456_000_000L;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(NOW));
  private static final String[] ACTIONS = {"read", "write", "use"};
  private static final String[] SEGMENTS = {"a", "b", "c"};

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private long nextId = 1;

  @Test
  void decide_randomGrantsRolesAndRequests_agreesWithTheModel() {
    Set<Reason> seen = new HashSet<>();
    for (int world = 0; world < 300; world++) {
      Snapshot.Rows rows = rows();
      Snapshot snapshot = new Snapshot(rows);
      for (int request = 0; request < 60; request++) {
        Subject subject = subject();
        String action = random.nextInt(8) == 0 ? "unheard" : any(ACTIONS);
        Resource resource = Resource.of(any("file", "set"), path(1 + random.nextInt(4), false));
        Decision decision = snapshot.decide(subject, action, resource, CLOCK);
        seen.add(decision.reason());
        Supplier<String> about =
            () -> "seed " + seed + ", " + subject + " " + action + " " + resource + " in " + rows;
        Set<Grant> covering = covering(rows, subject, action, resource);
        assertAgrees(decision, covering, about);
        Question question = new Question(subject, action, resource, Attributes.NONE);
        Explanation explanation = Derivation.explain(snapshot, question, CLOCK);
        assertThat(explanation.decision()).as(about).isEqualTo(decision);
        assertThat(explanation.findings().stream().map(Explanation.Finding::grant))
            .as(about)
            .containsExactlyInAnyOrderElementsOf(covering);
      }
    }
    Set<Reason> expected = new HashSet<>(Set.of(Reason.values()));
    expected.removeAll(Set.of(Reason.STALE, Reason.CONDITION_UNMET, Reason.USED_UP));
    assertThat(seen).as("seed " + seed).isEqualTo(expected);
  }

  private static void assertAgrees(Decision decision, Set<Grant> covering, Supplier<String> about) {
    Set<Grant> alive = covering.stream().filter(SnapshotModelTest::isAlive).collect(toSet());
    Set<Long> denials = ids(alive, Effect.DENY);
    Set<Long> allowances = ids(alive, Effect.ALLOW);
    assertThat(decision.allowed()).as(about).isEqualTo(denials.isEmpty() && !allowances.isEmpty());
    assertThat(denials.isEmpty() ? allowances : denials).as(about).containsAll(decision.grantIds());
    assertThat(decision.grantIds()).as(about).hasSize(alive.isEmpty() ? 0 : 1);
    assertThat(decision.reason() == Reason.EXPIRED)
        .as(about)
        .isEqualTo(alive.isEmpty() && !ids(covering, Effect.ALLOW).isEmpty());
  }

  private static Set<Long> ids(Set<Grant> grants, Effect effect) {
    return grants.stream()
        .filter(grant -> grant.effect() == effect)
        .map(Grant::id)
        .collect(toSet());
  }

  // The model: every grant of the subject and of all it inherits, tried one by one.

  private static Set<Grant> covering(
      Snapshot.Rows rows, Subject subject, String action, Resource resource) {
    Set<Subject> holders = new HashSet<>(Set.of(subject));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Membership membership : rows.memberships()) {
        grown |=
            holders.contains(membership.member()) && holders.add(Subject.role(membership.role()));
      }
    }
    return rows.grants().stream()
        .filter(grant -> holders.contains(grant.holder()))
        .filter(grant -> grant.action().equals("*") || grant.action().equals(action))
        .filter(grant -> covers(grant.resource(), resource))
        .collect(toSet());
  }

  private static boolean covers(ResourcePattern pattern, Resource resource) {
    boolean type = pattern.type().equals("*") || pattern.type().equals(resource.type());
    String regex =
        pattern.path().equals("**")
            ? ".*"
            : pattern.path().replace("/**", "(/.*)?").replaceAll("(?<=^|/)\\*(?=/|$|\\()", "[^/]+");
    return type && resource.path().matches(regex);
  }

  private static boolean isAlive(Grant grant) {
    return grant.expiresAt().map(expiry -> NOW < expiry.toEpochMilli()).orElse(true);
  }

  // The worlds: few names, so that much of it meets.

  private Snapshot.Rows rows() {
    int roles = 1 + random.nextInt(6);
    List<Role> defined = new ArrayList<>();
    List<Membership> memberships = new ArrayList<>();
    for (int role = 0; role < roles; role++) {
      defined.add(new Role(nextId++, "r" + role));
      for (int parent = 0; parent < role; parent++) {
        if (random.nextInt(3) == 0) {
          memberships.add(new Membership(nextId++, Subject.role("r" + role), "r" + parent));
        }
      }
      for (int user = 0; user < 3; user++) {
        if (random.nextInt(4) == 0) {
          memberships.add(new Membership(nextId++, Subject.user("u" + user), "r" + role));
        }
      }
    }
    List<Grant> grants = new ArrayList<>();
    Set<Grant.Terms> granted = new HashSet<>();
    for (int i = random.nextInt(25); i > 0; i--) {
      Grant.Terms terms = terms(roles);
      if (granted.add(terms.unlimited())) {
        grants.add(new Grant(nextId++, terms));
      }
    }
    return new Snapshot.Rows(new Version(1, 1, 1), defined, memberships, grants);
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

  private Subject subject() {
    return switch (random.nextInt(10)) {
      case 0 -> Subject.user("nobody");
      case 1, 2 -> Subject.role("r" + random.nextInt(6));
      default -> Subject.user("u" + random.nextInt(3));
    };
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
