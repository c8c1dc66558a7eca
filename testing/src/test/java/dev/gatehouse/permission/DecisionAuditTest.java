package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.audit.AuditQuery;
import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DecisionAuditTest {
  private static final Resource READER = Resource.component("reader");

  private final World world = new World();

  private Permissions audited(DecisionAudit audited) {
    Permissions permissions = world.node(audited);
    permissions.grant(Grant.allow(user("ann"), "*", ResourcePattern.everything()));
    world.audit.all.clear();
    return permissions;
  }

  @Test
  void denialsAlone_allowancesLeaveNothing() {
    Permissions permissions = audited(DecisionAudit.DENIALS);
    permissions.require(user("ann"), "use", READER);
    assertThat(world.audit.all).isEmpty();
  }

  @Test
  void sampling_recordsEverySoManieth() {
    Permissions permissions = audited(DecisionAudit.sampling(3));
    for (int i = 0; i < 7; i++) {
      permissions.require(user("ann"), "use", READER);
      permissions.check(user("ann"), "use", READER);
    }
    assertThat(world.audit.all).hasSize(3);
    AuditRecord record = world.audit.all.get(0);
    assertThat(record.content()).isEqualTo("Action 'use' of user:ann on component:reader allowed");
    assertThat(record.resultType()).isEqualTo(AuditRecord.Result.SUCCESS.code());
    assertThat(record.operationType()).isEqualTo(AuditRecord.Operation.AUTHORIZE.code());
    assertThat(record.ext().orElseThrow()).contains("\"version\":1", "\"grantId\":\"1\"");
  }

  @Test
  void sampling_auditFails_isAllowedAllTheSame() {
    Permissions permissions = audited(DecisionAudit.sampling(1));
    world.audit.failing(true);
    permissions.require(user("ann"), "use", READER);
  }

  @Test
  void always_recordsEachOfThatPermissionAndNoOther() {
    Permissions permissions =
        audited(
            DecisionAudit.DENIALS
                .always("pay", ResourcePattern.every("account"))
                .always("*", ResourcePattern.of("vault", "gold/*")));
    permissions.require(user("ann"), "pay", Resource.of("account", "a/b"));
    permissions.require(user("ann"), "pay", Resource.of("account", "a/b"));
    permissions.require(user("ann"), "see", Resource.of("account", "a/b"));
    permissions.require(user("ann"), "see", Resource.of("vault", "gold/1"));
    permissions.require(user("ann"), "see", Resource.of("vault", "gold"));
    assertThat(world.audit.contents())
        .containsExactly(
            "Action 'pay' of user:ann on account:a/b allowed",
            "Action 'pay' of user:ann on account:a/b allowed",
            "Action 'see' of user:ann on vault:gold/1 allowed");
  }

  @Test
  void always_auditFails_isNotAllowed() {
    Permissions permissions =
        audited(DecisionAudit.DENIALS.always("pay", ResourcePattern.everything()));
    world.audit.failing(true);
    assertThatThrownBy(() -> permissions.require(user("ann"), "pay", READER))
        .isInstanceOf(StorageException.class);
    permissions.require(user("ann"), "use", READER);
  }

  @Test
  void allowance_inATransaction_isRecordedWithIt() {
    Permissions permissions = audited(DecisionAudit.sampling(1));
    assertThatThrownBy(
            () ->
                world.storage.run(
                    transaction -> {
                      permissions.joining(transaction).require(user("ann"), "use", READER);
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    assertThat(world.audit.all).isEmpty();
  }

  @Test
  void gatehouse_builtWithIt_auditsAllowances() {
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(MemoryStorage.create(world.clock))
            .clock(world.clock)
            .audited(DecisionAudit.sampling(1))
            .build()) {
      gatehouse.permissions().grant(Grant.allow(user("ann"), "use", READER));
      gatehouse.permissions().require(user("ann"), "use", READER);
      Instant now = world.clock.instant();
      assertThat(gatehouse.audit().find(AuditQuery.between(now, now.plusSeconds(1))).records())
          .extracting(AuditRecord::content)
          .contains("Action 'use' of user:ann on component:reader allowed");
    }
  }

  @Test
  void values_badOnes_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DecisionAudit.sampling(0))
        .withMessage("oneIn must be in 1..1000000, was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DecisionAudit.DENIALS.always("us*", ResourcePattern.everything()));
    DecisionAudit audit = DecisionAudit.DENIALS;
    for (int i = 0; i < DecisionAudit.MAX_ALWAYS; i++) {
      audit = audit.always("a" + i, ResourcePattern.everything());
    }
    DecisionAudit full = audit;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> full.always("more", ResourcePattern.everything()))
        .withMessage("number of permissions always audited must be in 1..100, was 101");
  }
}
