package dev.gatehouse.testing.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.StorageException;
import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.RecordedChange;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import dev.gatehouse.permission.Resource;
import dev.gatehouse.permission.ResourcePattern;
import dev.gatehouse.permission.Subject;
import dev.gatehouse.transaction.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of {@link PermissionStore}. Not safe: confine to one thread. */
public abstract class PermissionStoreContract extends PermissionVersionsContract {
  private static final List<String> HOSTILE =
      List.of(
          "O'Hara\"`--",
          "100%_\\off; DROP TABLE gh_grant",
          "\uD83D\uDE00\uD83C\uDFFD",
          "\u4E2D\u6587 \u6743\u9650",
          "\u0130stanbul \u0131\u015F\u0131k",
          ":id ? {x}",
          "a".repeat(200),
          "\uD83D\uDE00".repeat(100));

  /** A contract of a store. */
  protected PermissionStoreContract() {}

  private static Change change(long id) {
    return new Change(id, Change.Operation.GRANT_ADDED, id + 1, id + 2);
  }

  @Test
  void PERMISSION1_emptyStore_hasVersionNoneAndNoRows() {
    assertThat(store().version()).isEqualTo(Version.NONE);
    assertThat(store().changes(0, 10)).isEmpty();
    assertThat(store().roles(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().countRoles()).isZero();
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().inheritances(0, 10)).isEmpty();
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().usedUp(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().usesLeft(1)).isEmpty();
  }

