package dev.gatehouse.testing.contract;

import static dev.gatehouse.permission.PermissionStore.LATEST;
import static dev.gatehouse.permission.PermissionStore.MAX_PAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.permission.Grant;
import dev.gatehouse.permission.PermissionStore;
import dev.gatehouse.permission.PermissionStore.Change;
import dev.gatehouse.permission.PermissionStore.Difference;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.RecordedChange;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.Subject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The rules of {@link PermissionStore} on what versions hold. Not safe: confine to one thread. */
public abstract class PermissionVersionsContract extends PermissionUsesContract {
  private static final int CHANGES = 30;

  private long lastId;

  /** A contract of a store. */
  protected PermissionVersionsContract() {}

  /** Makes one version. */
  private void version(Consumer<PermissionStore> work) {
    write(
        joined -> {
          joined.lock();
          work.accept(joined);
          advance(joined, lastId);
        });
  }

  private void advance(PermissionStore joined, long row) {
    long id = ++lastId;
    joined.advance(new Change(id, Change.Operation.BATCH_LOADED, row, now() + id));
  }

  /** What a version holds: rows by id, and the ids of grants without uses. */
  private record Held(
      Map<Long, Role> roles,
      Map<Long, Membership> memberships,
      Map<Long, Grant> grants,
      Set<Long> usedUp) {
    Held() {
      this(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeSet<>());
    }

    Held copy() {
      return new Held(
          new TreeMap<>(roles),
          new TreeMap<>(memberships),
          new TreeMap<>(grants),
          new TreeSet<>(usedUp));
    }

    void removeRole(Role role) {
      Subject holder = Subject.role(role.name());
      roles.remove(role.id());
      memberships
          .values()
          .removeIf(each -> each.role().equals(role.name()) || each.member().equals(holder));
      grants.values().removeIf(each -> each.holder().equals(holder));
      usedUp.retainAll(grants.keySet());
    }
  }

  private Held held(PermissionStore store, long version) {
    Held held = new Held();
    store.roles(version, 0, MAX_PAGE).forEach(row -> held.roles.put(row.id(), row));
    store.memberships(version, 0, MAX_PAGE).forEach(row -> held.memberships.put(row.id(), row));
    store.grants(version, 0, MAX_PAGE).forEach(row -> held.grants.put(row.id(), row));
    held.usedUp.addAll(store.usedUp(version, 0, MAX_PAGE));
    return held;
  }

  /** Does something at random to the store and to the model. */
  private void change(PermissionStore joined, Held held, Random random) {
    long id = ++lastId;
    String name = "r" + random.nextInt(5);
    Subject subject = random.nextInt(3) == 0 ? Subject.role(name) : Subject.user(name);
    switch (random.nextInt(7)) {
      case 0 -> {
        if (joined.insertRole(new Role(id, name))) {
          held.roles.put(id, new Role(id, name));
        }
      }
      case 1 -> {
        if (random.nextInt(3) == 0) {
          joined.findRole(name).ifPresent(held::removeRole);
          joined.deleteRole(name);
        }
      }
      case 2 -> {
        Membership row = new Membership(id, subject, "r" + random.nextInt(5));
        if (joined.insertMembership(row)) {
          held.memberships.put(id, row);
        }
      }
      case 3 ->
          joined.memberships(subject, 0, 1).stream()
              .filter(row -> joined.deleteMembership(row.id()))
              .forEach(row -> held.memberships.remove(row.id()));
      case 4 -> {
        Grant.Terms terms = Grant.allow(subject, "a" + random.nextInt(3), READER);
        Grant row = new Grant(id, random.nextBoolean() ? terms.times(1) : terms);
        if (!joined.insertGrants(List.of(row)).isEmpty()) {
          held.grants.put(id, row);
        }
      }
      case 5 ->
          joined.grants(subject, 0, 1).stream()
              .filter(row -> joined.deleteGrant(row.id()))
              .forEach(
                  row -> {
                    held.grants.remove(row.id());
                    held.usedUp.remove(row.id());
                  });
      default ->
          joined.grants(subject, 0, 1).stream()
              .filter(row -> joined.use(row.id(), 0).isPresent())
              .forEach(row -> held.usedUp.add(row.id()));
    }
  }

