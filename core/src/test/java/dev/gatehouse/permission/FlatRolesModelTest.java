package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Roles without inheritance, few to a subject and up to a dozen to an access, with numbers at both
 * ends of what there can be: what words and handles hold of them must decide as sets of names do.
 */
class FlatRolesModelTest {
  private static final int[] NUMBERS = {
    0, 1, 2, 3, 100, 200, 0x7fff, 0x8000, 0x8001, 0xfffd, 0xfffe, 0xffff
  };
  private static final int USERS = 5;
  private static final int WORLDS = 60;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1));
  private static final Snapshot ALL_ROLES = allRoles();

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private long lastId = 1 << 20;

  private static Snapshot allRoles() {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    for (int number = 0; number < PermissionStore.MAX_ROLES; number++) {
      editor.add(new Role(number + 1, "r" + number));
    }
    return editor.snapshot(new Version(1, 1, 1));
  }

  /** What is told in names. */
  private static final class World {
    final Map<Long, Membership> memberships = new HashMap<>();
    final Map<Long, Grant> grants = new HashMap<>();

    boolean allows(Subject user, Resource resource) {
      Set<String> roles = new HashSet<>();
      memberships.values().stream()
          .filter(each -> each.member().equals(user))
          .forEach(each -> roles.add(each.role()));
      return grants.values().stream()
          .filter(each -> each.resource().covers(resource))
          .anyMatch(each -> roles.contains(each.holder().name()));
    }
  }

  private static Subject user(int number) {
    return Subject.user("u" + number);
  }

  private static Resource resource(int number) {
    return Resource.of("file", "f" + number);
  }

  private String role() {
    return "r" + NUMBERS[random.nextInt(NUMBERS.length)];
  }

  /** Takes a few rows away, adds a few, and makes the next snapshot. */
  private Snapshot change(Snapshot before, World world, int resources) {
    SnapshotEditor editor = new SnapshotEditor(before.parts());
    editor.removeGrants(some(world.grants));
    editor.removeMemberships(some(world.memberships));
    for (int i = random.nextInt(8); i >= 0; i--) {
      Membership row = new Membership(++lastId, user(random.nextInt(USERS)), role());
      if (world.memberships.values().stream()
          .noneMatch(
              each -> each.member().equals(row.member()) && each.role().equals(row.role()))) {
        world.memberships.put(row.id(), row);
        editor.add(row);
      }
    }
    for (int i = random.nextInt(20); i >= 0; i--) {
      Resource resource = resource(random.nextInt(resources));
      Grant row = new Grant(++lastId, Grant.allow(Subject.role(role()), "read", resource));
      if (world.grants.values().stream().noneMatch(each -> each.terms().equals(row.terms()))) {
        world.grants.put(row.id(), row);
        editor.add(row);
      }
    }
    return editor.snapshot(new Version(before.version().number() + 1, lastId, 1));
  }

  private <T> Ids some(Map<Long, T> rows) {
    Set<Long> some = new HashSet<>(rows.keySet());
    some.removeIf(id -> random.nextInt(5) > 0);
    rows.keySet().removeAll(some);
    return Ids.of(some);
  }

  @Test
  void check_randomFlatRoles_namesAndHandlesFreshOrKept_decideAlike() {
    for (int i = 0; i < WORLDS; i++) {
      World world = new World();
      int resources = 1 + random.nextInt(3);
      Snapshot snapshot = ALL_ROLES;
      List<PermissionView> views = new ArrayList<>();
      List<World> worlds = new ArrayList<>();
      for (int step = 0; step < 5; step++) {
        snapshot = change(snapshot, world, resources);
        World now = new World();
        now.memberships.putAll(world.memberships);
        now.grants.putAll(world.grants);
        worlds.add(now);
        views.add(new PermissionView(snapshot, CLOCK));
      }
      for (int subject = 0; subject < USERS; subject++) {
        for (int at = 0; at < resources; at++) {
          compare(views, worlds, user(subject), resource(at));
        }
      }
    }
  }

  /** With handles of the first view, which all others find outdated, and with their own. */
  private void compare(
      List<PermissionView> views, List<World> worlds, Subject user, Resource resource) {
    PermissionView.Holder keptHolder = views.get(0).resolve(user);
    PermissionView.Access keptAccess = views.get(0).resolve("read", resource);
    for (int step = 0; step < views.size(); step++) {
      PermissionView view = views.get(step);
      boolean expected = worlds.get(step).allows(user, resource);
      Decision byNames = view.check(user, "read", resource);
      PermissionView.Holder holder = view.resolve(user);
      PermissionView.Access access = view.resolve("read", resource);
      String about = "gatehouse.seed=" + seed + ", " + user + " on " + resource + ", step " + step;
      assertThat(byNames.allowed()).as(about).isEqualTo(expected);
      assertThat(view.check(user, "read", resource)).as(about).isEqualTo(byNames);
      assertThat(view.allows(holder, access)).as(about).isEqualTo(expected);
      assertThat(view.allows(keptHolder, keptAccess)).as(about).isEqualTo(expected);
      assertThat(view.check(holder, access)).as(about).isEqualTo(byNames);
      assertThat(view.check(keptHolder, keptAccess)).as(about).isEqualTo(byNames);
      if (expected) {
        Grant decider = worlds.get(step).grants.get(byNames.grantId());
        assertThat(decider).as(about).isNotNull();
      }
    }
  }
}
