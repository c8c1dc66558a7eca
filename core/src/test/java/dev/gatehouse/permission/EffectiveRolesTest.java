package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EffectiveRolesTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
  private static final Resource READER = Resource.component("reader");
  private static final int ROLES = 1_000;
  private static final int DEPTH = 8;
  private static final int USERS = 100_000;

  private final long seed = Long.getLong("gatehouse.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** The same snapshot with so much room for effective roles. */
  static Snapshot with(Snapshot snapshot, long room) {
    Snapshot.Parts parts = snapshot.parts();
    Entries entries = parts.entries();
    return new Snapshot(
        new Snapshot.Parts(
            parts.version(),
            parts.holders(),
            parts.roleKeys(),
            parts.roleIds(),
            parts.subjectKeys(),
            parts.memberIds(),
            parts.members(),
            parts.resources(),
            parts.resourceKeys(),
            parts.patterns(),
            parts.actions(),
            parts.accesses(),
            new Entries(
                entries.ids(),
                entries.holders(),
                entries.limits(),
                entries.lists(),
                entries.roles(),
                new EffectiveRoles(entries.lists(), entries.roles(), room)),
            parts.whole(),
            parts.dead(),
            parts.waste()));
  }

  /** Roles of which each inherits some of a lower number, and words of random ones. */
  private static RoleTable table(Random random, int roles, int parents) {
    long[] pairs =
        random
            .longs((long) roles * parents, 0, (long) roles * roles)
            .filter(pair -> pair / roles > pair % roles)
            .map(pair -> pair / roles << 32 | pair % roles)
            .distinct()
            .sorted()
            .toArray();
    return new RoleTable(roles, pairs);
  }

  private static long word(int[] numbers, LongColumn.Editor lists) {
    return numbers.length > Roles.INLINE ? Roles.list(numbers, lists) : Roles.inline(numbers);
  }

  private static BitSet all(RoleTable table, int[] numbers, int roles) {
    BitSet all = new BitSet();
    for (int number : numbers) {
      for (int other = 0; other < roles; other++) {
        if (table.reaches(number, other)) {
          all.set(other);
        }
      }
    }
    return all;
  }

  @Test
  void find_randomHierarchies_holdsWhatRowsSayAndTakesNoMoreRoom() {
    for (int round = 0; round < 60; round++) {
      int roles = 1 + random.nextInt(round % 3 == 0 ? 20 : 400);
      RoleTable table = table(random, roles, random.nextInt(3));
      LongColumn.Editor editor = new LongColumn.Editor(LongColumn.EMPTY);
      List<int[]> held = new ArrayList<>();
      List<Long> words = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        int most = 1 + random.nextInt(random.nextInt(10) == 0 ? 60 : 6);
        // Numbers from the table's end on are those of roles that came after it was made.
        int[] numbers = random.ints(most, 0, roles + 3).distinct().sorted().toArray();
        held.add(numbers);
        words.add(word(numbers, editor));
      }
      LongColumn lists = editor.column();
      long room = List.of(1L << 20, 5_000L, 300L, 0L).get(round % 4);
      EffectiveRoles effective = new EffectiveRoles(lists, table, room);
      for (int i = 0; i < 2_000; i++) {
        int which = random.nextInt(held.size());
        long[] set = effective.find(words.get(which));
        assertThat(effective.bytes()).as("seed " + seed).isLessThanOrEqualTo(Math.max(room, 272));
        if (set == null) {
          assertThat(room).as("seed " + seed).isLessThan(1 << 20);
          continue;
        }
        BitSet expected = all(table, held.get(which), roles + 3);
        BitSet found = new BitSet();
        for (int role = 0; role < roles + 70; role++) {
          found.set(role, EffectiveRoles.contains(set, role));
        }
        assertThat(found)
            .as("seed " + seed + ", of " + Arrays.toString(held.get(which)))
            .isEqualTo(expected);
        for (int at = 0; at < EffectiveRoles.most(set) && set[0] > 0; at++) {
          assertThat(expected.get(EffectiveRoles.at(set, at))).as("seed " + seed).isTrue();
        }
      }
    }
  }

  /**
   * Chains of eight roles, each of which inherits the next, and users of nine roles or more, of
   * whom no two have the same.
   */
  private Snapshot chains(List<int[]> held, int users) {
    SnapshotEditor editor = new SnapshotEditor(Snapshot.Parts.EMPTY);
    for (int role = 0; role < ROLES; role++) {
      editor.add(new Role(role + 1, "r" + role));
    }
    long id = ROLES;
    for (int role = 0; role < ROLES; role++) {
      if (role % DEPTH < DEPTH - 1 && role + 1 < ROLES) {
        editor.add(new Membership(++id, Subject.role("r" + role), "r" + (role + 1)));
      }
    }
    Set<String> there = new HashSet<>();
    while (held.size() < users) {
      int count = 9 + held.size() % 4;
      int[] numbers = random.ints(0, ROLES).distinct().limit(count).sorted().toArray();
      if (there.add(Arrays.toString(numbers))) {
        for (int number : numbers) {
          editor.add(new Membership(++id, Subject.user("u" + held.size()), "r" + number));
        }
        held.add(numbers);
      }
    }
    for (int role = 0; role < ROLES; role += 50) {
      editor.add(new Grant(++id, Grant.allow(Subject.role("r" + role), "use", READER)));
    }
    return editor.snapshot(new Version(1, 1, 1));
  }

  private static boolean mayUse(int[] held) {
    for (int first : held) {
      for (int role = first; ; role++) {
        if (role % 50 == 0) {
          return true;
        }
        if (role % DEPTH == DEPTH - 1 || role + 1 == ROLES) {
          break;
        }
      }
    }
    return false;
  }

  /** However many combinations there are, be it that somebody makes them, memory has a bound. */
  @Test
  void decide_aHundredThousandRoleSets_staysWithinItsRoomAndIsRight() {
    List<int[]> held = new ArrayList<>();
    Snapshot whole = chains(held, USERS);
    for (long room : List.of(EffectiveRoles.MOST_BYTES, 1L << 20, 0L)) {
      Snapshot snapshot = with(whole, room);
      for (int pass = 0; pass < (room == 0 ? 1 : 2); pass++) {
        for (int user = 0; user < USERS; user++) {
          boolean allowed =
              snapshot.decide(Subject.user("u" + user), "use", READER, CLOCK).allowed();
          if (allowed != mayUse(held.get(user))) {
            throw new AssertionError(
                "seed " + seed + ": " + allowed + " of " + Arrays.toString(held.get(user)));
          }
        }
      }
      long bytes = snapshot.entries().effective().bytes();
      assertThat(bytes).isLessThanOrEqualTo(Math.max(room, 272));
      assertThat(bytes).isGreaterThan(room == EffectiveRoles.MOST_BYTES ? USERS * 40L : room / 2);
    }
  }

  /** Neither a set that is there nor one there is no room for is made at each check. */
  @Test
  void decide_setsThereOrNoRoom_allocatesNothing() {
    Subject[] users = new Subject[1_000];
    Snapshot whole = chains(new ArrayList<>(), users.length);
    Arrays.setAll(users, user -> Subject.user("u" + user));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    for (long room : List.of(EffectiveRoles.MOST_BYTES, 20_000L, 0L)) {
      Snapshot snapshot = with(whole, room);
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        long before = threads.getThreadAllocatedBytes(self);
        for (Subject user : users) {
          snapshot.decide(user, "use", READER, CLOCK);
        }
        least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
      }
      assertThat(least).as("room for " + room).isZero();
    }
  }

  /** To make a set of so many would take a check too long. */
  @Test
  void find_holderOfThousandsOfRoles_isLeftToTheRows() {
    RoleTable table = table(random, 5_000, 1);
    LongColumn.Editor editor = new LongColumn.Editor(LongColumn.EMPTY);
    int[] numbers = new int[2_000];
    Arrays.setAll(numbers, i -> i * 2);
    long word = Roles.list(numbers, editor);
    EffectiveRoles effective =
        new EffectiveRoles(editor.column(), table, EffectiveRoles.MOST_BYTES);
    assertThat(effective.find(word)).isNull();
    assertThat(effective.bytes()).isLessThan(1_000);
  }

  @Test
  void find_severalThreads_eachSetIsWholeAndCountedOnce() throws Exception {
    int roles = 300;
    RoleTable table = table(random, roles, 2);
    List<int[]> held = new ArrayList<>();
    List<BitSet> expected = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      int[] numbers = random.ints(3, 0, roles).distinct().sorted().toArray();
      held.add(numbers);
      expected.add(all(table, numbers, roles));
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 10; round++) {
        EffectiveRoles effective =
            new EffectiveRoles(LongColumn.EMPTY, table, EffectiveRoles.MOST_BYTES);
        List<Future<Integer>> works = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          works.add(threads.submit(() -> wrong(effective, held, expected, roles)));
        }
        for (Future<Integer> work : works) {
          assertThat(work.get(60, TimeUnit.SECONDS)).as("seed " + seed).isZero();
        }
        long bytes = 0;
        for (long word : held.stream().map(Roles::inline).distinct().toList()) {
          long[] set = effective.find(word);
          bytes += set == null ? 0 : 16 + 8L * set.length;
        }
        assertThat(effective.bytes() - bytes).isBetween(0L, 16 + 4L * 8_192);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** In an order of its own, so that other threads have just made the set next to the one. */
  private static int wrong(
      EffectiveRoles effective, List<int[]> held, List<BitSet> expected, int roles) {
    int wrong = 0;
    int step = 2 * ThreadLocalRandom.current().nextInt(held.size() / 2) + 1;
    for (int asked = 0; asked < held.size(); asked++) {
      int i = asked * step % held.size();
      long[] set = effective.find(Roles.inline(held.get(i)));
      for (int role = 0; set != null && role < roles; role++) {
        wrong += EffectiveRoles.contains(set, role) == expected.get(i).get(role) ? 0 : 1;
      }
    }
    return wrong;
  }
}
