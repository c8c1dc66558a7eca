package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gatehouse.Gatehouse;
import dev.gatehouse.error.StorageException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.scheduler.Task;
import dev.gatehouse.scheduler.TaskResult;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Instances whose leases a process keeps while the storage, others or listeners misbehave. */
final class LeaseKeepingTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualClock leaseClock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final MemoryStorage storage = MemoryStorage.create(leaseClock);
  private final Node node = new Node(storage);
  private final Node other = new Node(storage);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final RecordingTransport transport = RecordingTransport.create();
  private final WatchedStore watched = new WatchedStore(storage.registry());
  private final Registry registry =
      Registry.create(watched.store(), storage, node.audit.log(), node, options());
  private final RegistryUpkeep upkeep = RegistryUpkeep.create(registry);

  private RegistryOptions options() {
    GatehouseListener listener =
        new GatehouseListener() {
          @Override
          public void leaseLost(String server, String address) {
            heard.add(address + " lost");
            throw new IllegalStateException("as told");
          }

          @Override
          public void instanceChanged(String server, String address, String change) {
            heard.add(address + " " + change);
          }
        };
    return node.options()
        .fleet(FleetOptions.DEFAULT.listener(listener))
        .calls(CallOptions.DEFAULT.transport(transport));
  }

  @AfterEach
  void close() {
    watched.failing = false;
    watched.failingInTransactions = false;
    upkeep.close();
  }

  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      advance(SECOND);
      upkeep.step();
    }
  }

  private void advance(Duration time) {
    leaseClock.advance(time);
    node.nanos.addAndGet(time.toNanos());
    other.nanos.addAndGet(time.toNanos());
  }

  private static Instance leased(String server, String host) {
    return Instance.on(server).at(host, 1).lease(LEASE);
  }

  private Optional<Instance> stored(String server, String host) {
    return storage.registry().findInstance(server, host + ":1");
  }

  @Test
  void storageFails_probesGoOnAndRenewalsBeginAgain() {
    registry.register(Server.named("s").at("own", 80).metadata(Map.of("health", "/")));
    Instance kept = upkeep.keep(leased("s", "a"));
    pass(9);
    watched.failing = true;
    watched.failingInTransactions = true;
    transport.always(request -> Response.of(500, ""));
    pass(15);
    int sent = transport.requests().size();
    pass(12);
    assertThat(transport.requests().size()).as("of two instances").isGreaterThanOrEqualTo(sent + 2);
    watched.failing = false;
    watched.failingInTransactions = false;
    pass(2);
    Instance now = stored("s", "a").orElseThrow();
    assertThat(now.epoch()).as("it had ended").isGreaterThan(kept.epoch());
    assertThat(heard).contains("a:1 lost");
    pass(60);
    assertThat(stored("s", "a")).contains(now);
  }

  /** The listener throws each time, too. */
  @Test
  void oneCannotBeTakenAnew_othersAreRenewedAndLossIsToldOnce() {
    registry.register(Server.named("full").at("own", 80));
    upkeep.keep(leased("full", "a"));
    for (int i = 0; i < 8; i++) {
      registry.register(Server.named("s" + i).at("own", 80));
      upkeep.keep(leased("s" + i, "a"));
    }
    advance(LEASE);
    assertThat(other.registry.removeLapsed()).hasSize(9);
    storage.run(
        transaction -> {
          for (int port = 1; port <= Instance.MAX_INSTANCES; port++) {
            storage
                .registry()
                .joining(transaction)
                .put(Instance.on("full").at("b", port).registered(1, Instant.EPOCH, Instant.EPOCH));
          }
        });
    pass(90);
    for (int i = 0; i < 8; i++) {
      assertThat(stored("s" + i, "a")).isPresent();
    }
    assertThat(heard).hasSize(9).containsOnly("a:1 lost");
    storage.registry().removeInstance("full", "b:7");
    pass(2);
    assertThat(stored("full", "a")).isPresent();
  }

  /** The shortest lease there is: whoever looked twice a second would lose it. */
  @Test
  void leaseOfASecond_renewedWhenDue_neverEnds() {
    registry.register(Server.named("s").at("own", 80));
    LeaseKeeper keeper = new LeaseKeeper((SnapshotRegistry) registry);
    Instance kept = keeper.keep(Instance.on("s").at("a", 1).lease(Instance.MIN_LEASE));
    for (int round = 0; round < 50; round++) {
      long due = keeper.nanosUntilDue(SECOND.toNanos());
      assertThat(Duration.ofNanos(due)).isBetween(Duration.ofMillis(299), Duration.ofMillis(334));
      advance(Duration.ofNanos(due).plusMillis(50));
      keeper.renewDue();
    }
    assertThat(stored("s", "a")).contains(kept);
    assertThat(storage.registry().lapsed(10)).isEmpty();
    keeper.releaseAll();
  }

  /** A storage that is down is not asked all the time, and soon enough for a short lease. */
  @Test
  void renewalFails_triedAgainAfterATenthOfTheLeaseOrHalfASecond() {
    registry.register(Server.named("s").at("own", 80));
    for (Duration lease : List.of(Instance.MIN_LEASE, LEASE)) {
      LeaseKeeper keeper = new LeaseKeeper((SnapshotRegistry) registry);
      keeper.keep(Instance.on("s").at("a", 1).lease(lease));
      advance(lease.dividedBy(2));
      watched.failingInTransactions = true;
      assertThatThrownBy(keeper::renewDue).isInstanceOf(StorageException.class);
      assertThat(Duration.ofNanos(keeper.nanosUntilDue(SECOND.toNanos())))
          .isEqualTo(Duration.ofMillis(lease.equals(LEASE) ? 500 : 100));
      watched.failingInTransactions = false;
      keeper.releaseAll();
    }
  }

  /** Two processes of one address, as at a rolling restart. */
  @Test
  void anotherRegistersTheSame_isLeftAloneAndStaysWhenThisCloses() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(leased("s", "a"));
    Instance successor =
        other.registry.register(Instance.on("s").at("a", 1).lease(Duration.ofDays(1)));
    long version = storage.registry().version();
    pass(120);
    assertThat(stored("s", "a")).contains(successor);
    assertThat(storage.registry().version()).isEqualTo(version);
    assertThat(heard).containsExactly("a:1 lost");
    upkeep.close();
    assertThat(stored("s", "a")).contains(successor);
  }

  @Test
  void anotherRegistersTheSame_afterTheLeaseEnded_isLeftAlone() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(leased("s", "a"));
    advance(LEASE);
    other.registry.removeLapsed();
    Instance successor =
        other.registry.register(Instance.on("s").at("a", 1).lease(Duration.ofDays(1)));
    pass(60);
    assertThat(stored("s", "a")).contains(successor);
  }

  @Test
  void operatorRemovesIt_staysRemoved() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(leased("s", "a"));
    pass(5);
    other.registry.removeInstance("s", "a:1");
    pass(120);
    assertThat(stored("s", "a")).isEmpty();
    assertThat(heard).containsExactly("a:1 lost");
  }

  /** A suspended machine's monotonic clock may stand still, and only the other tells. */
  @Test
  void monotonicClockStoodStill_takenAnew() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(leased("s", "a"));
    leaseClock.advance(Duration.ofHours(1));
    node.clock.advance(Duration.ofHours(1));
    other.registry.removeLapsed();
    pass(11);
    assertThat(stored("s", "a")).isPresent();
  }

  @Test
  void close_storageFails_isTriedOnce() {
    registry.register(Server.named("s").at("own", 80));
    for (String host : List.of("a", "b", "c", "d")) {
      upkeep.keep(leased("s", host));
    }
    watched.failingInTransactions = true;
    int before = watched.callsInTransactions();
    upkeep.close();
    assertThat(watched.callsInTransactions() - before).isEqualTo(1);
  }

  /** A host's transaction that holds the registry, or a storage that hangs, ended all leases. */
  @Test
  void started_lookAtTheRegistryHangs_leasesAreRenewedAllTheSame() throws Exception {
    registry.register(Server.named("s").at("own", 80));
    Instance kept = upkeep.keep(leased("s", "a"));
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch hanging = new CountDownLatch(1);
    watched.beforeVersion =
        () -> {
          hanging.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    node.age();
    upkeep.start();
    assertThat(hanging.await(10, TimeUnit.SECONDS)).isTrue();
    for (int third = 0; third < 4; third++) {
      int before = watched.callsInTransactions();
      advance(Duration.ofSeconds(11));
      await().until(() -> watched.callsInTransactions() > before);
    }
    assertThat(storage.registry().lapsed(10)).isEmpty();
    assertThat(stored("s", "a")).contains(kept);
    watched.beforeVersion = () -> {};
    end.countDown();
  }

  @Test
  void start_andClose_threeThreadsAndThenNone() {
    upkeep.start();
    assertThat(threads()).hasSize(3);
    upkeep.close();
    assertThat(threads()).isEmpty();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(
            name ->
                List.of("gatehouse-registry", "gatehouse-leases", "gatehouse-probes")
                    .contains(name))
        .toList();
  }

  /** Others would go on to call a node that begins nothing more. */
  @Test
  void gatehouseClose_tasksUnderWay_instanceIsReleasedBefore() throws Exception {
    MemoryStorage own = MemoryStorage.create();
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean released = new AtomicBoolean();
    try (Gatehouse gatehouse =
        Gatehouse.builder()
            .storage(own)
            .handler(
                "wait",
                context -> {
                  begun.countDown();
                  for (int i = 0; i < 500 && !released.get(); i++) {
                    released.set(own.registry().countInstances("s") == 0);
                    LockSupport.parkNanos(10_000_000);
                  }
                  return TaskResult.done();
                })
            .build()) {
      Application application = gatehouse.registry().register(Application.named("a"));
      gatehouse.registry().register(Server.named("s").at("own", 80));
      gatehouse.upkeep().keep(leased("s", "a"));
      gatehouse.start();
      gatehouse.scheduler().schedule(Task.of("1").application(application).handler("wait"));
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      gatehouse.close(Duration.ofSeconds(10));
      assertThat(released).isTrue();
    }
  }
}
