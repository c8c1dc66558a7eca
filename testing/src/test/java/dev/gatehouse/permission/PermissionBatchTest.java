package dev.gatehouse.permission;

import static dev.gatehouse.permission.Subject.role;
import static dev.gatehouse.permission.Subject.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.audit.AuditLog;
import dev.gatehouse.error.ConflictException;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.NotFoundException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.permission.PermissionBatch.Loaded;
import dev.gatehouse.permission.PermissionStore.RecordedChange;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PermissionBatchTest {
  private static final Resource READER = Resource.component("reader");

  private final ManualClock clock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final AtomicLong ids = new AtomicLong();
  private final MemoryStorage storage = MemoryStorage.create(clock);
  private final Permissions permissions =
      Permissions.create(
          storage,
          storage.permissions(),
          AuditLog.create(storage.audit(), ids::incrementAndGet, clock),
          ids::incrementAndGet,
          new Permissions.Settings(
              clock,
              System::nanoTime,
              Duration.ofMillis(500),
              Duration.ofSeconds(30),
              GatehouseListener.NONE,
              DecisionAudit.DENIALS,
              Duration.ofDays(1)));

  private boolean may(Subject subject) {
    return permissions.check(subject, "use", READER).allowed();
  }

  @Test
  void load_rolesMembersAndGrants_holdAtOnceUnderOneVersion() {
    assertThat(may(user("ann"))).isFalse();
    Loaded loaded =
        permissions.load(
            PermissionBatch.builder()
                .role("editor")
                .role("reader")
                .inherit("editor", "reader")
                .assign(user("ann"), "editor")
                .grant(Grant.allow(role("reader"), "use", READER))
                .grant(Grant.allow(user("bob"), "use", READER))
                .build());
    assertThat(loaded).isEqualTo(new Loaded(2, 2, 2));
    assertThat(may(user("ann"))).isTrue();
    assertThat(may(user("bob"))).isTrue();
    assertThat(storage.permissions().version().number()).isEqualTo(1);
    assertThat(storage.permissions().changes(0, 10))
        .extracting(RecordedChange::change)
        .extracting(PermissionStore.Change::operation)
        .containsExactly(PermissionStore.Change.Operation.BATCH_LOADED);
  }

  @Test
  void load_sameAgain_leavesNoVersion_otherExpiryReplaces() {
    Grant.Terms terms = Grant.allow(user("ann"), "use", READER);
    PermissionBatch batch = PermissionBatch.builder().role("a").grant(terms).grant(terms).build();
    assertThat(permissions.load(batch)).isEqualTo(new Loaded(1, 0, 1));
    assertThat(permissions.load(batch)).isEqualTo(new Loaded(0, 0, 0));
    assertThat(storage.permissions().version().number()).isEqualTo(1);
    PermissionBatch ended = PermissionBatch.builder().grant(terms.until(clock.instant())).build();
    assertThat(permissions.load(ended)).isEqualTo(new Loaded(0, 0, 1));
    assertThat(may(user("ann"))).isFalse();
    assertThat(permissions.grants(user("ann"), 0, 10)).hasSize(1);
  }

  @Test
  void load_undefinedRole_isRefusedAndNothingWritten() {
    PermissionBatch batch =
        PermissionBatch.builder()
            .role("a")
            .assign(user("ann"), "a")
            .assign(user("ann"), "b")
            .build();
    assertThatThrownBy(() -> permissions.load(batch))
        .isInstanceOf(NotFoundException.class)
        .hasMessage("role:b is not defined");
    assertThat(permissions.roles(user("ann"))).isEmpty();
    assertThat(storage.permissions().version().number()).isZero();
  }

  @Test
  void load_circleWithWhatIsThere_isRefusedAndNothingWritten() {
    permissions.load(
        PermissionBatch.builder().role("a").role("b").role("c").inherit("a", "b").build());
    PermissionBatch batch = PermissionBatch.builder().inherit("b", "c").inherit("c", "a").build();
    assertThatThrownBy(() -> permissions.load(batch))
        .isInstanceOf(ConflictException.class)
        .hasMessage("role:b must not inherit from itself: b -> c -> a -> b");
    assertThat(permissions.roles(role("b"))).isEmpty();
  }

  /** A chain of n roles inherits n (n - 1) / 2 others, and each would take its room in memory. */
  @Test
  void load_longestChain_andNoLonger() {
    assertThatThrownBy(() -> permissions.load(chain(5_794)))
        .isInstanceOf(LimitException.class)
        .hasMessage(
            "roles must inherit at most 16777216 others in all, directly and through others, would"
                + " inherit more");
    assertThat(storage.permissions().version().number()).isZero();
    permissions.load(chain(5_793));
    permissions.assign(user("ann"), "r5792");
    permissions.grant(Grant.allow(role("r0"), "use", READER));
    assertThat(may(user("ann"))).isTrue();
    permissions.defineRole("next");
    assertThatThrownBy(() -> permissions.inherit("next", "r5792"))
        .isInstanceOf(LimitException.class);
    assertThat(permissions.inherit("next", "r600")).isTrue();
  }

  /** A role's number has sixteen bits. */
  @Test
  void load_asManyRolesAsThereMayBe_andNoMore() {
    int most = PermissionStore.MAX_ROLES;
    PermissionSet all =
        new PermissionSet(
            IntStream.range(0, most)
                .mapToObj(i -> "r" + i)
                .collect(Collectors.toCollection(LinkedHashSet::new)),
            Set.of(
                new PermissionSet.Place(user("first"), "r0"),
                new PermissionSet.Place(user("last"), "r" + (most - 1))),
            Set.of(Grant.allow(role("r" + (most - 1)), "use", READER)));
    permissions.load(all);
    long version = storage.permissions().version().number();
    assertThatThrownBy(() -> permissions.defineRole("one more"))
        .isInstanceOf(LimitException.class)
        .hasMessage("there must be at most 65536 roles, are 65536");
    PermissionBatch more =
        PermissionBatch.builder().role("r7").role("x").assign(user("ann"), "x").build();
    assertThatThrownBy(() -> permissions.load(more))
        .isInstanceOf(LimitException.class)
        .hasMessage("there must be at most 65536 roles, would be 65537");
    assertThat(storage.permissions().version().number()).isEqualTo(version);
    assertThat(may(user("last"))).isTrue();
    assertThat(may(user("first"))).isFalse();
  }

  /** Each inherits the one before it. */
  private static PermissionSet chain(int length) {
    Set<String> roles = new LinkedHashSet<>();
    Set<PermissionSet.Place> places = new LinkedHashSet<>();
    for (int i = 0; i < length; i++) {
      roles.add("r" + i);
      if (i > 0) {
        places.add(new PermissionSet.Place(role("r" + i), "r" + (i - 1)));
      }
    }
    return new PermissionSet(roles, places, Set.of());
  }

  /** A host may catch what it throws, and commit. */
  @Test
  void load_joinedAndFails_leavesNothing() {
    permissions.load(PermissionBatch.builder().role("a").role("b").inherit("a", "b").build());
    long version = storage.permissions().version().number();
    PermissionBatch circle =
        PermissionBatch.builder().role("c").inherit("b", "c").inherit("c", "a").build();
    PermissionBatch unknown =
        PermissionBatch.builder().role("d").assign(user("ann"), "nobody").build();
    storage.run(
        transaction -> {
          Permissions joined = permissions.joining(transaction);
          assertThatThrownBy(() -> joined.load(circle)).isInstanceOf(ConflictException.class);
          assertThatThrownBy(() -> joined.load(unknown)).isInstanceOf(NotFoundException.class);
        });
    assertThat(storage.permissions().countRoles()).isEqualTo(2);
    assertThat(storage.permissions().inheritances(0, 10)).hasSize(1);
    assertThat(storage.permissions().version().number()).isEqualTo(version);
  }

  @Test
  void batch_emptyTooLongOrOfARole_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> PermissionBatch.builder().build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PermissionBatch.builder().assign(role("a"), "b"));
    assertThatIllegalArgumentException().isThrownBy(() -> PermissionBatch.builder().role("*"));
    PermissionBatch.Builder builder = PermissionBatch.builder();
    for (int i = 0; i <= PermissionBatch.MAX_ROWS; i++) {
      builder.role("r" + i);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage("number of rows must be in 1..10000, was 10001");
  }

  @Test
  void load_joined_fallsWithTheTransaction() {
    PermissionBatch batch =
        PermissionBatch.builder().grant(Grant.allow(user("ann"), "use", READER)).build();
    assertThatThrownBy(
            () ->
                storage.run(
                    transaction -> {
                      Permissions joined = permissions.joining(transaction);
                      joined.load(batch);
                      assertThat(joined.check(user("ann"), "use", READER).allowed()).isTrue();
                      throw new IllegalStateException("on purpose");
                    }))
        .hasMessage("on purpose");
    assertThat(may(user("ann"))).isFalse();
  }

  @Test
  void view_ofOneVersion_keepsToItAndAnswersAlike() {
    permissions.load(
        PermissionBatch.builder()
            .role("editor")
            .assign(user("ann"), "editor")
            .grant(Grant.allow(role("editor"), "use", READER))
            .build());
    PermissionView view = permissions.view();
    PermissionView.Holder ann = view.resolve(user("ann"));
    PermissionView.Access use = view.resolve("use", READER);
    assertThat(view.check(ann, use)).isEqualTo(view.check(user("ann"), "use", READER));
    permissions.unassign(user("ann"), "editor");
    assertThat(view.check(ann, use).allowed()).isTrue();
    assertThat(permissions.view().check(ann, use).reason())
        .isEqualTo(Decision.Reason.UNKNOWN_SUBJECT);
    assertThat(view.check(ann, use).allowed()).isTrue();
    assertThat(
            view.checkAll(
                user("ann"),
                List.of(
                    new PermissionView.Request("use", READER),
                    new PermissionView.Request("eat", READER))))
        .extracting(Decision::reason)
        .containsExactly(Decision.Reason.GRANTED, Decision.Reason.UNKNOWN_ACTION);
  }
}
