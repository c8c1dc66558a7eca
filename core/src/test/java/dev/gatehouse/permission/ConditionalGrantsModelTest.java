package dev.gatehouse.permission;

import static java.time.DayOfWeek.SUNDAY;
import static java.time.DayOfWeek.TUESDAY;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.Condition.Truth;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.permission.Explanation.Finding;
import dev.gatehouse.permission.Explanation.Part;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Conditional grants beside others decide as a model does that tries every grant. */
class ConditionalGrantsModelTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final String[] ACTIONS = {"read", "write"};
  private static final String[] PATHS = {"a", "a/b", "b/a"};
  private static final String[] PATTERNS = {"a", "a/b", "b/a", "a/*", "*/a", "a/**", "**", "*"};

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private long nextId = 1;

  @Test
  void decide_randomConditionsAndUses_agreesWithTheModel() {
    Set<Reason> seen = new HashSet<>();
    for (int world = 0; world < 250; world++) {
      Snapshot.Rows rows = rows();
      Snapshot snapshot = random.nextBoolean() ? new Snapshot(rows) : grown(rows);
      PermissionView view = new PermissionView(snapshot, CLOCK);
      for (int ask = 0; ask < 50; ask++) {
        Question question = question();
        Decision decision = snapshot.decide(question, CLOCK);
        seen.add(decision.reason());
        Supplier<String> about = () -> "seed " + seed + ", " + question + " in " + rows;
        assertAgrees(rows, question, decision, about);
        Explanation explanation = Derivation.explain(snapshot, question, CLOCK);
        assertThat(explanation.decision()).as(about).isEqualTo(decision);
        assertFindings(rows, question, explanation, about);
        assertCounted(rows, question, decision, snapshot, about);
        assertHandles(view, question, snapshot, about);
      }
      assertLists(view, rows);
    }
    Set<Reason> expected = new HashSet<>(Set.of(Reason.values()));
    expected.remove(Reason.STALE);
    assertThat(seen).as("seed " + seed).isEqualTo(expected);
  }

  private static void assertAgrees(
      Snapshot.Rows rows, Question question, Decision decision, Supplier<String> about) {
    Set<Grant> covering = covering(rows, question);
    Set<Long> denials = deciding(rows, covering, question, Effect.DENY);
    Set<Long> allowances = deciding(rows, covering, question, Effect.ALLOW);
    assertThat(decision.allowed()).as(about).isEqualTo(denials.isEmpty() && !allowances.isEmpty());
    Set<Long> decisive = denials.isEmpty() ? allowances : denials;
    assertThat(decisive.isEmpty() ? Set.of(0L) : decisive).as(about).contains(decision.grantId());
    boolean onlyCounted =
        covering.stream()
            .filter(grant -> allowances.contains(grant.id()))
            .allMatch(grant -> grant.times().isPresent());
    if (decision.allowed() && onlyCounted) {
      assertThat(decision.grantId()).as(about).isEqualTo(Collections.min(allowances));
    }
    if (denials.isEmpty() && allowances.isEmpty()) {
      Set<Part> parts =
          covering.stream()
              .filter(grant -> grant.effect() == Effect.ALLOW)
              .map(grant -> part(rows, grant, question))
              .collect(toSet());
      Set<Reason> plain =
          Set.of(
              Reason.NOT_GRANTED,
              Reason.UNKNOWN_SUBJECT,
              Reason.UNKNOWN_ACTION,
              Reason.UNKNOWN_RESOURCE);
      if (parts.contains(Part.USED_UP)) {
        assertThat(decision.reason()).as(about).isEqualTo(Reason.USED_UP);
      } else if (parts.contains(Part.UNMET)) {
        assertThat(decision.reason()).as(about).isEqualTo(Reason.CONDITION_UNMET);
      } else if (parts.contains(Part.EXPIRED)) {
        assertThat(decision.reason()).as(about).isEqualTo(Reason.EXPIRED);
      } else {
        assertThat(decision.reason()).as(about).isIn(plain);
      }
    }
  }

  private static void assertFindings(
      Snapshot.Rows rows, Question question, Explanation explanation, Supplier<String> about) {
    assertThat(explanation.findings().stream().map(Finding::grant))
        .as(about)
        .containsExactlyInAnyOrderElementsOf(covering(rows, question));
    boolean denied = explanation.decision().reason() == Reason.DENIED;
    for (Finding finding : explanation.findings()) {
      Part part = part(rows, finding.grant(), question);
      boolean loses = denied && part == Part.DECIDES && finding.grant().effect() == Effect.ALLOW;
      assertThat(finding.part()).as(about).isEqualTo(loses ? Part.OVERRIDDEN : part);
      assertThat(finding.path().get(0)).as(about).isEqualTo(question.subject());
      assertThat(finding.path()).as(about).last().isEqualTo(finding.grant().holder());
    }
  }

  /** Uses are asked for only if nothing else allows it, and then of every grant that has some. */
  private static void assertCounted(
      Snapshot.Rows rows,
      Question question,
      Decision decision,
      Snapshot snapshot,
      Supplier<String> about) {
    Set<Grant> covering = covering(rows, question);
    List<Grant> allowing =
        covering.stream()
            .filter(grant -> grant.effect() == Effect.ALLOW)
            .filter(grant -> part(rows, grant, question) == Part.DECIDES)
            .toList();
    boolean onlyCounted =
        decision.allowed() && allowing.stream().allMatch(grant -> grant.times().isPresent());
    assertThat(snapshot.counted(question, decision, CLOCK))
        .as(about)
        .isEqualTo(
            onlyCounted
                ? allowing.stream().sorted(Comparator.comparing(Grant::id)).toList()
                : List.of());
  }

  /** Views know no attributes. */
  private static void assertHandles(
      PermissionView view, Question question, Snapshot snapshot, Supplier<String> about) {
    PermissionView.Holder holder = view.resolve(question.subject());
    PermissionView.Access access = view.resolve(question.action(), question.resource());
    Question bare =
        new Question(question.subject(), question.action(), question.resource(), Attributes.NONE);
    Decision decision = snapshot.decide(bare, CLOCK);
    assertThat(view.check(holder, access)).as(about).isSameAs(decision);
    assertThat(view.allows(holder, access)).as(about).isEqualTo(decision.allowed());
    assertThat(view.check(question.subject(), question.action(), question.resource()))
        .as(about)
        .isSameAs(decision);
  }

  private void assertLists(PermissionView view, Snapshot.Rows rows) {
    for (String action : ACTIONS) {
      for (String path : PATHS) {
        Resource resource = Resource.of("file", path);
        assertThat(view.subjectsOf(action, resource))
            .as(() -> "seed " + seed + ", " + action + " " + resource + " in " + rows)
            .containsExactlyInAnyOrderElementsOf(
                Stream.of(Subject.user("u0"), Subject.user("u1"))
                    .filter(subject -> view.check(subject, action, resource).allowed())
                    .toList());
      }
      for (Subject subject : List.of(Subject.user("u0"), Subject.user("u1"))) {
        assertThat(view.resourcesOf(subject, action).filter(ResourcePattern::isExact))
            .as(() -> "seed " + seed + ", " + subject + " " + action + " in " + rows)
            .containsExactlyInAnyOrderElementsOf(
                rows.grants().stream()
                    .map(Grant::resource)
                    .distinct()
                    .filter(ResourcePattern::isExact)
                    .filter(
                        exact ->
                            view.check(subject, action, Resource.of(exact.type(), exact.path()))
                                .allowed())
                    .toList());
      }
    }
  }

  /** The same rows, and some that come and go, in the steps that a node follows them. */
  private Snapshot grown(Snapshot.Rows rows) {
    List<Grant> grants = rows.grants();
    int middle = grants.isEmpty() ? 0 : random.nextInt(grants.size());
    Set<Grant.Terms> there =
        grants.stream().map(grant -> grant.terms().unlimited()).collect(toSet());
    List<Grant> passing = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Grant.Terms terms = terms();
      if (there.add(terms.unlimited())) {
        passing.add(new Grant(nextId++, terms));
      }
    }
    SnapshotEditor first = new SnapshotEditor(Snapshot.Parts.EMPTY);
    rows.roles().forEach(first::add);
    rows.memberships().forEach(first::add);
    passing.forEach(first::add);
    grants.subList(0, middle).forEach(first::add);
    SnapshotEditor second = new SnapshotEditor(first.snapshot(new Version(1, 1, 1)).parts());
    second.useUp(passing.stream().map(Grant::id).collect(Collectors.toSet()));
    grants.subList(middle, grants.size()).forEach(second::add);
    second.useUp(rows.usedUp());
    SnapshotEditor third = new SnapshotEditor(second.snapshot(new Version(2, 2, 1)).parts());
    third.removeGrants(Ids.of(passing.stream().map(Grant::id).toList()));
    third.useUp(Set.of(Long.MAX_VALUE));
    return third.snapshot(rows.version());
  }

  // The model.

  private static Set<Grant> covering(Snapshot.Rows rows, Question question) {
    Set<Subject> holders = new HashSet<>(Set.of(question.subject()));
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
        .filter(grant -> Set.of("*", question.action()).contains(grant.action()))
        .filter(grant -> grant.resource().type().equals(question.resource().type()))
        .filter(grant -> question.resource().path().matches(regex(grant.resource().path())))
        .collect(toSet());
  }

  private static String regex(String pattern) {
    if (pattern.equals("**")) {
      return ".*";
    }
    return pattern.replace("/**", "(/.@)?").replace("*", "[^/]+").replace("@", "*");
  }

  private static Set<Long> deciding(
      Snapshot.Rows rows, Set<Grant> covering, Question question, Effect effect) {
    return covering.stream()
        .filter(grant -> grant.effect() == effect)
        .filter(grant -> part(rows, grant, question) == Part.DECIDES)
        .map(Grant::id)
        .collect(toSet());
  }

  private static Part part(Snapshot.Rows rows, Grant grant, Question question) {
    if (grant.expiresAt().isPresent() && !NOW.isBefore(grant.expiresAt().get())) {
      return Part.EXPIRED;
    }
    if (rows.usedUp().contains(grant.id())) {
      return Part.USED_UP;
    }
    Truth truth =
        grant.condition().map(each -> each.judge(question.attributes(), NOW)).orElse(Truth.TRUE);
    boolean counts = grant.effect() == Effect.DENY ? truth != Truth.FALSE : truth == Truth.TRUE;
    return counts ? Part.DECIDES : Part.UNMET;
  }

  // The worlds: few names, so that much of it meets.

  private Snapshot.Rows rows() {
    List<Role> roles = new ArrayList<>();
    List<Membership> memberships = new ArrayList<>();
    for (int role = 0; role < 4; role++) {
      roles.add(new Role(nextId++, "r" + role));
      for (int parent = 0; parent < role; parent++) {
        if (random.nextInt(3) == 0) {
          memberships.add(new Membership(nextId++, Subject.role("r" + role), "r" + parent));
        }
      }
      if (random.nextInt(2) == 0) {
        memberships.add(
            new Membership(nextId++, Subject.user("u" + random.nextInt(2)), "r" + role));
      }
    }
    List<Grant> grants = new ArrayList<>();
    Set<Long> usedUp = new HashSet<>();
    Set<Grant.Terms> granted = new HashSet<>();
    for (int i = random.nextInt(12); i > 0; i--) {
      Grant.Terms terms = terms();
      if (granted.add(terms.unlimited())) {
        if (terms.times().isPresent() && random.nextInt(3) == 0) {
          usedUp.add(nextId);
        }
        grants.add(new Grant(nextId++, terms));
      }
    }
    return new Snapshot.Rows(new Version(1, 1, 1), roles, memberships, grants, usedUp);
  }

  private Grant.Terms terms() {
    Subject holder =
        random.nextBoolean()
            ? Subject.role("r" + random.nextInt(4))
            : Subject.user("u" + random.nextInt(2));
    String action = random.nextInt(5) == 0 ? "*" : any(ACTIONS);
    ResourcePattern pattern = ResourcePattern.of("file", any(PATTERNS));
    boolean denies = random.nextInt(4) == 0;
    Grant.Terms terms =
        denies ? Grant.deny(holder, action, pattern) : Grant.allow(holder, action, pattern);
    if (random.nextInt(5) == 0) {
      terms = terms.until(NOW.plusMillis(random.nextInt(3) - 1));
    }
    if (random.nextInt(2) == 0) {
      terms = terms.when(condition(3));
    }
    return !denies && random.nextInt(3) == 0 ? terms.times(1 + random.nextInt(3)) : terms;
  }

  private Condition condition(int depth) {
    return switch (random.nextInt(depth > 1 ? 10 : 7)) {
      case 0 -> Condition.present(any("x", "y"));
      case 1 -> Condition.equal(any("x", "y"), random.nextInt(2));
      case 2 -> Condition.equal(any("x", "y"), "t");
      case 3 -> Condition.less(any("x", "y"), 1);
      case 4 -> Condition.from(NOW.plusMillis(random.nextInt(2)));
      case 5 -> Condition.until(NOW.plusMillis(random.nextInt(2)));
      case 6 ->
          random.nextBoolean()
              ? Condition.daily(LocalTime.of(random.nextInt(2), 0), LocalTime.NOON, ZoneOffset.UTC)
              : Condition.weekdays(Set.of(random.nextBoolean() ? TUESDAY : SUNDAY), ZoneOffset.UTC);
      case 7 -> Condition.not(condition(depth - 1));
      case 8 -> Condition.and(condition(depth - 1), condition(depth - 1));
      default -> Condition.or(condition(depth - 1), condition(depth - 1));
    };
  }

  private Question question() {
    Attributes attributes = Attributes.NONE;
    for (String name : List.of("x", "y")) {
      attributes =
          switch (random.nextInt(3)) {
            case 0 -> attributes;
            case 1 -> attributes.with(name, random.nextInt(2));
            default -> attributes.with(name, "t");
          };
    }
    Subject subject =
        switch (random.nextInt(8)) {
          case 0 -> Subject.user("nobody");
          case 1 -> Subject.role("r" + random.nextInt(4));
          default -> Subject.user("u" + random.nextInt(2));
        };
    String action = random.nextInt(8) == 0 ? "unheard" : any(ACTIONS);
    return new Question(subject, action, Resource.of("file", any(PATHS)), attributes);
  }

  private String any(String... values) {
    return values[random.nextInt(values.length)];
  }
}