  /** By version, what it holds, after random changes, several of them in one transaction. */
  private Map<Long, Held> changed(Random random) {
    Map<Long, Held> versions = new HashMap<>();
    versions.put(0L, new Held());
    Held now = new Held();
    for (long number = 1; number <= CHANGES; ) {
      int together = random.nextInt(4);
      long first = number;
      write(
          joined -> {
            joined.lock();
            for (int i = 0; i <= together; i++) {
              for (int j = random.nextInt(3); j >= 0; j--) {
                change(joined, now, random);
              }
              advance(joined, lastId);
              versions.put(first + i, now.copy());
            }
          });
      number += together + 1;
    }
    return versions;
  }

  @Test
  void PERMISSION10_randomChanges_everyVersionHoldsWhatItHeld() {
    Map<Long, Held> versions = changed(new Random(11));
    versions.forEach((number, held) -> assertThat(held(store(), number)).isEqualTo(held));
    long latest = store().version().number();
    assertThat(versions).containsKey(latest);
    assertThat(held(store(), LATEST)).isEqualTo(versions.get(latest));
    Held last = held(store(), latest);
    assertThat(store().countRoles()).isEqualTo(last.roles.size());
    assertThat(last.grants.values().stream().filter(grant -> grant.times().isPresent()))
        .allMatch(grant -> store().usesLeft(grant.id()).isPresent());
  }

  @Test
  void PERMISSION10_difference_leadsFromAnyVersionToAnyLater() {
    Map<Long, Held> versions = changed(new Random(12));
    Random random = new Random(13);
    for (int i = 0; i < 20; i++) {
      long before = random.nextInt(versions.size());
      long version = before + random.nextInt((int) (versions.size() - before));
      Held from = versions.getOrDefault(before, new Held());
      Held to = versions.getOrDefault(version, new Held());
      assertThat(led(from.roles, store().roleDifference(before, version, MAX_PAGE), Role::id))
          .isEqualTo(to.roles);
      assertThat(
              led(
                  from.memberships,
                  store().membershipDifference(before, version, MAX_PAGE),
                  Membership::id))
          .isEqualTo(to.memberships);
      assertThat(led(from.grants, store().grantDifference(before, version, MAX_PAGE), Grant::id))
          .isEqualTo(to.grants);
    }
  }

  private static <T> Map<Long, T> led(
      Map<Long, T> from, Difference<T> difference, Function<T, Long> id) {
    Map<Long, T> to = new TreeMap<>(from);
    difference.removed().forEach(row -> assertThat(to.remove(row)).isNotNull());
    difference.added().forEach(row -> assertThat(to.put(id.apply(row), row)).isNull());
    return to;
  }

  @Test
  void PERMISSION10_difference_ofMoreRowsThanTheLimit_isAsManyAsTheLimit() {
    version(joined -> joined.insertGrant(grant(1_000, ANN)));
    version(
        joined -> {
          joined.deleteGrant(1_000);
          for (int id = 1; id <= 5; id++) {
            joined.insertGrant(grant(id, Subject.user("u" + id)));
          }
        });
    assertThat(store().grantDifference(1, 2, 7).size()).isEqualTo(6);
    assertThat(store().grantDifference(1, 2, 4).size()).isEqualTo(4);
    assertThat(store().grantDifference(2, 2, 4).size()).isZero();
    assertThat(store().roleDifference(0, 2, 4).size()).isZero();
  }

  @Test
  void PERMISSION10_addedAndRemovedInOneVersion_isPartOfNone() {
    version(
        joined -> {
          for (int i = 1; i <= 3; i++) {
            assertThat(joined.insertGrant(grant(i, ANN))).isTrue();
            assertThat(joined.deleteGrant(i)).isTrue();
            assertThat(joined.insertRole(new Role(i, "editor"))).isTrue();
            assertThat(joined.insertMembership(new Membership(i, ANN, "editor"))).isTrue();
            assertThat(joined.deleteRole("editor")).isTrue();
          }
        });
    assertThat(held(store(), 1)).isEqualTo(new Held());
    assertThat(store().grantDifference(0, 1, 10).size()).isZero();
    assertThat(store().membershipDifference(0, 1, 10).size()).isZero();
  }

