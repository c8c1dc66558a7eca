package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.storage.memory.MemoryStorage;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Snapshots whose age an upkeep looks at, so that lookups neither do that nor read the store. */
@Timeout(60)
final class WatchedSnapshotTest {
  private final MemoryStorage storage = MemoryStorage.create();
  private final Node here = new Node(storage);
  private final Node there = new Node(storage);
  private final Snapshots snapshots =
      new Snapshots(
          here.watched.store(),
          here.options(),
          new Fleets(FleetOptions.DEFAULT.balancer(Balancer.roundRobin()), here.nanos::get),
          true);

  private void pass(int millis) {
    here.nanos.addAndGet(millis * 1_000_000L);
  }

  private boolean seen() {
    return snapshots.current().server("s").isPresent();
  }

  private void register() {
    there.registry.register(Server.named("s").at("h", 1));
  }

  @Test
  void refreshAhead_halfTheBoundLater_lookupsSeeItAndReadNothing() {
    assertThat(seen()).isFalse();
    snapshots.watch();
    assertThat(seen()).isFalse();
    register();
    pass(499);
    snapshots.refreshAhead();
    assertThat(seen()).isFalse();
    pass(1);
    snapshots.refreshAhead();
    int before = here.watched.calls();
    assertThat(seen()).isTrue();
    assertThat(here.watched.calls()).isEqualTo(before);
  }

  /** What nobody asks for is not read twice a second all the same. */
  @Test
  void refreshAhead_nobodyAskedSince_readsNothing() {
    seen();
    snapshots.watch();
    seen();
    pass(600);
    snapshots.refreshAhead();
    int before = here.watched.calls();
    pass(900);
    snapshots.refreshAhead();
    snapshots.watch();
    assertThat(here.watched.calls()).isEqualTo(before);
    register();
    assertThat(seen()).isTrue();
  }

  /** A storage that hangs keeps the thread that refreshes; the one that watches is another. */
  @Test
  void watch_refreshIsLate_nextLookupReads() {
    seen();
    snapshots.watch();
    seen();
    register();
    pass(874);
    snapshots.watch();
    assertThat(seen()).isFalse();
    pass(1);
    snapshots.watch();
    assertThat(seen()).isTrue();
  }

  @Test
  void expire_whileWatched_nextLookupReads() {
    seen();
    snapshots.watch();
    seen();
    register();
    snapshots.expire();
    assertThat(seen()).isTrue();
  }

  @Test
  void changed_whileWatched_seenAtOnce() {
    seen();
    snapshots.watch();
    seen();
    register();
    snapshots.changed();
    assertThat(seen()).isTrue();
  }

  @Test
  void unwatch_boundOver_lookupsLookAtTheClockAgain() {
    seen();
    snapshots.watch();
    seen();
    snapshots.unwatch();
    register();
    pass(999);
    assertThat(seen()).isFalse();
    pass(1);
    assertThat(seen()).isTrue();
  }

  /** The shortest way to an instance must not outlive what ends the others. */
  @Test
  void next_onlyWhileWatchedAndNothingChanged() {
    here.registry.register(Server.named("s").at("h", 1));
    here.registry.register(Instance.on("s").at("i", 1));
    here.registry.register(Service.named("get").on("s").uri("/"));
    String[] asked = {new String("S"), new String("get")};
    assertThat(next(asked)).as("not watched").isNull();
    snapshots.watch();
    assertThat(next(asked)).as("not asked while watched").isNull();
    for (Runnable end :
        List.<Runnable>of(
            snapshots::expire,
            snapshots::unwatch,
            () -> {
              pass(875);
              snapshots.watch();
            },
            () -> {
              there.registry.removeInstance("s", "i:1");
              snapshots.changed();
            })) {
      choose(asked);
      choose(asked);
      assertThat(Set.of(next(asked), next(asked))).hasSize(2);
      assertThat(next("s", "other")).isNull();
      end.run();
      assertThat(next(asked)).isNull();
      snapshots.watch();
    }
    choose(asked);
    choose(asked);
    assertThat(next(asked)).as("one instance takes no turns").isNull();
  }

  private @Nullable Endpoint next(String... names) {
    Route known = snapshots.asked().find(snapshots.asked().routes(), names[0], names[1]);
    return known == null ? null : known.next();
  }

  private void choose(String... names) {
    assertThat(snapshots.route(names[0], names[1]).choose(null)).isNotNull();
  }

  @Test
  void watch_boundTooShort_lookupsLookThemselves() {
    Snapshots brief =
        new Snapshots(
            here.watched.store(),
            here.options().staleness(Duration.ofMillis(399)),
            new Fleets(FleetOptions.DEFAULT, here.nanos::get),
            true);
    brief.current();
    brief.watch();
    brief.current();
    register();
    pass(399);
    assertThat(brief.current().server("s")).isPresent();
  }

  @Test
  void started_lookupsOften_theUpkeepReadsForThem() {
    Set<String> readers = ConcurrentHashMap.newKeySet();
    Registry registry =
        Registry.create(
            here.watched.store(),
            storage,
            here.audit.log(),
            here,
            here.options().nanoTime(RegistryOptions.SYSTEM_NANO_TIME));
    assertThat(registry.findServer("s")).isEmpty();
    here.watched.beforeVersion = () -> readers.add(Thread.currentThread().getName());
    try (RegistryUpkeep upkeep = RegistryUpkeep.create(registry)) {
      upkeep.start();
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> registry.findServer("s").isEmpty() && readers.contains("gatehouse-registry"));
      register();
      await().pollInterval(Duration.ofMillis(1)).until(() -> registry.findServer("s").isPresent());
    }
  }
}
