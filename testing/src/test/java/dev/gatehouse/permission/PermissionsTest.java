package dev.gatehouse.permission;

import static dev.gatehouse.permission.Resource.component;
import static dev.gatehouse.permission.Subject.party;
import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditRecord;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.DeniedException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Decision.Reason;
import dev.gatehouse.storage.Storage;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.transaction.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PermissionsTest {
  private static final Resource READER = component("reader");

  private final World world = new World();
  private final ManualClock clock = world.clock;
  private final AtomicBoolean down = world.down;
  private final AtomicInteger versionReads = world.versionReads;
  private final AtomicInteger pages = world.pages;
  private final List<String> heard = world.heard;
  private final World.Records audit = world.audit;
  private final Storage storage = world.storage;
  private final Permissions permissions = world.node();

  private boolean may(Subject subject) {
    return permissions.check(subject, "use", READER).allowed();
  }

  @Test
  void check_nothingGranted_isDenied() {
    assertThat(permissions.check(party("9999"), "use", component("reader")))
        .isEqualTo(new Decision.Denied(Reason.UNKNOWN_SUBJECT, 0, 0));
  }

  @Test
  void grantAndRevoke_byIdAndByTerms_holdAtOnce() {
    Grant grant = permissions.grant(Grant.allow(party("9999"), "use", READER));
    Decision decision = permissions.check(party("9999"), "use", READER);
    assertThat(decision).isEqualTo(new Decision.Allowed(1, grant.id()));
    assertThat(permissions.revoke(grant.id())).isTrue();
    assertThat(permissions.revoke(grant.id())).isFalse();
    assertThat(may(party("9999"))).isFalse();
    permissions.grant(grant.terms());
    assertThat(may(party("9999"))).isTrue();
    assertThat(permissions.revoke(grant.terms().until(clock.instant()))).isTrue();
    assertThat(permissions.revoke(grant.terms())).isFalse();
    assertThat(may(party("9999"))).isFalse();
  }

  @Test
  void grant_sameAgain_changesNothing_otherExpiry_replaces() {
    Grant.Terms terms = Grant.allow(party("9999"), "use", READER);
    Grant first = permissions.grant(terms);
    assertThat(permissions.grant(terms)).isEqualTo(first);
    assertThat(storage.permissions().version().number()).isEqualTo(1);
    assertThat(audit.all).hasSize(1);
    Grant second = permissions.grant(terms.until(clock.instant().plusMillis(5)));
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(permissions.grants(party("9999"), 0, 10)).containsExactly(second);
    assertThat(storage.permissions().version().number()).isEqualTo(3);
  }

  @Test
  void check_deny_winsOverEveryAllowance() {
    permissions.defineRole("all");
    permissions.assign(user("ann"), "all");
    permissions.grant(Grant.allow(role("all"), "*", ResourcePattern.everything()));
    assertThat(may(user("ann"))).isTrue();
    Grant denial = permissions.grant(Grant.deny(user("ann"), "use", READER));
    assertThat(permissions.check(user("ann"), "use", READER))
        .isEqualTo(new Decision.Denied(Reason.DENIED, 4, denial.id()));
    assertThat(permissions.check(user("ann"), "use", component("x")).allowed()).isTrue();
  }

  @Test
  void check_expiry_countsUntilTheMillisecondBefore() {
    Instant end = clock.instant().plusMillis(10);
    permissions.grant(Grant.allow(user("ann"), "use", READER).until(end));
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    permissions.grant(Grant.deny(user("bob"), "use", READER).until(end));
    clock.set(end.minusMillis(1));
    assertThat(may(user("ann"))).isTrue();
    assertThat(may(user("bob"))).isFalse();
    clock.set(end);
    assertThat(permissions.check(user("ann"), "use", READER).reason()).isEqualTo(Reason.EXPIRED);
    assertThat(may(user("bob"))).isTrue();
  }

  @Test
  void roles_inheritAndRemove_giveAndTake() {
    permissions.defineRole("editor");
    permissions.defineRole("viewer");
    assertThat(permissions.defineRole("viewer")).isFalse();
    assertThat(permissions.inherit("editor", "viewer")).isTrue();
    assertThat(permissions.inherit("editor", "viewer")).isFalse();
    assertThat(permissions.assign(user("ann"), "editor")).isTrue();
    assertThat(permissions.assign(user("ann"), "editor")).isFalse();
    permissions.grant(Grant.allow(role("viewer"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
    assertThat(may(role("editor"))).isTrue();
    assertThat(permissions.roles(user("ann"))).containsExactly("editor");
    assertThat(permissions.disinherit("editor", "viewer")).isTrue();
    assertThat(may(user("ann"))).isFalse();
    permissions.inherit("editor", "viewer");
    assertThat(permissions.unassign(user("ann"), "editor")).isTrue();
    assertThat(may(user("ann"))).isFalse();
    permissions.assign(user("ann"), "editor");
    assertThat(permissions.removeRole("viewer")).isTrue();
    assertThat(permissions.removeRole("viewer")).isFalse();
    assertThat(may(user("ann"))).isFalse();
    permissions.defineRole("viewer");
    assertThat(may(user("ann"))).isFalse();
  }

  @Test
  void inherit_circle_isRefusedAndNamed() {
    for (String role : List.of("a", "b", "c")) {
      permissions.defineRole(role);
    }
    permissions.inherit("a", "b");
    permissions.inherit("b", "c");
    long version = storage.permissions().version().number();
    assertThatThrownBy(() -> permissions.inherit("c", "a"))
        .isInstanceOf(ConflictException.class)
        .hasMessage("role:c must not inherit from itself: c -> a -> b -> c");
    assertThatThrownBy(() -> permissions.inherit("a", "a"))
        .isInstanceOf(ConflictException.class)
        .hasMessage("role:a must not inherit from itself: a -> a");
    assertThat(storage.permissions().version().number()).isEqualTo(version);
  }

  @Test
  void undefinedRole_isRefusedEverywhere() {
    permissions.defineRole("known");
    assertThatThrownBy(() -> permissions.assign(user("ann"), "Known"))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("role:Known is not defined");
    assertThatThrownBy(() -> permissions.inherit("known", "unknown"))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> permissions.inherit("unknown", "known"))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> permissions.grant(Grant.allow(role("unknown"), "use", READER)))
        .isInstanceOf(NotFoundException.class);
    assertThatIllegalArgumentException().isThrownBy(() -> permissions.assign(role("a"), "known"));
  }

  @Test
  void check_actionThatCannotBeGranted_isRefusedEvenWhereAllIsAllowed() {
    permissions.grant(Grant.allow(user("ann"), "*", ResourcePattern.everything()));
    assertThat(permissions.check(user("ann"), "\u00E9crire", READER).allowed()).isTrue();
    for (String action : List.of("*", "e\u0301crire", "", " use", "us*")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> permissions.check(user("ann"), action, READER));
    }
  }

  @Test
  void require_denied_throwsWithTheReason() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    permissions.require(user("ann"), "use", READER);
    assertThatThrownBy(() -> permissions.require(user("ann"), "read", READER))
        .isInstanceOf(DeniedException.class)
        .hasMessage(
            "user:ann may not read component:reader (UNKNOWN_ACTION, permissions version 1)");
  }

  @Test
  void explain_denialOverAllowance_readsAsPeopleTalk() {
    permissions.defineRole("intern");
    permissions.defineRole("editor");
    permissions.inherit("editor", "intern");
    permissions.assign(user("ann"), "editor");
    Resource file = Resource.of("file", "reports/q1");
    Grant.Terms own = Grant.allow(user("ann"), "write", file);
    permissions.grant(own);
    permissions.grant(Grant.allow(user("ann"), "*", file).until(clock.instant()));
    permissions.grant(
        Grant.deny(role("intern"), "write", ResourcePattern.of("file", "reports/**")));
    assertThat(permissions.explain(user("ann"), "write", file).toString())
        .isEqualTo(
            """
            DENIED: user:ann may not write file:reports/q1 (DENIED, permissions version 7)
              x grant 13 denies role:intern write on file:reports/** [decides]
                  user:ann -> role:editor -> role:intern
              + grant 9 allows user:ann write on file:reports/q1 [overridden]
                  user:ann
              + grant 11 allows user:ann * on file:reports/q1 until 2030-01-01T00:00:00Z [expired]
                  user:ann""");
    assertThat(permissions.explain(user("bob"), "write", file).toString())
        .isEqualTo(
            """
            DENIED: user:bob may not write file:reports/q1 (UNKNOWN_SUBJECT, permissions version 7)
              no grant of user:bob covers it""");
  }

  @Test
  void changes_areAuditedInTheirTransaction() {
    permissions.defineRole("editor");
    permissions.assign(user("ann"), "editor");
    Grant grant = permissions.grant(Grant.allow(role("editor"), "use", READER));
    permissions.revoke(grant.id());
    assertThat(audit.all)
        .extracting(AuditRecord::content)
        .containsExactly(
            "Role 'editor' defined",
            "Role 'editor' given to user:ann",
            "Grant " + grant.id() + " (allow role:editor use on component:reader) made",
            "Grant " + grant.id() + " (allow role:editor use on component:reader) revoked");
    AuditRecord granted = audit.all.get(2);
    assertThat(granted.service()).contains("permission");
    assertThat(granted.ext().orElseThrow())
        .contains("\"grantId\":\"" + grant.id() + "\"", "\"version\":3");
  }

  @Test
  void require_refused_isAuditedAndCheckIsNot() {
    permissions.check(user("ann"), "use", READER);
    Grant denial = permissions.grant(Grant.deny(user("ann"), "use", READER));
    audit.all.clear();
    permissions.check(user("ann"), "use", READER);
    assertThat(audit.all).isEmpty();
    assertThatThrownBy(() -> permissions.require(user("ann"), "use", READER))
        .isInstanceOf(DeniedException.class);
    AuditRecord refused = audit.all.get(0);
    assertThat(refused.content())
        .isEqualTo("Action 'use' of user:ann on component:reader refused: DENIED");
    assertThat(refused.resultType()).isEqualTo(AuditRecord.Result.DENIED.code());
    assertThat(refused.operationType()).isEqualTo(AuditRecord.Operation.AUTHORIZE.code());
    assertThat(refused.ext().orElseThrow())
        .contains("\"subject\":\"user:ann\"", "\"grantId\":\"" + denial.id() + "\"");
  }

  @Test
  void require_floodOfRefusals_auditStaysSmallAndCountsThem() {
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    audit.all.clear();
    for (int i = 0; i < 1_000; i++) {
      assertThatThrownBy(() -> permissions.require(user("ann"), "use", READER))
          .isInstanceOf(DeniedException.class);
    }
    assertThat(audit.all).hasSize(5);
    clock.advance(Duration.ofSeconds(10));
    permissions.require(user("bob"), "use", READER);
    assertThat(audit.all)
        .hasSize(6)
        .last()
        .extracting(AuditRecord::content)
        .isEqualTo("Actions refused for UNKNOWN_SUBJECT: 995 more");
  }

  @Test
  void require_refusedInATransaction_recordFallsWithIt() {
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction ->
                        permissions.joining(transaction).require(user("ann"), "use", READER)))
        .isInstanceOf(DeniedException.class);
    assertThat(audit.all).isEmpty();
    storage.run(
        transaction ->
            assertThatThrownBy(
                    () -> permissions.joining(transaction).require(user("ann"), "use", READER))
                .isInstanceOf(DeniedException.class));
    assertThat(audit.all).hasSize(1);
  }

  @Test
  void require_auditFails_isRefusedAllTheSame() {
    audit.failing(true);
    assertThatThrownBy(() -> permissions.require(user("ann"), "use", READER))
        .isInstanceOf(DeniedException.class);
    down.set(true);
    audit.failing(false);
    world.pass(Duration.ofSeconds(31));
    assertThatThrownBy(() -> permissions.require(user("ann"), "use", READER))
        .hasMessageContaining("STALE");
    assertThat(audit.all).isEmpty();
  }

  @Test
  void grant_auditFails_leavesNothing() {
    audit.failing(true);
    assertThatThrownBy(() -> permissions.grant(Grant.allow(user("ann"), "use", READER)))
        .isInstanceOf(StorageException.class);
    assertThat(may(user("ann"))).isFalse();
    assertThat(storage.permissions().version()).isEqualTo(PermissionStore.Version.NONE);
  }

  @Test
  void joining_rolledBack_leavesNothingAndLetsNobodyInMeanwhile() {
    assertThat(may(user("ann"))).isFalse();
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      Permissions joined = permissions.joining(transaction);
                      joined.grant(Grant.allow(user("ann"), "use", READER));
                      assertThat(joined.check(user("ann"), "use", READER).allowed()).isTrue();
                      world.pass(Duration.ofSeconds(1));
                      assertThat(may(user("ann"))).isFalse();
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    world.pass(Duration.ofSeconds(1));
    assertThat(may(user("ann"))).isFalse();
    assertThat(audit.all).isEmpty();
    permissions.grant(Grant.allow(user("bob"), "use", READER));
    assertThat(may(user("ann"))).isFalse();
    assertThat(may(user("bob"))).isTrue();
  }

  @Test
  void joining_committed_holdsAtOnce() {
    assertThat(may(user("ann"))).isFalse();
    storage.run(
        transaction ->
            permissions.joining(transaction).grant(Grant.allow(user("ann"), "use", READER)));
    assertThat(may(user("ann"))).isTrue();
  }

  @Test
  void check_changeOfAnotherNode_isSeenWithinTheFreshness() {
    Permissions other = world.node();
    assertThat(may(user("ann"))).isFalse();
    other.grant(Grant.allow(user("ann"), "use", READER));
    world.pass(Duration.ofMillis(499));
    int reads = versionReads.get();
    assertThat(may(user("ann"))).isFalse();
    assertThat(versionReads).hasValue(reads);
    world.pass(Duration.ofMillis(1));
    assertThat(may(user("ann"))).isTrue();
    assertThat(heard).containsExactly("1 after PT0.5S");
  }

  @Test
  void check_storageDown_decidesUntilTooStaleThenDenies() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
    down.set(true);
    world.pass(Duration.ofSeconds(30));
    assertThat(may(user("ann"))).isTrue();
    world.pass(Duration.ofNanos(1));
    assertThat(permissions.check(user("ann"), "use", READER))
        .isEqualTo(new Decision.Denied(Reason.STALE, 1, 0));
    assertThat(permissions.explain(user("ann"), "use", READER).decision().reason())
        .isEqualTo(Reason.STALE);
    down.set(false);
    world.pass(Duration.ofMillis(500));
    assertThat(may(user("ann"))).isTrue();
  }

  @Test
  void check_storageDown_isAskedOncePerPause() {
    down.set(true);
    may(user("ann"));
    int reads = versionReads.get();
    for (int i = 0; i < 100; i++) {
      assertThat(permissions.check(user("ann"), "use", READER).reason()).isEqualTo(Reason.STALE);
    }
    assertThat(versionReads).hasValue(reads);
    world.pass(Duration.ofMillis(500));
    may(user("ann"));
    assertThat(versionReads.get()).isGreaterThan(reads);
  }

  @Test
  void check_revokedHereAndStorageDown_isDenied() {
    Grant grant = permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
    permissions.revoke(grant.id());
    down.set(true);
    assertThat(permissions.check(user("ann"), "use", READER).reason())
        .isEqualTo(Reason.UNKNOWN_SUBJECT);
  }

  /** A change proves that the storage is back: to deny until the pause is over would be wrong. */
  @Test
  void check_changedJustAfterAFailure_holdsAtOnce() {
    down.set(true);
    assertThat(permissions.check(user("ann"), "use", READER).reason()).isEqualTo(Reason.STALE);
    down.set(false);
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
  }

  /** One thread that is stopped while it reads must not deny everybody else. */
  @Test
  void check_interruptedThreadFails_othersStillAsk() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    world.pass(Duration.ofSeconds(31));
    down.set(true);
    Thread.currentThread().interrupt();
    assertThat(may(user("ann"))).isFalse();
    assertThat(Thread.interrupted()).isTrue();
    down.set(false);
    assertThat(may(user("ann"))).isTrue();
  }

  /** Or each transaction that checks would read all that is granted to anybody. */
  @Test
  void joining_nothingChanged_usesTheSnapshotThatIsThere() {
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
    pages.set(0);
    storage.run(
        transaction -> {
          Permissions joined = permissions.joining(transaction);
          assertThat(joined.check(user("ann"), "use", READER).allowed()).isTrue();
          assertThat(pages).hasValue(0);
          joined.revoke(Grant.allow(user("ann"), "use", READER));
          assertThat(joined.check(user("ann"), "use", READER).allowed()).isFalse();
          assertThat(pages).hasValue(0);
        });
  }

  @Test
  void twoInstances_sameNames_shareNothing() {
    Permissions elsewhere = world.node(MemoryStorage.create(clock));
    permissions.grant(Grant.allow(user("ann"), "use", READER));
    world.pass(Duration.ofSeconds(1));
    assertThat(may(user("ann"))).isTrue();
    assertThat(elsewhere.check(user("ann"), "use", READER).reason())
        .isEqualTo(Reason.UNKNOWN_SUBJECT);
  }

  @Test
  void check_whileGrantsSwapInOneTransaction_neverSeesNoneOrBoth() throws Exception {
    Resource left = component("left");
    Resource right = component("right");
    permissions.grant(Grant.allow(user("ann"), "use", left));
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int reader = 0; reader < 2; reader++) {
        readers.add(
            threads.submit(
                () -> {
                  int checks = 0;
                  while (!done.get() || checks == 0) {
                    Decision a = permissions.check(user("ann"), "use", left);
                    Decision b = permissions.check(user("ann"), "use", right);
                    if (a.version() == b.version()) {
                      assertThat(a.allowed()).isNotEqualTo(b.allowed());
                      checks++;
                    }
                  }
                  return checks;
                }));
      }
      for (int swap = 0; swap < 50; swap++) {
        Resource from = swap % 2 == 0 ? left : right;
        Resource to = swap % 2 == 0 ? right : left;
        storage.run(
            (Transaction transaction) -> {
              Permissions joined = permissions.joining(transaction);
              joined.revoke(Grant.allow(user("ann"), "use", from));
              joined.grant(Grant.allow(user("ann"), "use", to));
            });
        assertThat(permissions.check(user("ann"), "use", to).allowed()).isTrue();
        assertThat(permissions.check(user("ann"), "use", from).allowed()).isFalse();
      }
      done.set(true);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      done.set(true);
      threads.shutdownNow();
    }
  }
}