  @Test
  void PERMISSION10_pagesBesideChanges_staySteady() {
    version(
        joined -> {
          for (int id = 1; id <= 40; id++) {
            joined.insertGrant(grant(id, Subject.user("u" + id)));
          }
        });
    List<Long> read = new ArrayList<>();
    List<Grant> page;
    long after = 0;
    do {
      page = store().grants(1, after, 7);
      page.forEach(row -> read.add(row.id()));
      after = read.get(read.size() - 1);
      long done = after;
      version(
          joined -> {
            joined.deleteGrant(done);
            joined.deleteGrant(done + 1);
            joined.insertGrant(grant(1_000 + done, Subject.user("v" + done)));
          });
    } while (page.size() == 7);
    assertThat(read).hasSize(40).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void PERMISSION10_rollback_leavesVersionsAsTheyWere() {
    Map<Long, Held> versions = changed(new Random(14));
    long latest = store().version().number();
    assertThatThrownBy(
            () ->
                write(
                    joined -> {
                      joined.lock();
                      for (int i = 0; i < 30; i++) {
                        change(joined, new Held(), new Random(i));
                        advance(joined, lastId);
                      }
                      joined.forget(latest - 5, MAX_PAGE);
                      throw new IllegalStateException("rolled back on purpose");
                    }))
        .hasMessage("rolled back on purpose");
    versions.forEach((number, held) -> assertThat(held(store(), number)).isEqualTo(held));
    assertThat(held(store(), LATEST)).isEqualTo(versions.get(latest));
    assertThat(store().oldest()).isZero();
    assertThat(store().changes(0, MAX_PAGE)).hasSize((int) latest);
  }

  @Test
  void PERMISSION11_forget_dropsWhatOnlyEarlierVersionsHold() {
    Map<Long, Held> versions = changed(new Random(15));
    long latest = store().version().number();
    long oldest = latest - 20;
    int dropped;
    do {
      List<Integer> counts = new ArrayList<>();
      write(joined -> counts.add(joined.forget(oldest, 5)));
      dropped = counts.get(0);
      assertThat(dropped).isBetween(0, 5);
    } while (dropped == 5);
    assertThat(store().oldest()).isEqualTo(oldest);
    for (long number = oldest; number <= latest; number++) {
      assertThat(held(store(), number)).isEqualTo(versions.get(number));
    }
    assertThat(store().changes(0, MAX_PAGE).get(0).number()).isEqualTo(oldest);
    assertThat(store().changes(0, MAX_PAGE)).hasSize(21);
    Held gone = held(store(), oldest - 1);
    Held later = new Held();
    for (long number = oldest; number <= latest; number++) {
      Held held = versions.getOrDefault(number, new Held());
      later.roles.putAll(held.roles);
      later.memberships.putAll(held.memberships);
      later.grants.putAll(held.grants);
    }
    assertThat(later.roles).containsAllEntriesOf(gone.roles);
    assertThat(later.memberships).containsAllEntriesOf(gone.memberships);
    assertThat(later.grants).containsAllEntriesOf(gone.grants);
  }

  @Test
  void PERMISSION11_forget_anOlderVersionThanTheOldest_changesNothing() {
    version(joined -> joined.insertGrant(grant(1, ANN)));
    version(joined -> joined.deleteGrant(1));
    version(joined -> joined.insertGrant(grant(2, ANN)));
    write(joined -> joined.forget(2, 10));
    write(joined -> assertThat(joined.forget(1, 10)).isZero());
    assertThat(store().oldest()).isEqualTo(2);
    assertThat(store().grants(LATEST, 0, 10)).containsExactly(grant(2, ANN));
    assertThat(store().changes(0, 10)).extracting(RecordedChange::number).containsExactly(2L, 3L);
  }

  @Test
  void PERMISSION12_versionAt_isTheOneThatHeldThen() {
    assertThat(store().versionAt(Long.MAX_VALUE)).isZero();
    version(joined -> joined.insertGrant(grant(1, ANN)));
    version(joined -> joined.deleteGrant(1));
    List<Long> times =
        store().changes(0, 10).stream().map(change -> change.change().atMillis()).toList();
    assertThat(store().versionAt(times.get(0) - 1)).isZero();
    assertThat(store().versionAt(times.get(0))).isEqualTo(1);
    assertThat(store().versionAt(times.get(1) - 1)).isEqualTo(1);
    assertThat(store().versionAt(times.get(1))).isEqualTo(2);
  }

  @Test
  void PERMISSION12_versionAt_clocksThatDiffer_endsBeforeTheFirstThatIsLater() {
    long[] millis = {1_000, 5_000, 0, 6_000, 2_000};
    for (long at : millis) {
      long id = ++lastId;
      write(joined -> joined.advance(new Change(id, Change.Operation.ROLE_ADDED, id, now() + at)));
    }
    assertThat(store().versionAt(now() + 500)).isZero();
    assertThat(store().versionAt(now() + 3_000)).isEqualTo(1);
    assertThat(store().versionAt(now() + 5_500)).isEqualTo(3);
    assertThat(store().versionAt(now() + 6_000)).isEqualTo(5);
  }

  @Test
  void PERMISSION9_removedGrant_givesNoUses() {
    Subject editor = Subject.role("editor");
    version(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertGrant(new Grant(2, Grant.allow(ANN, "use", READER).times(5)));
          joined.insertGrant(new Grant(3, Grant.allow(editor, "use", READER).times(5)));
        });
    version(joined -> assertThat(joined.deleteGrant(2)).isTrue());
    version(joined -> assertThat(joined.deleteRole("editor")).isTrue());
    for (long id = 2; id <= 3; id++) {
      long grant = id;
      write(
          joined -> {
            assertThat(joined.use(grant, 0)).isEmpty();
            assertThat(joined.use(grant, 1)).isEmpty();
          });
      assertThat(store().usesLeft(grant)).isEmpty();
    }
    assertThat(store().usedUp(LATEST, 0, 10)).isEmpty();
    assertThat(store().usedUp(1, 0, 10)).isEmpty();
  }

