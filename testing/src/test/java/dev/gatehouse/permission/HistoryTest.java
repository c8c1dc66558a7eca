package dev.gatehouse.permission;

import static dev.gatehouse.permission.Resource.component;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.permission.Decision.Reason;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final Resource READER = component("reader");

  private final World world = new World();
  private final Permissions permissions = world.node();

  private void grantAndRevoke(int times) {
    for (int i = 0; i < times; i++) {
      Grant grant = permissions.grant(Grant.allow(user("u" + i), "use", READER));
      permissions.revoke(grant.id());
    }
  }

  private long oldest() {
    return world.storage.permissions().oldest();
  }

  @Test
  void change_onceAnHour_forgetsWhatIsOlderThanTheHistory() {
    grantAndRevoke(2);
    assertThat(oldest()).isZero();
    world.pass(World.HISTORY);
    world.pass(Duration.ofMinutes(30));
    grantAndRevoke(1);
    assertThat(oldest()).isEqualTo(4);
    world.pass(Duration.ofMinutes(59));
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(oldest()).isEqualTo(4);
    assertThat(world.storage.permissions().changes(0, 10).get(0).number()).isEqualTo(4);
    assertThat(permissions.viewAt(4, world.clock.instant()).version()).isEqualTo(4);
    assertThatThrownBy(() -> permissions.viewAt(3, world.clock.instant()))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("version 3 of the permissions is forgotten, the oldest is 4");
  }

  @Test
  void change_muchIsOld_eachFollowingOneForgetsSomeMore() {
    PermissionBatch.Builder batch = PermissionBatch.builder().role("r");
    for (int i = 0; i < 2_500; i++) {
      batch.assign(user("u" + i), "r");
    }
    permissions.load(batch.build());
    permissions.removeRole("r");
    world.pass(World.HISTORY.plusHours(1));
    PermissionStore store = world.storage.permissions();
    permissions.defineRole("a");
    assertThat(store.memberships(1, 0, 10_000)).hasSize(1_500);
    permissions.defineRole("b");
    permissions.defineRole("c");
    assertThat(store.memberships(1, 0, 10_000)).isEmpty();
  }

  @Test
  void change_versionsCannotBeForgotten_isMadeAllTheSame() {
    grantAndRevoke(1);
    world.pass(World.HISTORY.plusHours(1));
    world.forgetful.set(false);
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(permissions.check(user("ann"), "use", READER).allowed()).isTrue();
    assertThat(oldest()).isZero();
    world.forgetful.set(true);
    world.pass(Duration.ofHours(1));
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    assertThat(oldest()).isEqualTo(2);
  }

  @Test
  void check_whatChangedIsForgottenAlready_readsAllAnew() {
    Permissions follower = world.node();
    Grant grant = permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(follower.check(user("ann"), "use", READER).allowed()).isTrue();
    permissions.revoke(grant.id());
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    world.pass(Duration.ofSeconds(1));
    world.storage.run(transaction -> world.storage.permissions().joining(transaction).forget(3, 1));
    assertThat(follower.check(user("ann"), "use", READER).allowed()).isFalse();
    assertThat(follower.check(user("bob"), "use", READER).allowed()).isTrue();
  }

  @Test
  void viewAt_withAttributes_tellsWhyItWasDecided() {
    Grant grant =
        permissions.grant(
            Grant.allow(user("ann"), "use", READER).when(Condition.equal("dept", "x")));
    Instant then = world.clock.instant();
    world.pass(Duration.ofDays(1));
    permissions.revoke(grant.id());
    PermissionView view = permissions.viewAt(then);
    Attributes attributes = Attributes.of("dept", "x");
    assertThat(view.check(user("ann"), "use", READER, attributes).grantId()).isEqualTo(grant.id());
    assertThat(view.check(user("ann"), "use", READER).reason()).isEqualTo(Reason.CONDITION_UNMET);
    Explanation why = view.explain(user("ann"), "use", READER, attributes);
    assertThat(why.decision().grantId()).isEqualTo(grant.id());
  }

  @Test
  void viewAt_hostileArguments_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.viewAt(-1, Instant.EPOCH))
        .withMessage("version must be in 0..9223372036854775807, was -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.viewAt(Instant.MAX))
        .withMessageStartingWith("moment must be in the years 0..9999, was +1000000000-");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> permissions.forget(Instant.MIN))
        .withMessageStartingWith("before must be in the years 0..9999, was -1000000000-");
    assertThat(permissions.viewAt(0, Instant.EPOCH).version()).isZero();
  }
}
