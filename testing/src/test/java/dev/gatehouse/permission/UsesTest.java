package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Decision.Reason;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class UsesTest {
  private static final Resource READER = Resource.component("reader");
  private static final Grant.Terms TERMS = Grant.allow(user("ann"), "use", READER);

  private final World world = new World();
  private final Permissions permissions = world.node();

  private void use() {
    permissions.require(user("ann"), "use", READER);
  }

  private Decision check() {
    return permissions.check(user("ann"), "use", READER);
  }

  private void assertUsedUp() {
    assertThatThrownBy(this::use)
        .isInstanceOf(DeniedException.class)
        .hasMessageContaining("(USED_UP, ");
  }

  @Test
  void require_takesAUseEach_untilThereIsNone() {
    Grant grant = permissions.grant(TERMS.times(3));
    assertThat(permissions.usesLeft(grant.id())).hasValue(3);
    use();
    use();
    assertThat(permissions.usesLeft(grant.id())).hasValue(1);
    use();
    assertThat(permissions.usesLeft(grant.id())).hasValue(0);
    assertUsedUp();
    assertThat(check().reason()).isEqualTo(Reason.USED_UP);
    assertThat(world.audit.contents())
        .containsSubsequence(
            "Action 'use' of user:ann on component:reader took a use of grant 1, 2 left",
            "Action 'use' of user:ann on component:reader took a use of grant 1, 1 left",
            "Action 'use' of user:ann on component:reader took a use of grant 1, 0 left",
            "Action 'use' of user:ann on component:reader refused: USED_UP");
  }

  @Test
  void checkAndExplain_takeNone() {
    Grant grant = permissions.grant(TERMS.times(1));
    assertThat(check().allowed()).isTrue();
    assertThat(permissions.explain(user("ann"), "use", READER).decision().allowed()).isTrue();
    assertThat(permissions.usesLeft(grant.id())).hasValue(1);
  }

  @Test
  void require_anotherGrantAllows_takesNone() {
    Grant counted = permissions.grant(TERMS.times(1));
    permissions.grant(Grant.allow(user("ann"), "*", READER));
    use();
    assertThat(permissions.usesLeft(counted.id())).hasValue(1);
    permissions.revoke(Grant.allow(user("ann"), "*", READER));
    permissions.grant(
        Grant.allow(user("ann"), "*", READER).when(Condition.from(world.clock.instant())));
    use();
    assertThat(permissions.usesLeft(counted.id())).hasValue(1);
  }

  @Test
  void require_severalCount_takesTheFirstThatHasOne() {
    permissions.defineRole("editor");
    permissions.assign(user("ann"), "editor");
    Grant first = permissions.grant(Grant.allow(role("editor"), "use", READER).times(1));
    Grant second = permissions.grant(TERMS.times(1));
    use();
    assertThat(permissions.usesLeft(first.id())).hasValue(0);
    use();
    assertThat(permissions.usesLeft(second.id())).hasValue(0);
    assertUsedUp();
  }

  @Test
  void require_denied_takesNone() {
    Grant grant = permissions.grant(TERMS.times(1));
    permissions.grant(Grant.deny(user("ann"), "use", READER));
    assertThatThrownBy(this::use).isInstanceOf(DeniedException.class);
    assertThat(permissions.usesLeft(grant.id())).hasValue(1);
  }

  @Test
  void require_inATransaction_useStandsOrFallsWithIt() {
    Grant grant = permissions.grant(TERMS.times(2));
    assertThatThrownBy(
            () ->
                world.storage.run(
                    transaction -> {
                      Permissions joined = permissions.joining(transaction);
                      joined.require(user("ann"), "use", READER);
                      joined.require(user("ann"), "use", READER);
                      assertThat(joined.usesLeft(grant.id())).hasValue(0);
                      assertThat(joined.check(user("ann"), "use", READER).reason())
                          .isEqualTo(Reason.USED_UP);
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    assertThat(permissions.usesLeft(grant.id())).hasValue(2);
    assertThat(check().allowed()).isTrue();
    assertThat(world.audit.all).hasSize(1);
    world.storage.run(
        transaction -> permissions.joining(transaction).require(user("ann"), "use", READER));
    assertThat(permissions.usesLeft(grant.id())).hasValue(1);
  }

  @Test
  void require_usedUpOnAnotherNode_isDeniedThoughTheSnapshotDoesNotKnow() {
    permissions.grant(TERMS.times(1));
    assertThat(check().allowed()).isTrue();
    world.node().require(user("ann"), "use", READER);
    assertThat(check().allowed()).isTrue();
    assertUsedUp();
    world.pass(Duration.ofMillis(500));
    assertThat(check().reason()).isEqualTo(Reason.USED_UP);
  }

  @Test
  void require_revokedOnAnotherNode_takesNothingAndIsDenied() {
    Grant grant = permissions.grant(TERMS.times(5));
    assertThat(check().allowed()).isTrue();
    world.node().revoke(grant.id());
    assertThatThrownBy(this::use).isInstanceOf(DeniedException.class);
    assertThat(permissions.usesLeft(grant.id())).isEqualTo(OptionalLong.empty());
  }

  @Test
  void require_auditOrStorageFails_isNotAllowedAndTakesNone() {
    Grant grant = permissions.grant(TERMS.times(2));
    world.audit.failing(true);
    assertThatThrownBy(this::use).isInstanceOf(StorageException.class);
    world.audit.failing(false);
    assertThat(permissions.usesLeft(grant.id())).hasValue(2);
    assertThat(check().allowed()).isTrue();
    world.down.set(true);
    assertThatThrownBy(this::use).isInstanceOf(StorageException.class);
    world.down.set(false);
    assertThat(permissions.usesLeft(grant.id())).hasValue(2);
  }

  /** Else a host that grants at each start would fill up what was used up. */
  @Test
  void grant_sameTermsAgain_givesNoNewUses() {
    Grant grant = permissions.grant(TERMS.times(1));
    use();
    assertThat(permissions.grant(TERMS.times(1))).isEqualTo(grant);
    assertUsedUp();
    Grant more = permissions.grant(TERMS.times(2));
    assertThat(permissions.usesLeft(more.id())).hasValue(2);
    assertThat(permissions.usesLeft(grant.id())).isEqualTo(OptionalLong.empty());
    use();
  }

  @Test
  void explain_usedUp_saysSo() {
    permissions.grant(TERMS.times(1));
    use();
    assertThat(permissions.explain(user("ann"), "use", READER).toString())
        .isEqualTo(
            """
            DENIED: user:ann may not use component:reader (USED_UP, permissions version 2)
              + grant 1 allows user:ann use on component:reader 1 times [used up]
                  user:ann""");
  }

  @Test
  void removeRole_takesTheCountOfItsUsesAlong() {
    permissions.defineRole("editor");
    Grant grant = permissions.grant(Grant.allow(role("editor"), "use", READER).times(1));
    permissions.removeRole("editor");
    assertThat(permissions.usesLeft(grant.id())).isEqualTo(OptionalLong.empty());
  }

  @Test
  void times_badOnes_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TERMS.times(0))
        .withMessage("times must be in 1..1000000000, was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Grant.deny(user("ann"), "use", READER).times(1))
        .withMessage("times must be of an allowance, was of a denial");
  }
}
