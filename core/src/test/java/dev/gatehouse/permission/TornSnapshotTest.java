package dev.gatehouse.permission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.permission.PermissionStore.Membership;
import dev.gatehouse.permission.PermissionStore.Role;
import dev.gatehouse.permission.PermissionStore.Version;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;

/**
 * While one thread makes snapshot after snapshot, each out of the one before and with most of its
 * pages, others read the latest and older ones. All that a version says can be told from its
 * number, so that one that is torn, or that a later one has written into, says something else.
 */
class TornSnapshotTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1));
  private static final int VERSIONS = Integer.getInteger("gatehouse.permission.versions", 1_000);
  private static final int READERS = 3;
  private static final int KEPT = 16;

  /** Primes, so that each turns at another pace than the others. */
  private static final int PLACES = 7;

  private static final int TEAMS = 5;
  private static final int CROWD = 300;

  private final AtomicReferenceArray<Snapshot> kept = new AtomicReferenceArray<>(KEPT);
  private final AtomicBoolean done = new AtomicBoolean();
  private long lastId;

  private static Resource place(int number) {
    return Resource.of("place", "p" + number);
  }

  private static ResourcePattern around(int number) {
    return ResourcePattern.of("area", "a" + number + "/**");
  }

  private static Subject team(int number) {
    return Subject.role("team" + number);
  }

  /** The rows that only a version has. */
  private record Own(List<Long> grants, List<Long> memberships) {}

  /** Adds what the version says, of every kind of row and of every way in which they are kept. */
  private Own add(SnapshotEditor editor, int version) {
    int place = version % PLACES;
    int team = version % TEAMS;
    List<Long> grants = new ArrayList<>();
    List<Long> memberships = new ArrayList<>();
    for (Grant.Terms terms :
        List.of(
            Grant.allow(team(team), "use", place(place)),
            Grant.allow(team(team), "use", around(place)),
            Grant.allow(Subject.user("own"), "use", place(place)),
            Grant.allow(Subject.user("all"), "use", ResourcePattern.every("place"))
                .until(Instant.ofEpochMilli(2)),
            Grant.deny(Subject.user("all"), "use", place(place))
                .when(Condition.from(Instant.ofEpochMilli(1))),
            Grant.allow(Subject.user("v" + version), "go" + version, place(0)))) {
      grants.add(++lastId);
      editor.add(new Grant(lastId, terms));
    }
    for (Membership each :
        List.of(
            new Membership(++lastId, Subject.user("few"), "team" + team),
            new Membership(++lastId, Subject.user("many"), "team" + team),
            new Membership(++lastId, Subject.role("boss"), "team" + team))) {
      memberships.add(each.id());
      editor.add(each);
    }
    return new Own(grants, memberships);
  }

  private void write() {
    SnapshotEditor first = new SnapshotEditor(Snapshot.Parts.EMPTY);
    for (int team = 0; team < TEAMS; team++) {
      first.add(new Role(++lastId, "team" + team));
    }
    first.add(new Role(++lastId, "boss"));
    first.add(new Membership(++lastId, Subject.user("chief"), "boss"));
    for (int other = 0; other < 5; other++) {
      first.add(new Role(++lastId, "other" + other));
      first.add(new Membership(++lastId, Subject.user("many"), "other" + other));
    }
    for (int user = 0; user < CROWD; user++) {
      Subject subject = Subject.user("crowd" + user);
      first.add(new Membership(++lastId, subject, "other" + user % 5));
      first.add(new Grant(++lastId, Grant.allow(subject, "use", Resource.of("place", "c" + user))));
    }
    Own own = add(first, 1);
    Snapshot snapshot = first.snapshot(new Version(1, 1, 1));
    for (int version = 2; version <= VERSIONS && !done.get(); version++) {
      kept.set(version % KEPT, snapshot);
      SnapshotEditor editor = new SnapshotEditor(snapshot.parts());
      editor.removeGrants(Ids.of(own.grants()));
      editor.removeMemberships(Ids.of(own.memberships()));
      own = add(editor, version);
      snapshot = editor.snapshot(new Version(version, version, 1));
    }
  }

  /** How many snapshots were whole. */
  private int read() {
    int read = 0;
    while (!done.get() || read == 0) {
      Snapshot snapshot = kept.get(ThreadLocalRandom.current().nextInt(KEPT));
      if (snapshot != null) {
        assertWhole(snapshot);
        read++;
      }
    }
    return read;
  }

  private static void assertWhole(Snapshot snapshot) {
    int version = (int) snapshot.version().number();
    PermissionView view = new PermissionView(snapshot, CLOCK);
    for (int place = 0; place < PLACES; place++) {
      boolean here = place == version % PLACES;
      for (String user : List.of("own", "few", "many", "chief")) {
        assertSays(view, user, "use", place(place), here);
      }
      for (String user : List.of("few", "many", "chief")) {
        assertSays(view, user, "use", Resource.of("area", "a" + place + "/x"), here);
      }
      assertSays(view, "all", "use", place(place), !here);
    }
    assertSays(view, "v" + version, "go" + version, place(0), true);
    assertSays(view, "v" + (version - 1), "go" + (version - 1), place(0), false);
    int user = version % CROWD;
    assertSays(view, "crowd" + user, "use", Resource.of("place", "c" + user), true);
    assertSays(view, "crowd" + user, "use", place(version % PLACES), false);
    assertThat(view.resourcesOf(Subject.user("own"), "use").map(ResourcePattern::path))
        .containsExactly("p" + version % PLACES);
  }

  private static void assertSays(
      PermissionView view, String user, String action, Resource resource, boolean expected) {
    Subject subject = Subject.user(user);
    Decision decision = view.check(subject, action, resource);
    boolean resolved = view.allows(view.resolve(subject), view.resolve(action, resource));
    if (decision.allowed() != expected
        || resolved != expected
        || decision.version() != view.version()) {
      throw new AssertionError(
          "version "
              + view.version()
              + ": "
              + decision
              + ", "
              + resolved
              + " for "
              + user
              + " on "
              + resource);
    }
  }

  @Test
  void snapshots_madeWhileOthersRead_areWholeAndStayAsTheyWere() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(READERS + 1);
    try {
      Future<?> writer = threads.submit(this::write);
      List<Future<Integer>> readers = new ArrayList<>();
      for (int reader = 0; reader < READERS; reader++) {
        readers.add(threads.submit(this::read));
      }
      writer.get(120, TimeUnit.SECONDS);
      done.set(true);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isGreaterThan(10);
      }
      for (int at = 0; at < KEPT; at++) {
        assertWhole(kept.get(at));
      }
    } finally {
      done.set(true);
      threads.shutdownNow();
    }
  }
}
