package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.permission.Permissions.Flip;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DryRunTest {
  private static final Resource READER = Resource.component("reader");
  private static final Attributes SOME = Attributes.of("x", 1);
  private static final String UNNAMED = "zzz";

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final World world = new World();
  private final Permissions permissions = world.node();

  private List<String> dryRun(PermissionChange... changes) {
    return permissions.dryRun(List.of(changes), Attributes.NONE, 1_000).stream()
        .map(DryRunTest::text)
        .toList();
  }

  private static String text(Flip flip) {
    String sign = flip.after().allowed() ? "+" : "-";
    return sign + " " + flip.subject() + " " + flip.action() + " " + flip.resource();
  }

  @Test
  void dryRun_tellsFlipsAndWritesNothing() {
    permissions.defineRole("editor");
    permissions.assign(user("ann"), "editor");
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    long version = permissions.version();
    int records = world.audit.all.size();
    assertThat(
            dryRun(
                PermissionChange.grant(Grant.allow(role("editor"), "use", READER)),
                PermissionChange.revoke(Grant.allow(user("bob"), "use", READER)),
                PermissionChange.defineRole("viewer"),
                PermissionChange.grant(
                    Grant.allow(role("viewer"), "*", ResourcePattern.every("file"))),
                PermissionChange.assign(user("cid"), "viewer")))
        .containsExactlyInAnyOrder(
            "+ user:ann use component:reader",
            "- user:bob use component:reader",
            "+ user:cid * file:**",
            "+ user:cid use file:**");
    assertThat(permissions.version()).isEqualTo(version);
    assertThat(world.audit.all).hasSize(records);
    assertThat(permissions.check(user("ann"), "use", READER).allowed()).isFalse();
  }

  @Test
  void dryRun_changeWithoutEffect_flipsNothing() {
    permissions.grant(Grant.allow(user("ann"), "*", ResourcePattern.everything()));
    assertThat(
            dryRun(
                PermissionChange.grant(Grant.allow(user("ann"), "use", READER)),
                PermissionChange.defineRole("editor")))
        .isEmpty();
  }

  @Test
  void dryRun_goesByTheAttributes() {
    PermissionChange change =
        PermissionChange.grant(
            Grant.allow(user("ann"), "use", READER).when(Condition.equal("x", 1)));
    assertThat(permissions.dryRun(List.of(change), SOME, 10)).hasSize(1);
    assertThat(permissions.dryRun(List.of(change), Attributes.NONE, 10)).isEmpty();
  }

  @Test
  void dryRun_changeThatCannotBeMade_throwsAsItWould() {
    permissions.defineRole("a");
    permissions.defineRole("b");
    permissions.inherit("a", "b");
    assertThatThrownBy(() -> dryRun(PermissionChange.inherit("b", "a")))
        .isInstanceOf(ConflictException.class);
    assertThatThrownBy(() -> dryRun(PermissionChange.assign(user("ann"), "nobody")))
        .isInstanceOf(NotFoundException.class);
    assertThat(dryRun(PermissionChange.disinherit("a", "b"), PermissionChange.inherit("b", "a")))
        .isEmpty();
  }

  @Test
  void dryRun_limits_areKept() {
    List<PermissionChange> changes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      changes.add(PermissionChange.grant(Grant.allow(user("u" + i), "use", READER)));
    }
    assertThat(permissions.dryRun(changes, Attributes.NONE, 7)).hasSize(7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.dryRun(List.of(), Attributes.NONE, 7))
        .withMessage("number of changes must be in 1..1000, was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                permissions.dryRun(Collections.nCopies(1_001, changes.get(0)), Attributes.NONE, 7));
    assertThatIllegalArgumentException().isThrownBy(() -> PermissionChange.assign(role("a"), "b"));
  }

  @Test
  void dryRun_tooMuchToCompare_isRefused() {
    PermissionBatch.Builder batch = PermissionBatch.builder().role("all");
    for (int i = 0; i < 2_500; i++) {
      batch.assign(user("u" + i), "all");
      batch.grant(Grant.allow(user("x"), "use", Resource.of("f", "r" + i)));
    }
    permissions.load(batch.build());
    PermissionChange change =
        PermissionChange.grant(Grant.allow(role("all"), "*", ResourcePattern.everything()));
    assertThatThrownBy(() -> dryRun(change))
        .isInstanceOf(LimitException.class)
        .hasMessage(
            "decisions to be compared must be at most 5000000, are more: try fewer changes");
  }

  /** Brute force: every decision of the universe, before and after the changes were made. */
  @Test
  void dryRun_randomChanges_agreesWithMakingThem() {
    int flipped = 0;
    for (int round = 0; round < 150; round++) {
      World own = new World();
      Permissions real = own.node();
      for (int role = 0; role < 3; role++) {
        real.defineRole("r" + role);
      }
      for (int i = 0; i < 12; i++) {
        make(real, change());
      }
      List<PermissionChange> changes = new ArrayList<>();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        changes.add(change());
      }
      if (random.nextInt(4) == 0) {
        changes.add(PermissionChange.removeRole("r" + random.nextInt(3)));
      }
      List<Flip> told = real.dryRun(changes, SOME, 10_000);
      Set<String> actions = new HashSet<>(Set.of("*"));
      Set<String> resources = new HashSet<>();
      Map<String, Boolean> before = decisions(real, actions, resources);
      changes.forEach(change -> make(real, change));
      Map<String, Boolean> after = decisions(real, actions, resources);
      Set<String> expected = new HashSet<>();
      after.forEach(
          (matter, allowed) -> {
            String[] words = matter.split(" ", -1);
            boolean named = actions.contains(words[1]) && resources.contains(words[2]);
            if (named && !before.get(matter).equals(allowed)) {
              expected.add((allowed ? "+ " : "- ") + matter);
            }
          });
      assertThat(told.stream().map(DryRunTest::text))
          .as("seed %s, round %s, %s", seed, round, changes)
          .containsExactlyInAnyOrderElementsOf(expected);
      flipped += expected.size();
    }
    assertThat(flipped).as("seed " + seed).isGreaterThan(100);
  }

  private static final String[] PATTERNS = {"a", "a/b", "a/*", "*/b", "a/**", "**"};

  /** Every subject, action and sample that occurs in the test; and what grants name. */
  private static Map<String, Boolean> decisions(
      Permissions real, Set<String> actions, Set<String> resources) {
    for (int i = 0; i < 3; i++) {
      for (Subject holder : List.of(role("r" + i), user("u" + i))) {
        for (Grant grant : real.grants(holder, 0, 100)) {
          resources.add(grant.resource().toString());
          actions.add(grant.action());
        }
      }
    }
    Map<String, Boolean> decisions = new HashMap<>();
    for (int i = 0; i < 3; i++) {
      for (String action : Set.of("*", "read", "write")) {
        for (String path : PATTERNS) {
          String asked = path.replace("**", UNNAMED).replace("*", UNNAMED);
          decisions.put(
              user("u" + i) + " " + action + " f:" + path,
              real.with(Consistency.STRICT)
                  .check(
                      user("u" + i),
                      action.equals("*") ? UNNAMED : action,
                      Resource.of("f", asked),
                      SOME)
                  .allowed());
        }
      }
    }
    return decisions;
  }

  private static void make(Permissions real, PermissionChange change) {
    if (change instanceof PermissionChange.Granting granting) {
      real.grant(granting.terms());
    } else if (change instanceof PermissionChange.Revoking revoking) {
      real.revoke(revoking.terms());
    } else if (change instanceof PermissionChange.Defining defining) {
      real.defineRole(defining.role());
    } else if (change instanceof PermissionChange.Removing removing) {
      real.removeRole(removing.role());
    } else if (change instanceof PermissionChange.Joining joining) {
      if (joining.member().isRole()) {
        real.inherit(joining.member().name(), joining.role());
      } else {
        real.assign(joining.member(), joining.role());
      }
    } else if (change instanceof PermissionChange.Leaving leaving) {
      if (leaving.member().isRole()) {
        real.disinherit(leaving.member().name(), leaving.role());
      } else {
        real.unassign(leaving.member(), leaving.role());
      }
    }
  }

  /** Roles inherit from lower ones alone, so that every change can be made. */
  private PermissionChange change() {
    String low = "r" + random.nextInt(2);
    Subject user = user("u" + random.nextInt(3));
    return switch (random.nextInt(10)) {
      case 0 -> PermissionChange.assign(user, low);
      case 1 -> PermissionChange.assign(user, "r2");
      case 2 -> PermissionChange.unassign(user, low);
      case 3 -> PermissionChange.inherit("r2", low);
      case 4 -> PermissionChange.disinherit("r2", low);
      case 5 -> PermissionChange.revoke(terms());
      default -> PermissionChange.grant(terms());
    };
  }

  private Grant.Terms terms() {
    Subject holder =
        random.nextBoolean() ? role("r" + random.nextInt(3)) : user("u" + random.nextInt(3));
    String action = List.of("*", "read", "write").get(random.nextInt(3));
    ResourcePattern pattern = ResourcePattern.of("f", PATTERNS[random.nextInt(PATTERNS.length)]);
    Grant.Terms terms =
        random.nextInt(4) == 0
            ? Grant.deny(holder, action, pattern)
            : Grant.allow(holder, action, pattern);
    return random.nextInt(4) == 0 ? terms.when(Condition.equal("x", random.nextInt(2))) : terms;
  }
}
