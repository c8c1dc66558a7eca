package dev.gatehouse.permission;

import static dev.gatehouse.permission.Condition.equal;
import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.DeniedException;
import dev.gatehouse.permission.Decision.Reason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionalPermissionsTest {
  private static final Resource READER = Resource.component("reader");
  private static final Attributes OFFICE = Attributes.of("place", "office");
  private static final Attributes HOME = Attributes.of("place", "home");
  private static final Condition AT_OFFICE = equal("place", "office");

  private final World world = new World();
  private final Permissions permissions = world.node();

  private Decision check(Attributes attributes) {
    return permissions.check(user("ann"), "use", READER, attributes);
  }

  @Test
  void allowance_countsOnlyWhileItsConditionIsTrue() {
    Grant grant = permissions.grant(Grant.allow(user("ann"), "use", READER).when(AT_OFFICE));
    assertThat(check(OFFICE)).isEqualTo(new Decision.Allowed(1, grant.id()));
    for (Attributes other : List.of(HOME, Attributes.NONE, Attributes.of("place", 1))) {
      assertThat(check(other)).isEqualTo(new Decision.Denied(Reason.CONDITION_UNMET, 1, 0));
    }
    assertThat(permissions.check(user("ann"), "use", READER).allowed()).isFalse();
    permissions.require(user("ann"), "use", READER, OFFICE);
    assertThatThrownBy(() -> permissions.require(user("ann"), "use", READER))
        .isInstanceOf(DeniedException.class)
        .hasMessageContaining("CONDITION_UNMET");
  }

  @Test
  void checkAll_decidesEachByTheAttributes() {
    permissions.grant(Grant.allow(user("ann"), "use", READER).when(AT_OFFICE));
    permissions.grant(Grant.allow(user("ann"), "see", READER));
    List<PermissionView.Request> requests =
        List.of(
            new PermissionView.Request("use", READER),
            new PermissionView.Request("see", READER),
            new PermissionView.Request("use", READER));
    for (Attributes attributes : List.of(OFFICE, HOME, Attributes.NONE)) {
      List<Decision> expected =
          requests.stream()
              .map(
                  request ->
                      permissions.check(
                          user("ann"), request.action(), request.resource(), attributes))
              .toList();
      assertThat(expected.get(0).allowed()).isEqualTo(attributes.equals(OFFICE));
      assertThat(permissions.checkAll(user("ann"), requests, attributes)).isEqualTo(expected);
      assertThat(permissions.view().checkAll(user("ann"), requests, attributes))
          .isEqualTo(expected);
    }
    assertThat(permissions.checkAll(user("ann"), requests))
        .isEqualTo(permissions.checkAll(user("ann"), requests, Attributes.NONE))
        .isEqualTo(permissions.view().checkAll(user("ann"), requests));
    assertThatNullPointerException()
        .isThrownBy(() -> permissions.checkAll(null, List.of(), Attributes.NONE));
  }

  @Test
  void denial_countsUnlessItsConditionIsFalse() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    Grant denial =
        permissions.grant(Grant.deny(user("ann"), "use", READER).when(Condition.not(AT_OFFICE)));
    assertThat(check(OFFICE).allowed()).isTrue();
    for (Attributes other : List.of(HOME, Attributes.NONE, Attributes.of("place", true))) {
      assertThat(check(other)).isEqualTo(new Decision.Denied(Reason.DENIED, 2, denial.id()));
    }
  }

  @Test
  void timeCondition_goesByTheClockOfTheCheck() {
    permissions.grant(
        Grant.allow(user("ann"), "use", READER)
            .when(Condition.from(world.clock.instant().plusMillis(1))));
    assertThat(check(Attributes.NONE).allowed()).isFalse();
    world.pass(Duration.ofMillis(1));
    assertThat(check(Attributes.NONE).allowed()).isTrue();
  }

  @Test
  void condition_ofARolesGrant_holdsForItsMembers() {
    permissions.defineRole("editor");
    permissions.defineRole("clerk");
    permissions.inherit("editor", "clerk");
    permissions.assign(user("ann"), "editor");
    permissions.grant(
        Grant.allow(role("clerk"), "*", ResourcePattern.every("component")).when(AT_OFFICE));
    assertThat(check(OFFICE).allowed()).isTrue();
    assertThat(check(HOME).allowed()).isFalse();
    assertThat(permissions.check(user("bob"), "use", READER, OFFICE).allowed()).isFalse();
  }

  @Test
  void grant_sameTermsUnderAnotherCondition_takesThePlaceOfTheFirst() {
    Grant.Terms terms = Grant.allow(user("ann"), "use", READER);
    Grant first = permissions.grant(terms);
    Grant second = permissions.grant(terms.when(AT_OFFICE));
    assertThat(permissions.grant(terms.when(AT_OFFICE))).isEqualTo(second);
    assertThat(permissions.grants(user("ann"), 0, 9)).containsExactly(second);
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(check(HOME).allowed()).isFalse();
    assertThat(permissions.revoke(terms)).isTrue();
    assertThat(check(OFFICE).allowed()).isFalse();
  }

  /** Or a denial would be passed by whoever keeps a handle. */
  @Test
  void view_deniesWhatAConditionalGrantDenies() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    PermissionView before = permissions.view();
    PermissionView.Holder ann = before.resolve(user("ann"));
    PermissionView.Access use = before.resolve("use", READER);
    assertThat(before.check(ann, use).allowed()).isTrue();
    assertThat(before.subjectsOf("use", READER)).containsExactly(user("ann"));
    permissions.grant(Grant.deny(user("ann"), "*", READER).when(Condition.not(AT_OFFICE)));
    PermissionView after = permissions.view();
    assertThat(after.check(ann, use).reason()).isEqualTo(Reason.DENIED);
    assertThat(before.allows(ann, use)).isTrue();
    assertThat(after.allows(ann, use)).isFalse();
    assertThat(after.check(user("ann"), "use", READER).reason()).isEqualTo(Reason.DENIED);
    assertThat(after.subjectsOf("use", READER)).isEmpty();
    assertThat(after.resourcesOf(user("ann"), "use")).isEmpty();
    assertThat(before.check(ann, use).allowed()).isTrue();
  }

  @Test
  void explain_tellsWhatBecameOfEachCondition() {
    permissions.grant(Grant.allow(user("ann"), "use", READER).when(AT_OFFICE));
    permissions.grant(Grant.deny(user("ann"), "*", READER).when(Condition.less("level", 3)));
    assertThat(permissions.explain(user("ann"), "use", READER, HOME).toString())
        .isEqualTo(
            """
            DENIED: user:ann may not use component:reader (DENIED, permissions version 2)
              x grant 3 denies user:ann * on component:reader when level < 3 [decides, condition unknown]
                  user:ann
              + grant 1 allows user:ann use on component:reader when place = 'office' [unmet]
                  user:ann""");
    assertThat(permissions.explain(user("ann"), "use", READER, OFFICE.with("level", 3)).findings())
        .extracting(Explanation.Finding::part)
        .containsExactly(Explanation.Part.UNMET, Explanation.Part.DECIDES);
  }

  @Test
  void change_ofAConditionalGrant_isAuditedWithItsCondition() {
    permissions.grant(Grant.allow(user("ann"), "use", READER).when(AT_OFFICE));
    assertThat(world.audit.all.get(0).ext().orElseThrow())
        .contains("\"condition\":{\"equal\":{\"attribute\":\"place\",\"value\":\"office\"}}");
  }
}
