package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.ClosedException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.storage.memory.MemoryStorage;
import dev.gatehouse.testing.fixture.ManualClock;
import dev.gatehouse.testing.fixture.RecordingTransport;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Leases and probes, second by second, without a thread. */
final class RegistryUpkeepTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final ManualClock leaseClock = new ManualClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final MemoryStorage storage = MemoryStorage.create(leaseClock);
  private final Node node = new Node(storage);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final Set<String> dead = ConcurrentHashMap.newKeySet();
  private final RecordingTransport transport =
      RecordingTransport.create().always(request -> answer(request));
  private final Registry registry = registry();
  private final RegistryUpkeep upkeep = RegistryUpkeep.create(registry);

  private Response answer(Request request) {
    return Response.of(dead.contains(request.uri().getHost()) ? 500 : 200, "{\"code\":\"200\"}");
  }

  private Registry registry() {
    RegistryOptions options =
        node.options()
            .fleet(
                FleetOptions.DEFAULT
                    .balancer(Balancer.roundRobin())
                    .random(new java.util.Random(3)::nextLong)
                    .listener(
                        new GatehouseListener() {
                          @Override
                          public void instanceChanged(
                              String server, String address, String change) {
                            heard.add(address + " " + change);
                          }

                          @Override
                          public void leaseLost(String server, String address) {
                            heard.add(address + " lost");
                          }
                        }))
            .calls(CallOptions.DEFAULT.transport(transport));
    return Registry.create(storage.registry(), storage, node.audit.log(), node, options);
  }

  private void pass(int seconds) {
    pass(upkeep, seconds);
  }

  private void pass(RegistryUpkeep stepped, int seconds) {
    for (int i = 0; i < seconds; i++) {
      leaseClock.advance(SECOND);
      node.nanos.addAndGet(SECOND.toNanos());
      stepped.step();
    }
  }

  @Test
  void keep_asLongAsStepped_renewedAndReleasedAtClose() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(Instance.on("s").at("a", 1).lease(LEASE));
    pass(300);
    assertThat(registry.instances("s")).hasSize(2);
    assertThat(storage.registry().version()).as("renewing is no change").isEqualTo(2);
    upkeep.close();
    upkeep.close();
    assertThat(registry.instances("s")).hasSize(1);
    assertThatThrownBy(() -> upkeep.keep(Instance.on("s").at("a", 1).lease(LEASE)))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void keep_processStoodStill_leaseTakenAnew() {
    registry.register(Server.named("s").at("own", 80));
    Instance first = upkeep.keep(Instance.on("s").at("a", 1).lease(LEASE));
    leaseClock.advance(LEASE);
    node.nanos.addAndGet(LEASE.toNanos());
    assertThat(new Node(storage).registry.removeLapsed()).hasSize(1);
    upkeep.step();
    assertThat(heard).containsExactly("a:1 lost");
    Instance second = registry.instances("s").get(1);
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    pass(60);
    assertThat(registry.instances("s")).contains(second);
    upkeep.release(Instance.on("S").at("A", 1));
    assertThat(registry.instances("s")).hasSize(1);
  }

  @Test
  void keep_serverRemoved_keptNoMore() {
    registry.register(Server.named("s").at("own", 80));
    upkeep.keep(Instance.on("s").at("a", 1).lease(LEASE));
    registry.removeServer("s");
    pass(60);
    registry.register(Server.named("s").at("own", 80));
    pass(60);
    assertThat(registry.instances("s")).hasSize(1);
    assertThatThrownBy(() -> upkeep.keep(Instance.on("s").at("b", 1)))
        .hasMessage("instance must have a lease");
  }

  @Test
  void step_othersLeaseOver_removed() {
    registry.register(Server.named("s").at("own", 80));
    registry.register(Instance.on("s").at("a", 1).lease(LEASE));
    pass(29);
    assertThat(registry.instances("s")).hasSize(2);
    pass(2);
    assertThat(registry.instances("s")).hasSize(1);
  }

  @Test
  void step_storageFails_oldSnapshotServesAndWorkGoesOn() {
    WatchedStore watched = new WatchedStore(storage.registry());
    Registry over =
        Registry.create(watched.store(), storage, node.audit.log(), node, node.options());
    over.register(Server.named("s").at("own", 80));
    over.register(Service.named("n").on("s").uri("/"));
    over.resolve("s", "n");
    RegistryUpkeep own = RegistryUpkeep.create(over);
    watched.failing = true;
    own.step();
    node.age();
    own.step();
    assertThat(over.resolve("s", "n").uri()).hasToString("http://own:80/");
    watched.failing = false;
    node.age();
    own.step();
    own.close();
  }

  @Test
  void step_nothingLeasedOrProbed_storageLeftAlone_untilSomethingIs() {
    WatchedStore watched = new WatchedStore(storage.registry());
    Registry over =
        Registry.create(watched.store(), storage, node.audit.log(), node, node.options());
    over.register(Server.named("s").at("own", 80));
    over.findServer("s");
    try (RegistryUpkeep own = RegistryUpkeep.create(over)) {
      own.step();
      int before = watched.calls();
      pass(own, 60);
      assertThat(watched.calls() - before).isLessThanOrEqualTo(6);
      registry.register(Instance.on("s").at("a", 1).lease(LEASE));
      pass(own, 29 + 10);
      assertThat(registry.instances("s")).hasSize(1);
    }
  }

  @Test
  void probes_serverWithHealthPath_deadInstanceTakesNoCallsUntilItAnswers() {
    registry.register(
        Server.named("s").at("one", 80).metadata(Map.of("health", "/mw/server/health?a=b")));
    registry.register(Instance.on("s").at("two", 81).protocol("https"));
    registry.register(Service.named("n").on("s").uri("/"));
    registry.register(Server.named("unasked").at("three", 80));
    dead.add("two");
    pass(40);
    assertThat(heard).containsExactly("two:81 down");
    assertThat(transport.requests())
        .extracting(request -> request.uri().toString())
        .containsOnly("http://one:80/mw/server/health?a=b", "https://two:81/mw/server/health?a=b");
    for (int i = 0; i < 10; i++) {
      assertThat(registry.resolve("s", "n").uri().getHost()).isEqualTo("one");
    }
    dead.clear();
    pass(11);
    assertThat(heard).containsExactly("two:81 down", "two:81 up");
  }

  @Test
  void probes_ofManyInstances_spreadOverTheInterval() {
    registry.register(Server.named("s").at("h0", 80).metadata(Map.of("health", "/")));
    for (int i = 1; i < 50; i++) {
      registry.register(Instance.on("s").at("h" + i, 80));
    }
    int most = 0;
    for (int second = 0; second < 100; second++) {
      int before = transport.requests().size();
      pass(1);
      most = Math.max(most, transport.requests().size() - before);
    }
    assertThat(transport.requests()).hasSizeBetween(420, 520);
    assertThat(most).as("of 50 at once").isLessThan(20);
  }

  @Test
  void probes_withoutAnswer_areBad() {
    registry.register(Server.named("s").at("one", 80).metadata(Map.of("health", "/")));
    registry.register(Service.named("n").on("s").uri("/"));
    for (int i = 0; i < 3; i++) {
      transport.fail();
    }
    pass(45);
    assertThat(heard).containsExactly("one:80 down", "one:80 up");
    dead.add("one");
    pass(35);
    assertThatThrownBy(() -> registry.call("s", "n", ServiceCall.EMPTY))
        .isInstanceOf(TransportException.class);
  }

  @Test
  void health_notAPath_refused() {
    assertThatThrownBy(() -> Server.named("s").at("h", 1).metadata(Map.of("health", "@evil/")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("health must start with '/', was '@evil/'");
  }

  @Test
  void start_andClose_leaveNoThread() throws Exception {
    upkeep.start();
    upkeep.start();
    assertThat(threads()).hasSize(1);
    upkeep.close();
    assertThat(threads()).isEmpty();
    assertThatThrownBy(upkeep::start).isInstanceOf(ClosedException.class);
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("gatehouse-registry"))
        .toList();
  }
}
