package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.permission.Condition;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.Subject;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The rules of {@link PermissionStore} on rows that are inserted together, on limits of grants, and
 * on uses that are counted. Not safe: confine to one thread.
 */
public abstract class PermissionUsesContract extends StoreContract {
  static final Subject ANN = Subject.user("ann");
  static final Resource READER = Resource.component("reader");

  /** A contract of a store. */
  protected PermissionUsesContract() {}

  final PermissionStore store() {
    return storage().permissions();
  }

  final void write(Consumer<PermissionStore> work) {
    storage().run(transaction -> work.accept(store().joining(transaction)));
  }

  static Grant grant(long id, Subject holder) {
    return new Grant(id, Grant.allow(holder, "use", READER));
  }

  @Test
  void PERMISSION4_insertTogether_someThereOrTwice_addsTheOthersInOrder() {
    Grant ending = new Grant(4, grant(4, ANN).terms().until(Instant.ofEpochMilli(now())));
    Grant other = new Grant(5, Grant.deny(ANN, "use", READER).until(Instant.ofEpochMilli(now())));
    Membership namesake = new Membership(6, Subject.group("ann"), "editor");
    Membership member = new Membership(5, ANN, "reader");
    write(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertMembership(new Membership(2, ANN, "editor"));
          joined.insertGrant(grant(3, ANN));
        });
    write(
        joined -> {
          List<Role> roles = List.of(new Role(7, "editor"), new Role(8, "x"), new Role(9, "x"));
          assertThat(joined.insertRoles(roles)).containsExactly(new Role(8, "x"));
          assertThat(
                  joined.insertMemberships(
                      List.of(
                          new Membership(4, ANN, "editor"),
                          member,
                          namesake,
                          new Membership(7, ANN, "reader"))))
              .containsExactly(member, namesake);
          assertThat(joined.insertGrants(List.of(ending, other, grant(6, ANN))))
              .containsExactly(other);
        });
    assertThat(store().roles(PermissionStore.LATEST, 0, 10))
        .extracting(Role::id)
        .containsExactly(1L, 8L);
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10))
        .extracting(Membership::id)
        .containsExactly(2L, 5L, 6L);
    assertThat(store().memberships(PermissionStore.LATEST, 2, 10))
        .containsExactly(member, namesake);
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).containsExactly(grant(3, ANN), other);
  }

  @Test
  void PERMISSION4_insertTogether_aLargeBatch_isReadAsWritten() {
    int rows = PermissionStore.MAX_PAGE / 5;
    List<Grant> grants = new ArrayList<>();
    List<Membership> members = new ArrayList<>();
    for (int id = 1; id <= rows; id++) {
      grants.add(grant(id, Subject.user("user" + id)));
      members.add(new Membership(id, Subject.user("user" + id), "editor"));
    }
    write(
        joined -> {
          assertThat(joined.insertGrants(grants)).hasSize(rows);
          assertThat(joined.insertGrants(grants)).isEmpty();
          assertThat(joined.insertMemberships(members)).hasSize(rows);
          assertThat(joined.insertMemberships(members)).isEmpty();
        });
    assertThat(store().grants(PermissionStore.LATEST, 0, rows)).isEqualTo(grants);
    assertThat(store().memberships(PermissionStore.LATEST, 0, rows)).isEqualTo(members);
  }

  @Test
  void PERMISSION7_limits_areReadAsWritten() {
    Condition condition =
        Condition.or(
            Condition.equal("name", "O'Hara\"\\; \uD83D\uDE00"),
            Condition.and(
                Condition.less("level", -3),
                Condition.not(Condition.weekdays(Set.of(DayOfWeek.SUNDAY), ZoneOffset.UTC))));
    Grant.Terms terms = Grant.allow(ANN, "use", READER);
    Condition longest = Condition.equal("a", "\u4E2D".repeat(1_024));
    List<Grant> grants =
        List.of(
            new Grant(1, terms.when(condition).times(3).until(Instant.ofEpochMilli(now()))),
            new Grant(2, Grant.deny(ANN, "use", READER).when(longest)),
            new Grant(3, Grant.allow(ANN, "read", READER).times(Grant.MAX_TIMES)));
    write(joined -> grants.forEach(joined::insertGrant));
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEqualTo(grants);
    grants.forEach(grant -> assertThat(store().findGrant(grant.terms())).contains(grant));
    write(joined -> assertThat(joined.insertGrant(new Grant(4, terms))).isFalse());
    assertThat(store().usesLeft(1)).hasValue(3);
    assertThat(store().usesLeft(2)).isEmpty();
    assertThat(store().usesLeft(3)).hasValue(Grant.MAX_TIMES);
  }

  @Test
  void PERMISSION9_use_takesOneWhileEnoughAreLeft() {
    write(
        joined -> {
          joined.insertGrant(counted(1, 2));
          joined.insertGrant(grant(2, Subject.user("bob")));
        });
    write(
        joined -> {
          assertThat(joined.use(1, 1)).hasValue(1);
          assertThat(joined.use(1, 1)).isEmpty();
          assertThat(joined.use(2, 0)).isEmpty();
          assertThat(joined.use(3, 0)).isEmpty();
          assertThat(joined.usesLeft(1)).hasValue(1);
        });
    assertThat(store().usedUp(PermissionStore.LATEST, 0, 10)).isEmpty();
    write(joined -> assertThat(joined.use(1, 0)).hasValue(0));
    write(joined -> assertThat(joined.use(1, 0)).isEmpty());
    assertThat(store().usesLeft(1)).hasValue(0);
    assertThat(store().usedUp(PermissionStore.LATEST, 0, 10)).containsExactly(1L);
    assertThat(store().usedUp(PermissionStore.LATEST, 1, 10)).isEmpty();
    assertThat(store().findGrant(1)).contains(counted(1, 2));
  }

  @Test
  void PERMISSION9_insertedTogether_haveAllTheirLimits() {
    Condition condition = Condition.equal("name", "O'Hara");
    Grant.Terms read = Grant.allow(ANN, "read", READER).when(condition);
    List<Grant> grants =
        List.of(counted(1, 2), new Grant(2, read), new Grant(3, Grant.deny(ANN, "*", READER)));
    write(joined -> assertThat(joined.insertGrants(grants)).isEqualTo(grants));
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEqualTo(grants);
    assertThat(store().usesLeft(1)).hasValue(2);
    assertThat(store().usesLeft(2)).isEmpty();
    write(joined -> assertThat(joined.insertGrants(List.of(counted(4, 9)))).isEmpty());
    assertThat(store().usesLeft(1)).hasValue(2);
    assertThat(store().usesLeft(4)).isEmpty();
  }

  @Test
  void PERMISSION9_rollback_givesUsesBack() {
    write(joined -> joined.insertGrant(counted(1, 2)));
    assertThatThrownBy(
            () ->
                write(
                    joined -> {
                      joined.use(1, 0);
                      joined.use(1, 0);
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    assertThat(store().usesLeft(1)).hasValue(2);
    assertThatThrownBy(
            () ->
                write(
                    joined -> {
                      joined.deleteGrant(1);
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    assertThat(store().usesLeft(1)).hasValue(2);
  }

  @Test
  void PERMISSION9_deletedGrant_leavesNoUses() {
    Subject editor = Subject.role("editor");
    write(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertGrant(counted(2, 1));
          joined.insertGrant(new Grant(3, Grant.allow(editor, "use", READER).times(1)));
          joined.use(2, 0);
          joined.use(3, 0);
        });
    assertThat(store().usedUp(PermissionStore.LATEST, 0, 1)).containsExactly(2L);
    assertThat(store().usedUp(PermissionStore.LATEST, 2, 1)).containsExactly(3L);
    write(joined -> joined.deleteGrant(2));
    write(joined -> joined.deleteRole("editor"));
    assertThat(store().usedUp(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().usesLeft(2)).isEmpty();
    assertThat(store().usesLeft(3)).isEmpty();
    write(joined -> joined.insertGrant(counted(4, 5)));
    assertThat(store().usesLeft(4)).hasValue(5);
  }

  @Test
  void PERMISSION9_use_manyThreads_takesAsManyAsThereAre() throws Exception {
    int uses = 30;
    int threads = 4;
    write(joined -> joined.insertGrant(counted(1, uses)));
    AtomicInteger taken = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        done.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < uses / 2; i++) {
                    AtomicBoolean mine = new AtomicBoolean();
                    write(joined -> mine.set(joined.use(1, 0).isPresent()));
                    taken.addAndGet(mine.get() ? 1 : 0);
                  }
                }));
      }
      for (Future<?> future : done) {
        future.get(120, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(taken).hasValue(uses);
    assertThat(store().usesLeft(1)).hasValue(0);
  }

  private static Grant counted(long id, long uses) {
    return new Grant(id, Grant.allow(ANN, "use", READER).times(uses));
  }
}