  @Test
  void PERMISSION5_deletedRoleOfAnEarlierVersion_takesItsRowsAndNoOthers() {
    Subject editor = Subject.role("editor");
    Subject namesake = Subject.user("editor");
    version(
        joined -> {
          joined.insertRole(new Role(1, "editor"));
          joined.insertRole(new Role(2, "reader"));
          joined.insertMembership(new Membership(3, ANN, "editor"));
          joined.insertMembership(new Membership(4, editor, "reader"));
          joined.insertMembership(new Membership(5, namesake, "reader"));
          joined.insertGrant(grant(6, editor));
          joined.insertGrant(grant(7, namesake));
        });
    Held before = held(store(), LATEST);
    version(joined -> assertThat(joined.deleteRole("editor")).isTrue());
    Held left = held(store(), LATEST);
    assertThat(left.roles).containsOnlyKeys(2L);
    assertThat(left.memberships).containsOnlyKeys(5L);
    assertThat(left.grants).containsOnlyKeys(7L);
    assertThat(store().inheritances(0, 10)).isEmpty();
    assertThat(store().memberships(ANN, 0, 10)).isEmpty();
    assertThat(store().grants(editor, 0, 10)).isEmpty();
    assertThat(held(store(), 1)).isEqualTo(before);
  }

  @Test
  void PERMISSION4_deletedAndInsertedAgain_eachVersionHasItsOwn() {
    for (long id = 10; id <= 40; id += 10) {
      long base = id;
      version(
          joined -> {
            assertThat(joined.insertRole(new Role(base, "editor"))).isTrue();
            assertThat(joined.insertRole(new Role(base + 1, "editor"))).isFalse();
            assertThat(joined.insertMembership(new Membership(base, ANN, "editor"))).isTrue();
            assertThat(joined.insertGrant(grant(base, ANN))).isTrue();
          });
      version(
          joined -> {
            assertThat(joined.insertGrants(List.of(grant(base + 2, ANN)))).isEmpty();
            assertThat(joined.findGrants(List.of(grant(1, ANN).terms())))
                .containsExactly(grant(base, ANN));
            assertThat(joined.deleteMembership(base)).isTrue();
            assertThat(joined.deleteMembership(base)).isFalse();
            assertThat(joined.deleteGrant(base)).isTrue();
            assertThat(joined.deleteGrant(base)).isFalse();
            assertThat(joined.deleteRole("editor")).isTrue();
            assertThat(joined.deleteRole("editor")).isFalse();
          });
      assertThat(store().findGrant(base)).isEmpty();
      assertThat(store().findGrant(grant(1, ANN).terms())).isEmpty();
      assertThat(store().findGrants(List.of(grant(1, ANN).terms()))).isEmpty();
      assertThat(store().findRole("editor")).isEmpty();
      assertThat(store().findMembership(ANN, "editor")).isEmpty();
      assertThat(store().countRoles()).isZero();
      assertThat(store().grants(2 * base / 10 - 1, 0, 10)).containsExactly(grant(base, ANN));
    }
  }
}
