package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A million checks by random policies of denials, patterns, inheritance, conditions, expiry and
 * uses decide as a model does that tries every grant and knows nothing of how a snapshot is built,
 * nor of how the library judges a condition. {@code -Dgatehouse.permission.checks=100000000} goes
 * on for longer.
 */
class PolicyModelTest {
  private static final int CHECKS = Integer.getInteger("gatehouse.permission.checks", 1_000_000);
  private static final int CHECKS_OF_A_WORLD = 2_000;

  /** More than there are combinations of values. */
  private static final int FACTS = 500;

  private static final String[] SEGMENTS = {"a", "b", "c"};
  private static final List<String> ACTIONS = List.of("read", "write", "unheard");
  private static final List<Resource> RESOURCES = resources();

  private static final List<Subject> SUBJECTS =
      List.of(
          Subject.user("u0"),
          Subject.user("u1"),
          Subject.user("u2"),
          Subject.group("u0"),
          Subject.application("u0"),
          Subject.party("1"),
          Subject.user("nobody"),
          Subject.role("r0"),
          Subject.role("r7"));

  /** Members of roles, which the last three are not. */
  private static final List<Subject> MEMBERS = SUBJECTS.subList(0, 6);

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final RandomConditions conditions = new RandomConditions(random);
  private long nextId = 1;

  @Test
  void decide_aMillionRandomChecks_agreesWithTheModel() {
    Set<Reason> seen = EnumSet.noneOf(Reason.class);
    RandomConditions.Facts[][] known = new RandomConditions.Facts[3][FACTS];
    for (int moment = 0; moment < known.length; moment++) {
      for (int i = 0; i < FACTS; i++) {
        known[moment][i] = conditions.facts(moment - 1);
      }
    }
    for (int done = 0; done < CHECKS; done += CHECKS_OF_A_WORLD) {
      World world = new World();
      Snapshot snapshot = world.snapshot();
      PermissionView[] views = new PermissionView[3];
      for (int i = 0; i < views.length; i++) {
        InstantSource clock = InstantSource.fixed(RandomConditions.NOON.plusMillis(i - 1));
        views[i] = new PermissionView(snapshot, clock);
      }
      for (int check = 0; check < CHECKS_OF_A_WORLD; check++) {
        int moment = random.nextInt(views.length);
        int subject = random.nextInt(SUBJECTS.size());
        int action = random.nextInt(ACTIONS.size());
        int resource = random.nextInt(RESOURCES.size());
        RandomConditions.Facts facts = known[moment][random.nextInt(FACTS)];
        Decision decision =
            views[moment].check(
                SUBJECTS.get(subject),
                ACTIONS.get(action),
                RESOURCES.get(resource),
                facts.attributes());
        seen.add(decision.reason());
        String wrong = world.contradiction(decision, subject, action, resource, facts);
        if (wrong != null) {
          fail(
              wrong
                  + ": seed "
                  + seed
                  + ", "
                  + decision
                  + " for "
                  + List.of(SUBJECTS.get(subject), ACTIONS.get(action), RESOURCES.get(resource))
                  + facts
                  + " in "
                  + world.rows());
        }
      }
    }
    Set<Reason> expected = EnumSet.allOf(Reason.class);
    expected.remove(Reason.STALE);
    assertThat(seen).as("seed " + seed).isEqualTo(expected);
  }

  private static List<Resource> resources() {
    List<Resource> all = new ArrayList<>();
    for (String first : SEGMENTS) {
      all.add(Resource.of("file", first));
      for (String second : SEGMENTS) {
        all.add(Resource.of("file", first + "/" + second));
        all.add(Resource.of("set", first + "/" + second + "/a"));
        all.add(Resource.of("file", first + "/" + second + "/other"));
      }
    }
    all.add(Resource.of("nothing", "a"));
    return all;
  }

