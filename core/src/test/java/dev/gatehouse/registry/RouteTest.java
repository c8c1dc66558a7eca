package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A choice by nothing but a counter, and when there is more to look at. */
final class RouteTest {
  private static final Service SERVICE = Service.named("get").on("s").uri("/g");

  private long nanos = Long.MAX_VALUE - 5;
  private Fleet fleet = fleet(Balancer.roundRobin(), 3);

  private Fleet fleet(Balancer balancer, int size) {
    FleetOptions options = FleetOptions.DEFAULT.balancer(balancer);
    Fleet made =
        new Fleet(
            new FleetState("s", options),
            IntStream.range(0, size).mapToObj(i -> Instance.on("s").at("h" + i, 80)).toList(),
            new Fleet.Parts(options, () -> nanos));
    made.publish();
    return made;
  }

  private static Route route(Fleet fleet) {
    List<Endpoint> endpoints =
        IntStream.range(0, fleet.size())
            .mapToObj(i -> Endpoint.of(fleet.instance(i).origin(), SERVICE))
            .toList();
    return new Route("s", SERVICE, endpoints, fleet);
  }

  private static String host(Endpoint endpoint) {
    return endpoint.uri().getHost();
  }

  private static List<String> next(Route route, int times) {
    return Stream.generate(() -> host(route.next())).limit(times).toList();
  }

  private void probed(int position, boolean success) {
    for (int i = 0; i < 3; i++) {
      fleet.state().probed(fleet.member(position), success, nanos);
    }
  }

  @Test
  void next_onceChosen_goesOnInTurn() {
    Route route = route(fleet);
    assertThat(route.next()).isNull();
    fleet.state().beginTurns(Turns.from(i -> Long.MAX_VALUE - 1));
    List<String> hosts = new ArrayList<>(List.of(host(route.choose(null))));
    hosts.addAll(next(route, 6));
    assertThat(hosts.subList(2, 7))
        .as("past the wrap")
        .containsExactly("h1", "h2", "h0", "h1", "h2");
    assertThat(host(route.choose("key"))).as("with the same counter").isEqualTo("h0");
  }

  @Test
  void next_somebodyDownOrBackOrStartingSlowly_isLookedAtAnew() {
    Route route = route(fleet);
    route.choose(null);
    probed(1, false);
    assertThat(route.next()).isNull();
    route.choose(null);
    assertThat(next(route, 4)).containsOnly("h0", "h2").hasSize(4);
    probed(1, true);
    route.choose(null);
    assertThat(route.next()).as("until the slow start is over").isNull();
    nanos += FleetOptions.DEFAULT.slowStart().toNanos();
    route.choose(null);
    assertThat(next(route, 3)).containsExactlyInAnyOrder("h0", "h1", "h2");
  }

  @Test
  void next_whereNobodyTakesTurns_isLeftToTheBalancer() {
    for (Fleet other :
        List.of(
            fleet(Balancer.latency(), 3),
            fleet((candidates, key) -> 0, 3),
            fleet(Balancer.roundRobin(), 1))) {
      Route route = route(other);
      route.choose(null);
      assertThat(route.next()).isNull();
    }
    Route fixed = new Route("s", SERVICE, List.of(Endpoint.of("http://h:1", SERVICE)), null);
    assertThat(host(fixed.choose(null))).isEqualTo("h");
    assertThat(fixed.next()).isNull();
  }

  /** Services of a server share its turns. */
  @Test
  void next_twoServices_spreadTogether() {
    Route one = route(fleet);
    Route other = route(fleet).askedBy("S", "GET", 1);
    assertThat(other.isOf(new String("S"), new String("GET"))).isTrue();
    assertThat(other.isOf("s", "GET")).isFalse();
    one.choose(null);
    other.choose(null);
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      hosts.add(host(one.next()));
      hosts.add(host(other.next()));
    }
    assertThat(hosts).containsExactlyInAnyOrder("h0", "h0", "h1", "h1", "h2", "h2");
  }

  @Test
  void next_manyThreads_everyInstanceAsOften() throws InterruptedException {
    Route route = route(fleet);
    route.choose(null);
    AtomicIntegerArray counts = new AtomicIntegerArray(3);
    List<Thread> threads =
        IntStream.range(0, 2 * Turns.COUNTERS + 1)
            .mapToObj(
                number ->
                    new Thread(
                        () -> {
                          for (int i = 0; i < 3_000; i++) {
                            counts.incrementAndGet(host(route.next()).charAt(1) - '0');
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    int each = threads.size() * 1_000;
    assertThat(List.of(counts.get(0), counts.get(1), counts.get(2))).containsOnly(each);
  }

  @Test
  void counters_begin_apartFromEachOther() {
    long[] counters = Turns.from(i -> i + 1);
    int[] places =
        IntStream.range(0, counters.length).filter(place -> counters[place] != 0).toArray();
    assertThat(places).hasSize(Turns.COUNTERS);
    assertThat(Arrays.stream(places).allMatch(place -> place >= 16 && place % 16 == 0)).isTrue();
    assertThat(Integer.bitCount(Turns.COUNTERS)).isEqualTo(1);
  }

  @Test
  void next_oftenCalled_allocatesNothing() {
    Route route = route(fleet(Balancer.roundRobin(), 100));
    route.choose(null);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 10; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        assertNotNull(route.next());
        assertNotNull(route.choose(null));
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isLessThan(10_000);
  }

  private static void assertNotNull(Endpoint endpoint) {
    if (endpoint == null) {
      throw new AssertionError("none");
    }
  }
}
