package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gatehouse.permission.Flaw.Kind;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LintTest {
  private static final Resource READER = Resource.component("reader");

  private final World world = new World();
  private final Permissions permissions = world.node();

  private List<Flaw> lint() {
    return permissions.lint(100);
  }

  private void behindTheBack(Consumer<PermissionStore> rows) {
    world.storage.run(
        transaction -> {
          PermissionStore store = world.storage.permissions().joining(transaction);
          rows.accept(store);
          store.advance(
              new PermissionStore.Change(
                  900, PermissionStore.Change.Operation.MEMBERSHIP_ADDED, 1, 1));
        });
  }

  private void assertSound() {
    assertThat(lint()).isEmpty();
  }

  @Test
  void lint_soundPermissions_findsNothing() {
    assertSound();
    permissions.defineRole("editor");
    permissions.defineRole("viewer");
    permissions.inherit("editor", "viewer");
    permissions.assign(user("ann"), "editor");
    permissions.grant(Grant.allow(role("viewer"), "use", READER));
    permissions.grant(Grant.allow(user("ann"), "use", ResourcePattern.of("file", "a/*")));
    permissions.grant(Grant.allow(user("ann"), "use", ResourcePattern.of("file", "*/a")));
    permissions.grant(Grant.deny(user("ann"), "use", ResourcePattern.of("file", "a/b")));
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    assertSound();
  }

  @Test
  void lint_rolesInACircle_namesTheMembershipsOfEach() {
    behindTheBack(
        store -> {
          for (int i = 1; i <= 6; i++) {
            store.insertRole(new Role(i, "r" + i));
          }
          store.insertMembership(new Membership(11, role("r1"), "r2"));
          store.insertMembership(new Membership(12, role("r2"), "r3"));
          store.insertMembership(new Membership(13, role("r3"), "r1"));
          store.insertMembership(new Membership(14, role("r4"), "r4"));
          store.insertMembership(new Membership(15, role("r5"), "r1"));
          store.insertMembership(new Membership(16, role("r1"), "r6"));
        });
    assertThat(lint())
        .filteredOn(flaw -> flaw.kind() == Kind.CIRCLE)
        .extracting(flaw -> List.copyOf(new java.util.TreeSet<>(flaw.ids())))
        .containsExactlyInAnyOrder(List.of(11L, 12L, 13L), List.of(14L));
  }

  @Test
  void lint_deepChain_takesNoStack() {
    behindTheBack(
        store -> {
          for (int i = 1; i <= 10_000; i++) {
            store.insertRole(new Role(i, "r" + i));
            store.insertMembership(
                new Membership(20_000 + i, role("r" + i), "r" + (i % 10_000 + 1)));
          }
        });
    assertThat(permissions.lint(1).get(0).ids()).hasSize(10_000);
  }

  @Test
  void lint_rowsOfUndefinedRoles_areNamed() {
    behindTheBack(
        store -> {
          store.insertMembership(new Membership(11, user("ann"), "ghost"));
          store.insertGrant(new Grant(12, Grant.allow(role("ghost"), "use", READER)));
        });
    assertThat(lint())
        .extracting(Flaw::kind, Flaw::ids)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Kind.UNDEFINED_ROLE, List.of(11L)),
            org.assertj.core.groups.Tuple.tuple(Kind.UNDEFINED_ROLE, List.of(12L)));
  }

  @Test
  void lint_idleRoles_areNamed() {
    permissions.defineRole("lonely");
    permissions.defineRole("empty");
    permissions.assign(user("ann"), "empty");
    permissions.grant(Grant.allow(role("lonely"), "use", READER));
    assertThat(lint())
        .extracting(Flaw::sentence)
        .containsExactly(
            "Role 'lonely' has no members", "Role 'empty' neither holds nor inherits a grant");
  }

  @Test
  void lint_expiredAndUsedUpGrants_areNamed() {
    Instant end = world.clock.instant().plusSeconds(1);
    Grant expired = permissions.grant(Grant.allow(user("ann"), "use", READER).until(end));
    Grant used = permissions.grant(Grant.allow(user("bob"), "use", READER).times(1));
    permissions.require(user("bob"), "use", READER);
    world.pass(Duration.ofSeconds(1));
    assertThat(lint())
        .containsExactly(
            new Flaw(Kind.EXPIRED, List.of(expired.id()), "Grant 1 has expired"),
            new Flaw(Kind.USED_UP, List.of(used.id()), "Grant 3 is used up"));
  }

  @Test
  void lint_grantsThatSayNothingMore_areNamedWithTheOther() {
    permissions.defineRole("editor");
    permissions.assign(user("ann"), "editor");
    Grant wide = permissions.grant(Grant.allow(role("editor"), "*", ResourcePattern.every("file")));
    Instant end = world.clock.instant().plusSeconds(9);
    ResourcePattern narrow = ResourcePattern.of("file", "a/**");
    Grant first = permissions.grant(Grant.allow(user("ann"), "use", narrow).until(end));
    Grant second =
        permissions.grant(
            Grant.allow(user("ann"), "read", narrow).when(Condition.present("x")).times(2));
    assertThat(lint())
        .extracting(Flaw::kind, Flaw::ids)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Kind.SHADOWED, List.of(first.id(), wide.id())),
            org.assertj.core.groups.Tuple.tuple(Kind.SHADOWED, List.of(second.id(), wide.id())));
  }

  @Test
  void lint_shadowThatEndsSoonerOrDependsOrCoversLess_isNone() {
    Instant end = world.clock.instant().plusSeconds(9);
    permissions.grant(Grant.allow(user("ann"), "*", READER).until(end));
    permissions.grant(
        Grant.allow(user("ann"), "use", ResourcePattern.everything()).when(Condition.present("x")));
    permissions.grant(
        Grant.allow(user("ann"), "use", ResourcePattern.of("component", "*")).times(3));
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertSound();
  }

  @Test
  void lint_allowanceThatIsDeniedWholly_isNamedWithTheDenial() {
    permissions.defineRole("intern");
    permissions.assign(user("ann"), "intern");
    Grant denial = permissions.grant(Grant.deny(role("intern"), "*", ResourcePattern.everything()));
    Grant allowance = permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(lint())
        .containsExactly(
            new Flaw(
                Kind.DENIED,
                List.of(allowance.id(), denial.id()),
                "Grant 7 (allow user:ann use on component:reader) is denied wholly by"
                    + " grant 5 (deny role:intern * on *:**)"));
    permissions.revoke(denial.id());
    permissions.grant(
        Grant.deny(role("intern"), "*", ResourcePattern.everything())
            .when(Condition.not(Condition.present("x"))));
    assertSound();
  }

  @Test
  void lint_limit_isKept() {
    for (int i = 0; i < 5; i++) {
      permissions.defineRole("r" + i);
    }
    assertThat(permissions.lint(3)).hasSize(3);
    assertThatIllegalArgumentException().isThrownBy(() -> permissions.lint(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.lint(10_001))
        .withMessage("limit must be in 1..10000, was 10001");
  }
}