  /** A grant, and when its condition holds. */
  private record Told(Grant grant, RandomConditions.Test test, boolean usedUp) {
    /** What it is worth: null if it counts, or why it does not. */
    Reason idle(RandomConditions.Facts facts) {
      if (grant.expiresAt().isPresent() && !facts.moment().isBefore(grant.expiresAt().get())) {
        return Reason.EXPIRED;
      }
      if (usedUp) {
        return Reason.USED_UP;
      }
      int truth = test.truth(facts);
      boolean counts = grant.effect() == Effect.DENY ? truth >= 0 : truth > 0;
      return counts ? null : Reason.CONDITION_UNMET;
    }
  }

  private final class World {
    private final List<Role> roles = new ArrayList<>();
    private final List<Membership> memberships = new ArrayList<>();
    private final List<Told> grants = new ArrayList<>();

    private final Map<Subject, List<Told>> held = new HashMap<>();

    /** By subject, action and resource, as they are asked for. */
    private final List<List<Told>> covering = new ArrayList<>();

    World() {
      int count = 1 + random.nextInt(random.nextBoolean() ? 8 : 24);
      boolean flat = random.nextInt(4) == 0;
      for (int role = 0; role < count; role++) {
        roles.add(new Role(nextId++, "r" + role));
        for (int parent = 0; parent < role && !flat; parent++) {
          if (random.nextInt(4) == 0) {
            memberships.add(new Membership(nextId++, Subject.role("r" + role), "r" + parent));
          }
        }
        for (Subject member : MEMBERS) {
          if (random.nextInt(2) == 0) {
            memberships.add(new Membership(nextId++, member, "r" + role));
          }
        }
      }
      Set<Grant.Terms> there = new HashSet<>();
      for (int i = random.nextInt(40); i > 0; i--) {
        Told told = grant(count);
        if (there.add(told.grant.terms().unlimited())) {
          grants.add(told);
        }
      }
      for (int i = SUBJECTS.size() * ACTIONS.size() * RESOURCES.size(); i > 0; i--) {
        covering.add(null);
      }
    }

    private Told grant(int roleCount) {
      Subject holder =
          random.nextBoolean()
              ? Subject.role("r" + random.nextInt(roleCount))
              : MEMBERS.get(random.nextInt(MEMBERS.size()));
      String action = random.nextInt(5) == 0 ? "*" : ACTIONS.get(random.nextInt(2));
      boolean denies = random.nextInt(4) == 0;
      ResourcePattern pattern = pattern();
      Grant.Terms terms =
          denies ? Grant.deny(holder, action, pattern) : Grant.allow(holder, action, pattern);
      if (random.nextInt(5) == 0) {
        terms = terms.until(RandomConditions.NOON.plusMillis(random.nextInt(4) - 1));
      }
      RandomConditions.Test test = facts -> 1;
      if (random.nextInt(3) == 0) {
        RandomConditions.Told told = conditions.condition(3);
        terms = terms.when(told.condition());
        test = told.test();
      }
      boolean counted = !denies && random.nextInt(5) == 0;
      return new Told(
          new Grant(nextId++, counted ? terms.times(1 + random.nextInt(3)) : terms),
          test,
          counted && random.nextBoolean());
    }

    private ResourcePattern pattern() {
      if (random.nextInt(20) == 0) {
        return ResourcePattern.everything();
      }
      int length = 1 + random.nextInt(3);
      StringBuilder path = new StringBuilder();
      for (int i = 0; i < length; i++) {
        boolean rest = i == length - 1 && random.nextInt(4) == 0;
        String segment = random.nextInt(4) == 0 ? "*" : SEGMENTS[random.nextInt(SEGMENTS.length)];
        path.append(i == 0 ? "" : "/").append(rest ? "**" : segment);
      }
      return ResourcePattern.of(random.nextInt(4) == 0 ? "set" : "file", path.toString());
    }

    Snapshot.Rows rows() {
      Set<Long> usedUp = new HashSet<>();
      grants.stream().filter(Told::usedUp).forEach(told -> usedUp.add(told.grant.id()));
      return new Snapshot.Rows(
          new Version(1, 1, 1),
          roles,
          memberships,
          grants.stream().map(Told::grant).toList(),
          usedUp);
    }