  @Test
  void PERMISSION2_lock_secondTransaction_waitsForTheFirst() throws Exception {
    CountDownLatch locked = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    List<Long> order = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<?> first =
          threads.submit(
              () ->
                  write(
                      joined -> {
                        joined.lock();
                        locked.countDown();
                        await(tried);
                        order.add(joined.advance(change(10)).number());
                      }));
      Future<?> second =
          threads.submit(
              () -> {
                await(locked);
                tried.countDown();
                write(joined -> order.add(-joined.lock().number()));
              });
      first.get(60, TimeUnit.SECONDS);
      second.get(60, TimeUnit.SECONDS);
    } finally {
      threads.shutdownNow();
    }
    assertThat(order).containsExactly(1L, -1L);
  }

  @Test
  void PERMISSION2_advance_manyThreads_losesNoVersion() throws Exception {
    long threads = 4;
    int each = 20;
    ExecutorService pool = Executors.newFixedThreadPool((int) threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (long thread = 0; thread < threads; thread++) {
        long base = 1_000 * (thread + 1);
        done.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    long id = base + i;
                    write(joined -> joined.advance(change(id)));
                  }
                }));
      }
      for (Future<?> future : done) {
        future.get(120, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(store().version().number()).isEqualTo(threads * each);
    List<RecordedChange> changes = store().changes(0, 1_000);
    assertThat(changes).extracting(RecordedChange::number).isSorted().hasSize((int) threads * each);
    assertThat(changes.get(changes.size() - 1).change().id())
        .isEqualTo(store().version().changeId());
  }

  @Test
  void PERMISSION3_advance_givesNextNumberAndRecordsTheChange() {
    Change first = new Change(7, Change.Operation.ROLE_ADDED, 70, now());
    Change second = new Change(5, Change.Operation.MEMBERSHIP_REMOVED, 50, now() + 1);
    write(
        joined -> {
          assertThat(joined.advance(first)).isEqualTo(new Version(1, 7, now()));
          assertThat(joined.advance(second)).isEqualTo(new Version(2, 5, now() + 1));
        });
    assertThat(store().version()).isEqualTo(new Version(2, 5, now() + 1));
    assertThat(store().changes(0, 10))
        .containsExactly(new RecordedChange(1, first), new RecordedChange(2, second));
    assertThat(store().changes(1, 10)).containsExactly(new RecordedChange(2, second));
    assertThat(store().changes(0, 1)).containsExactly(new RecordedChange(1, first));
  }

  @Test
  void PERMISSION3_advance_everyOperation_isReadBack() {
    Change.Operation[] operations = Change.Operation.values();
    for (int i = 0; i < operations.length; i++) {
      Change change = new Change(i + 1, operations[i], Long.MAX_VALUE, Long.MAX_VALUE);
      write(joined -> joined.advance(change));
    }
    assertThat(store().changes(0, 100))
        .extracting(recorded -> recorded.change().operation())
        .containsExactly(operations);
  }

  @Test
  void PERMISSION4_insert_sameAgain_answersFalseAndKeepsTheFirst() {
    write(
        joined -> {
          assertThat(joined.insertRole(new Role(1, "editor"))).isTrue();
          assertThat(joined.insertRole(new Role(2, "editor"))).isFalse();
          assertThat(joined.insertMembership(new Membership(3, ANN, "editor"))).isTrue();
          assertThat(joined.insertMembership(new Membership(4, ANN, "editor"))).isFalse();
          assertThat(joined.insertGrant(grant(5, ANN))).isTrue();
          Grant.Terms ending = grant(6, ANN).terms().until(Instant.ofEpochMilli(now()));
          assertThat(joined.insertGrant(new Grant(6, ending))).isFalse();
        });
    assertThat(store().roles(PermissionStore.LATEST, 0, 10)).containsExactly(new Role(1, "editor"));
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10))
        .containsExactly(new Membership(3, ANN, "editor"));
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).containsExactly(grant(5, ANN));
  }

  @Test
  void PERMISSION4_insert_differentInOneTerm_standsBesideTheOther() {
    List<Grant.Terms> terms =
        List.of(
            Grant.allow(ANN, "use", READER),
            Grant.deny(ANN, "use", READER),
            Grant.allow(Subject.user("Ann"), "use", READER),
            Grant.allow(Subject.group("ann"), "use", READER),
            Grant.allow(ANN, "USE", READER),
            Grant.allow(ANN, "*", READER),
            Grant.allow(ANN, "use", Resource.component("Reader")),
            Grant.allow(ANN, "use", ResourcePattern.of("component", "*")),
            Grant.allow(ANN, "use", ResourcePattern.every("component")),
            Grant.allow(ANN, "use", ResourcePattern.everything()));
    List<Grant> grants = new ArrayList<>();
    for (Grant.Terms each : terms) {
      grants.add(new Grant(grants.size() + 1, each));
    }
    write(joined -> grants.forEach(each -> assertThat(joined.insertGrant(each)).isTrue()));
    assertThat(store().grants(PermissionStore.LATEST, 0, 100)).isEqualTo(grants);
    grants.forEach(each -> assertThat(store().findGrant(each.terms())).contains(each));
  }

  @Test
  void PERMISSION4_namesThatDifferInCase_areTwo() {
    write(
        joined -> {
          assertThat(joined.insertRole(new Role(1, "editor"))).isTrue();
          assertThat(joined.insertRole(new Role(2, "EDITOR"))).isTrue();
          assertThat(joined.insertMembership(new Membership(3, ANN, "editor"))).isTrue();
          assertThat(joined.insertMembership(new Membership(4, ANN, "EDITOR"))).isTrue();
        });
    assertThat(store().findRole("editor")).contains(new Role(1, "editor"));
    assertThat(store().findRole("Editor")).isEmpty();
    assertThat(store().findMembership(ANN, "EDITOR")).contains(new Membership(4, ANN, "EDITOR"));
  }

  @Test
  void PERMISSION4_delete_ofWhatIsNotThere_answersFalse() {
    write(
        joined -> {
          joined.insertGrant(grant(5, ANN));
          joined.insertMembership(new Membership(3, ANN, "editor"));
          assertThat(joined.deleteGrant(6)).isFalse();
          assertThat(joined.deleteMembership(5)).isFalse();
          assertThat(joined.deleteRole("editor")).isFalse();
          assertThat(joined.deleteGrant(5)).isTrue();
          assertThat(joined.deleteGrant(5)).isFalse();
          assertThat(joined.deleteMembership(3)).isTrue();
          assertThat(joined.deleteMembership(3)).isFalse();
        });
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().grants(ANN, 0, 10)).isEmpty();
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10)).isEmpty();
    assertThat(store().memberships(ANN, 0, 10)).isEmpty();
  }

  @Test
  void PERMISSION4_insert_afterDeletion_succeeds() {
    write(joined -> joined.insertGrant(grant(1, ANN)));
    write(joined -> joined.deleteGrant(1));
    write(joined -> assertThat(joined.insertGrant(grant(2, ANN))).isTrue());
    assertThat(store().findGrant(grant(9, ANN).terms())).contains(grant(2, ANN));
    assertThat(store().findGrant(1)).isEmpty();
  }

  @Test
  void PERMISSION5_deleteRole_takesItsRowsAndNoOthers() {
    Subject editor = Subject.role("editor");
    Subject namesake = Subject.user("editor");
    write(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertRole(new Role(2, "reader"));
          joined.insertRole(new Role(3, "chief"));
          joined.insertMembership(new Membership(4, ANN, "editor"));
          joined.insertMembership(new Membership(5, ANN, "reader"));
          joined.insertMembership(new Membership(6, editor, "reader"));
          joined.insertMembership(new Membership(7, Subject.role("chief"), "editor"));
          joined.insertMembership(new Membership(8, Subject.role("chief"), "reader"));
          joined.insertMembership(new Membership(9, namesake, "reader"));
          joined.insertGrant(grant(10, editor));
          joined.insertGrant(grant(11, namesake));
          assertThat(joined.deleteRole("editor")).isTrue();
        });
    assertThat(store().roles(PermissionStore.LATEST, 0, 10))
        .extracting(Role::id)
        .containsExactly(2L, 3L);
    assertThat(store().countRoles()).isEqualTo(2);
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10))
        .extracting(Membership::id)
        .containsExactly(5L, 8L, 9L);
    assertThat(store().inheritances(0, 10)).extracting(Membership::id).containsExactly(8L);
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).containsExactly(grant(11, namesake));
  }

  @Test
  void PERMISSION6_pages_followTheIdsToTheEnd() {
    Subject bob = Subject.role("bob");
    write(
        joined -> {
          for (long id : new long[] {40, 10, 30, 20, Long.MAX_VALUE}) {
            joined.insertRole(new Role(id, "r" + id));
            joined.insertMembership(new Membership(id, id < 25 ? bob : ANN, "r" + id));
            joined.insertGrant(new Grant(id, Grant.allow(id < 25 ? bob : ANN, "a" + id, READER)));
          }
        });
    assertThat(store().roles(PermissionStore.LATEST, 0, 2))
        .extracting(Role::id)
        .containsExactly(10L, 20L);
    assertThat(store().roles(PermissionStore.LATEST, 20, 3))
        .extracting(Role::id)
        .containsExactly(30L, 40L, Long.MAX_VALUE);
    assertThat(store().roles(PermissionStore.LATEST, Long.MAX_VALUE, 2)).isEmpty();
    assertThat(store().memberships(PermissionStore.LATEST, 10, 2))
        .extracting(Membership::id)
        .containsExactly(20L, 30L);
    assertThat(store().memberships(ANN, 30, 10))
        .extracting(Membership::id)
        .containsExactly(40L, Long.MAX_VALUE);
    assertThat(store().memberships(ANN, 0, 1)).extracting(Membership::id).containsExactly(30L);
    assertThat(store().inheritances(0, 1)).extracting(Membership::id).containsExactly(10L);
    assertThat(store().inheritances(10, 10)).extracting(Membership::id).containsExactly(20L);
    assertThat(store().grants(PermissionStore.LATEST, 15, 2))
        .extracting(Grant::id)
        .containsExactly(20L, 30L);
    assertThat(store().grants(bob, 0, 10)).extracting(Grant::id).containsExactly(10L, 20L);
    assertThat(store().grants(bob, 10, 10)).extracting(Grant::id).containsExactly(20L);
    assertThat(store().grants(Subject.role("nobody"), 0, 10)).isEmpty();
  }

  @Test
  void PERMISSION6_page_atTheGreatestLimit_isWhole() {
    int rows = PermissionStore.MAX_PAGE + 1;
    List<Role> roles = new ArrayList<>();
    for (int id = 1; id <= rows; id++) {
      roles.add(new Role(id, "r" + id));
    }
    write(joined -> joined.insertRoles(roles));
    assertThat(store().roles(PermissionStore.LATEST, 0, PermissionStore.MAX_PAGE))
        .hasSize(PermissionStore.MAX_PAGE);
    assertThat(
            store()
                .roles(PermissionStore.LATEST, PermissionStore.MAX_PAGE, PermissionStore.MAX_PAGE))
        .containsExactly(new Role(rows, "r" + rows));
  }

  @Test
  void PERMISSION7_hostileNames_areReadAsWritten() {
    long id = 0;
    for (String name : HOSTILE) {
      long base = id += 10;
      Subject subject = Subject.of("t".repeat(32), name);
      String action = name.length() > 100 ? name.substring(0, 100) : name;
      Grant grant = new Grant(base, Grant.deny(subject, action, READER));
      write(
          joined -> {
            joined.insertRole(new Role(base, name));
            joined.insertMembership(new Membership(base, subject, name));
            joined.insertGrant(grant);
          });
      assertThat(store().findRole(name)).contains(new Role(base, name));
      assertThat(store().findMembership(subject, name))
          .contains(new Membership(base, subject, name));
      assertThat(store().memberships(subject, 0, 10)).hasSize(1);
      assertThat(store().grants(subject, 0, 10)).containsExactly(grant);
    }
    assertThat(store().roles(PermissionStore.LATEST, 0, 100))
        .extracting(Role::name)
        .isEqualTo(HOSTILE);
    for (String name : HOSTILE) {
      write(joined -> assertThat(joined.deleteRole(name)).isTrue());
    }
    assertThat(store().memberships(PermissionStore.LATEST, 0, 100)).isEmpty();
    assertThat(store().grants(PermissionStore.LATEST, 0, 100)).hasSize(HOSTILE.size());
  }

  @Test
  void PERMISSION7_grantsAtTheLimits_areReadAsWritten() {
    String longest = "x".repeat(254) + "/" + "y".repeat(255) + "/*";
    Instant last = Instant.parse("9999-12-31T23:59:59.999Z");
    List<Grant> grants =
        List.of(
            new Grant(1, Grant.allow(ANN, "a".repeat(100), ResourcePattern.of("f", longest))),
            new Grant(2, Grant.allow(ANN, "*", ResourcePattern.everything()).until(last)),
            new Grant(3, Grant.deny(ANN, "*", READER).until(Instant.EPOCH)),
            new Grant(
                Long.MAX_VALUE,
                Grant.deny(ANN, "use", ResourcePattern.of("f", "1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/**"))
                    .until(Instant.ofEpochMilli(now()))));
    write(joined -> grants.forEach(joined::insertGrant));
    assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEqualTo(grants);
    assertThat(store().grants(ANN, 0, 10)).isEqualTo(grants);
    grants.forEach(grant -> assertThat(store().findGrant(grant.id())).contains(grant));
    grants.forEach(grant -> assertThat(store().findGrant(grant.terms())).contains(grant));
  }

  @Test
  void PERMISSION8_commit_showsChangeAndVersionTogether() {
    write(
        joined -> {
          joined.insertGrant(grant(1, ANN));
          joined.advance(change(2));
          assertThat(joined.version().number()).isEqualTo(1);
          assertThat(joined.findGrant(1)).isPresent();
        });
    assertThat(store().version()).isEqualTo(new Version(1, 2, 4));
    assertThat(store().findGrant(1)).isPresent();
  }

  @Test
  void PERMISSION8_rollback_leavesNothing() {
    write(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertMembership(new Membership(2, ANN, "editor"));
          joined.insertMembership(new Membership(3, Subject.role("editor"), "reader"));
          joined.insertGrant(grant(4, Subject.role("editor")));
          joined.advance(change(5));
        });
    assertThatThrownBy(
            () ->
                write(
                    joined -> {
                      joined.insertRole(new Role(6, "other"));
                      joined.insertGrant(grant(7, ANN));
                      joined.deleteRole("editor");
                      joined.advance(change(8));
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    assertThat(store().version()).isEqualTo(new Version(1, 5, 7));
    assertThat(store().changes(0, 10)).hasSize(1);
    assertThat(store().roles(PermissionStore.LATEST, 0, 10)).containsExactly(new Role(1, "editor"));
    assertThat(store().memberships(PermissionStore.LATEST, 0, 10))
        .extracting(Membership::id)
        .containsExactly(2L, 3L);
    assertThat(store().memberships(ANN, 0, 10)).hasSize(1);
    assertThat(store().inheritances(0, 10)).extracting(Membership::id).containsExactly(3L);
    assertThat(store().grants(PermissionStore.LATEST, 0, 10))
        .containsExactly(grant(4, Subject.role("editor")));
    assertThat(store().grants(ANN, 0, 10)).isEmpty();
  }

  @Test
  void PERMISSION8_openTransaction_showsNothingOutside() {
    storage()
        .run(
            (Transaction transaction) -> {
              PermissionStore joined = store().joining(transaction);
              joined.insertGrant(grant(1, ANN));
              joined.advance(change(2));
              assertThat(committedVersion()).isIn(Version.NONE, null);
            });
    assertThat(store().version().number()).isEqualTo(1);
  }

  /** What the store says outside the transaction on this thread; null if it cannot tell. */
  private @Nullable Version committedVersion() {
    try {
      assertThat(store().grants(PermissionStore.LATEST, 0, 10)).isEmpty();
      return store().version();
    } catch (StorageException e) {
      return null;
    }
  }

  @Test
  void PERMISSION8_readersBesideAWriter_neverSeeAVersionWithoutItsRows() throws Exception {
    int versions = 60;
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> writer =
          thread.submit(
              () -> {
                for (int i = 1; i <= versions; i++) {
                  long id = i;
                  write(
                      joined -> {
                        joined.lock();
                        joined.insertRole(new Role(id, "r" + id));
                        joined.advance(change(id));
                      });
                }
              });
      long seen = 0;
      while (seen < versions && !(writer.isDone() && hasFailed(writer))) {
        long before = store().version().number();
        int roles = store().countRoles();
        seen = store().version().number();
        assertThat((long) roles).isBetween(before, seen);
      }
      writer.get(60, TimeUnit.SECONDS);
    } finally {
      thread.shutdownNow();
    }
  }

  private static boolean hasFailed(Future<?> done) throws InterruptedException {
    try {
      done.get();
      return false;
    } catch (ExecutionException e) {
      return true;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