    /** With room for all effective roles, for a few, or for none. */
    Snapshot snapshot() {
      Snapshot whole = new Snapshot(rows());
      long room = List.of(EffectiveRoles.MOST_BYTES, 500L, 0L).get(random.nextInt(3));
      return EffectiveRolesTest.with(whole, room);
    }

    /** What is wrong with the decision; null if nothing is. */
    String contradiction(
        Decision decision, int subject, int action, int resource, RandomConditions.Facts facts) {
      int index = (subject * ACTIONS.size() + action) * RESOURCES.size() + resource;
      List<Told> tried = covering.get(index);
      if (tried == null) {
        tried = covering(SUBJECTS.get(subject), ACTIONS.get(action), RESOURCES.get(resource));
        covering.set(index, tried);
      }
      List<Long> denials = new ArrayList<>();
      List<Long> allowances = new ArrayList<>();
      Set<Reason> idle = EnumSet.noneOf(Reason.class);
      for (Told told : tried) {
        boolean denies = told.grant.effect() == Effect.DENY;
        Reason reason = told.idle(facts);
        if (reason == null) {
          (denies ? denials : allowances).add(told.grant.id());
        } else if (!denies) {
          idle.add(reason);
        }
      }
      Reason expected =
          !denials.isEmpty()
              ? Reason.DENIED
              : !allowances.isEmpty() ? Reason.GRANTED : reason(subject, action, resource, idle);
      if (decision.reason() != expected || decision.allowed() != (expected == Reason.GRANTED)) {
        return "must be " + expected;
      }
      List<Long> decisive = denials.isEmpty() ? allowances : denials;
      boolean restsOnOne =
          decisive.isEmpty() ? decision.grantId() == 0 : decisive.contains(decision.grantId());
      return restsOnOne ? null : "must rest on one of " + decisive;
    }

    private Reason reason(int subject, int action, int resource, Set<Reason> idle) {
      Subject who = SUBJECTS.get(subject);
      boolean known =
          who.isRole()
              ? roles.stream().anyMatch(role -> role.name().equals(who.name()))
              : memberships.stream().anyMatch(row -> row.member().equals(who))
                  || grants.stream().anyMatch(told -> told.grant.holder().equals(who));
      if (!known) {
        return Reason.UNKNOWN_SUBJECT;
      }
      for (Reason reason : List.of(Reason.USED_UP, Reason.CONDITION_UNMET, Reason.EXPIRED)) {
        if (idle.contains(reason)) {
          return reason;
        }
      }
      String what = ACTIONS.get(action);
      if (grants.stream().noneMatch(told -> told.grant.action().equals(what))) {
        return Reason.UNKNOWN_ACTION;
      }
      Resource where = RESOURCES.get(resource);
      return grants.stream().anyMatch(told -> covers(told.grant.resource(), where))
          ? Reason.NOT_GRANTED
          : Reason.UNKNOWN_RESOURCE;
    }

    private List<Told> covering(Subject subject, String action, Resource resource) {
      return held.computeIfAbsent(subject, this::held).stream()
          .filter(told -> Stream.of("*", action).anyMatch(told.grant.action()::equals))
          .filter(told -> covers(told.grant.resource(), resource))
          .toList();
    }

    private List<Told> held(Subject subject) {
      Set<Subject> holders = new HashSet<>(Set.of(subject));
      boolean grown = true;
      while (grown) {
        grown = false;
        for (Membership row : memberships) {
          grown |= holders.contains(row.member()) && holders.add(Subject.role(row.role()));
        }
      }
      return grants.stream().filter(told -> holders.contains(told.grant.holder())).toList();
    }
  }

  private static boolean covers(ResourcePattern pattern, Resource resource) {
    boolean everyType = pattern.type().equals("*");
    return (everyType || pattern.type().equals(resource.type()))
        && matches(pattern.path().split("/"), resource.path().split("/"));
  }

  private static boolean matches(String[] pattern, String[] path) {
    for (int i = 0; i < pattern.length; i++) {
      if (pattern[i].equals("**")) {
        return true;
      }
      if (i == path.length || !(pattern[i].equals("*") || pattern[i].equals(path[i]))) {
        return false;
      }
    }
    return pattern.length == path.length;
  }
}
