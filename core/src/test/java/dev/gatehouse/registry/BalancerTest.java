package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.registry.FleetOptions.AllDown;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which instance a call goes to. */
final class BalancerTest {
  private static final int PICKS = 20_000;

  private final Random random = new Random(7);
  private long nanos = Long.MAX_VALUE - 5;

  private FleetOptions options(Balancer balancer) {
    return FleetOptions.DEFAULT.balancer(balancer).random(random::nextLong);
  }

  private Fleet fleet(FleetOptions options, List<Instance> instances) {
    Fleet fleet =
        new Fleet(new FleetState("s", options), instances, new Fleet.Parts(options, () -> nanos));
    fleet.publish();
    return fleet;
  }

  private Fleet fleet(Balancer balancer, int... weights) {
    return fleet(options(balancer), instances(weights));
  }

  private static List<Instance> instances(int... weights) {
    return IntStream.range(0, weights.length)
        .mapToObj(i -> Instance.on("s").at("h" + i, 80).weight(weights[i]))
        .toList();
  }

  private static int[] counts(Fleet fleet) {
    int[] counts = new int[fleet.size()];
    for (int i = 0; i < PICKS; i++) {
      counts[fleet.pick(null)]++;
    }
    return counts;
  }

  private void answered(Fleet fleet, int position, Duration time, boolean success) {
    fleet
        .state()
        .ended(
            fleet.member(position),
            time.toNanos(),
            success ? Ending.ANSWERED : Ending.FAILED,
            nanos);
  }

  @Test
  void roundRobin_counterWraps_goesOnInTurn() {
    Fleet fleet = fleet(Balancer.roundRobin(), 100, 1, 100);
    fleet.state().beginTurns(Turns.from(i -> Long.MAX_VALUE - 1));
    List<Integer> picked = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      picked.add(fleet.pick(null));
    }
    assertThat(picked).allMatch(position -> position >= 0 && position < 3);
    assertThat(picked.subList(2, 7)).containsExactly(1, 2, 0, 1, 2);
  }

  @Test
  void random_anyWeights_evenly() {
    for (int count : counts(fleet(Balancer.random(), 1, 100, 1000))) {
      assertThat(count).isCloseTo(PICKS / 3, within(PICKS / 30));
    }
  }

  @Test
  void weighted_asTheWeightsSay_andNoneForZero() {
    int[] counts = counts(fleet(Balancer.weighted(), 100, 300, 0, 600));
    assertThat(counts[0]).isCloseTo(PICKS / 10, within(PICKS / 50));
    assertThat(counts[1]).isCloseTo(PICKS * 3 / 10, within(PICKS / 50));
    assertThat(counts[2]).isZero();
    assertThat(counts[3]).isCloseTo(PICKS * 6 / 10, within(PICKS / 50));
  }

  @Test
  void weights_allZeroOrExtreme_stillPicked() {
    assertThat(counts(fleet(Balancer.weighted(), 0, 0))).doesNotContain(0);
    int[] counts = counts(fleet(Balancer.weighted(), 1, 1000));
    assertThat(counts[0]).isBetween(1, PICKS / 200);
    assertThat(counts(fleet(Balancer.latency(), 0))).containsExactly(PICKS);
    for (Balancer balancer : Balancer.Stock.values()) {
      assertThat(fleet(balancer, 0, 0, 0).pick("key")).isBetween(0, 2);
      assertThat(fleet(balancer, 5).pick("key")).isZero();
    }
  }

  @Test
  void latency_slowOne_avoidedAndTriedAgainLater() {
    Fleet fleet = fleet(Balancer.latency(), 100, 100, 100);
    answered(fleet, 0, Duration.ofMillis(10), true);
    answered(fleet, 1, Duration.ofMillis(10), true);
    answered(fleet, 2, Duration.ofMillis(200), true);
    assertThat(counts(fleet)[2]).isZero();
    for (int second = 0; second < 40; second++) {
      nanos += 1_000_000_000L;
      answered(fleet, 0, Duration.ofMillis(10), true);
      answered(fleet, 1, Duration.ofMillis(10), true);
    }
    assertThat(counts(fleet)[2]).isPositive();
  }

  /** A black hole that fails at once would look like the fastest if failures were not dear. */
  @Test
  void latency_fastFailing_avoided() {
    FleetOptions lenient = options(Balancer.latency()).ejecting(1_000, Duration.ofSeconds(30), 10);
    Fleet fleet = fleet(lenient, instances(100, 100, 100));
    answered(fleet, 0, Duration.ofMillis(50), true);
    answered(fleet, 1, Duration.ofMillis(50), true);
    answered(fleet, 2, Duration.ofNanos(1_000), false);
    assertThat(counts(fleet)[2]).isZero();
  }

  @Test
  void latency_callsUnderWay_countByWeight() {
    Fleet fleet = fleet(Balancer.latency(), 100, 100);
    fleet.member(0).began();
    assertThat(counts(fleet)).containsExactly(0, PICKS);
    fleet.member(0).ended();
    assertThat(fleet.member(0).inFlight()).isZero();
    int[] equallyFast = counts(fleet(Balancer.latency(), 100, 300));
    assertThat(equallyFast[0]).isCloseTo(PICKS / 4, within(PICKS / 50));
    Fleet busy = fleet(Balancer.latency(), 100, 300);
    busy.member(0).began();
    assertThat(counts(busy)).containsExactly(0, PICKS);
    busy.member(1).began();
    assertThat(counts(busy))
        .as("one call is more for who has less weight")
        .containsExactly(0, PICKS);
    for (int i = 0; i < 3; i++) {
      busy.member(1).began();
    }
    assertThat(counts(busy)).containsExactly(PICKS, 0);
  }

  @Test
  void cpu_lessBusy_preferredAndUnknownIsNoReason() {
    Fleet fleet = fleet(Balancer.cpu(), 100, 100, 100);
    int[] unknown = counts(fleet);
    assertThat(unknown).doesNotContain(0);
    fleet.member(0).cpu(95, nanos);
    fleet.member(1).cpu(40, nanos);
    int[] known = counts(fleet);
    assertThat(known[1]).isGreaterThan(known[0] * 2);
    fleet.member(2).cpu(5, nanos);
    int[] idle = counts(fleet);
    assertThat(idle[2]).isGreaterThan(idle[1] * 2);
  }

  @Test
  void shard_fifthJoinsFour_onlyItsKeysMove() {
    Fleet four = fleet(Balancer.shard(), 100, 100, 100, 100);
    Fleet five = fleet(Balancer.shard(), 100, 100, 100, 100, 100);
    Map<Integer, Integer> shares = new HashMap<>();
    int moved = 0;
    for (int i = 0; i < 10_000; i++) {
      int before = four.pick("account-" + i);
      int after = five.pick("account-" + i);
      shares.merge(before, 1, Integer::sum);
      if (before != after) {
        assertThat(after).as("keys move to the new one only").isEqualTo(4);
        moved++;
      }
    }
    assertThat(moved).as("ideal is 2000 of 10000").isBetween(1_300, 2_700);
    assertThat(shares.values()).hasSize(4).allSatisfy(n -> assertThat(n).isBetween(1_700, 3_300));
  }

  /** A point tells its owner by a few bits. */
  @Test
  void shard_mostInstances_everyOneHasAShareAndNoOther() {
    int most = Instance.MAX_INSTANCES + 1;
    Fleet fleet = fleet(Balancer.shard(), IntStream.range(0, most).map(i -> 100).toArray());
    int[] counts = new int[most];
    for (int i = 0; i < 50 * most; i++) {
      counts[fleet.pick("account-" + i)]++;
    }
    assertThat(IntStream.of(counts)).allSatisfy(n -> assertThat(n).isBetween(15, 120));
  }

  @Test
  void shard_oneEjected_onlyItsKeysMoveAndComeBack() {
    FleetOptions options = options(Balancer.shard()).slowStart(Duration.ZERO);
    Fleet fleet = fleet(options, instances(100, 100, 100));
    Map<String, Integer> before = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      before.put("k" + i, fleet.pick("k" + i));
    }
    for (int i = 0; i < 5; i++) {
      answered(fleet, 1, Duration.ofMillis(1), false);
    }
    before.forEach(
        (key, position) -> {
          if (position == 1) {
            assertThat(fleet.pick(key)).isNotEqualTo(1);
          } else {
            assertThat(fleet.pick(key)).isEqualTo(position);
          }
        });
    nanos += Duration.ofSeconds(30).toNanos();
    before.forEach((key, position) -> assertThat(fleet.pick(key)).isEqualTo(position));
    assertThat(counts(fleet)).as("without a key any").doesNotContain(0);
  }

  @Test
  void local_nearOneUp_onlyThatOneElseAll() {
    List<Instance> instances =
        List.of(
            Instance.on("s").at("a", 1).metadata(Map.of("zone", "x")),
            Instance.on("s").at("b", 1).metadata(Map.of("zone", "y", "more", "")),
            Instance.on("s").at("c", 1));
    Fleet fleet = fleet(options(Balancer.roundRobin()).local(Map.of("zone", "y")), instances);
    assertThat(counts(fleet)).containsExactly(0, PICKS, 0);
    for (int i = 0; i < 5; i++) {
      answered(fleet, 1, Duration.ofMillis(1), false);
    }
    assertThat(counts(fleet)).containsExactly(PICKS / 2, 0, PICKS / 2);
  }

  @Test
  void pick_allDown_failsOrPanicsAsChosen() {
    Fleet failing = fleet(options(Balancer.random()), instances(100, 100));
    Fleet panicking =
        fleet(options(Balancer.random()).allDown(AllDown.PANIC), instances(100, 100, 0));
    for (Fleet fleet : List.of(failing, panicking)) {
      for (int position = 0; position < fleet.size(); position++) {
        for (int i = 0; i < 3; i++) {
          fleet.state().probed(fleet.member(position), false, nanos);
        }
      }
    }
    assertThatThrownBy(() -> failing.pick(null))
        .isInstanceOf(TransportException.class)
        .hasMessage("no instance of server 's' is up");
    int[] counts = counts(panicking);
    assertThat(counts[0]).isPositive();
    assertThat(counts[2]).isZero();
    failing.state().probed(failing.member(1), true, nanos);
    assertThat(failing.pick(null)).isEqualTo(1);
  }

  @Test
  void pick_hostsBalancer_asked() {
    Fleet fleet =
        fleet(
            (candidates, key) -> {
              assertThat(candidates.size()).isEqualTo(2);
              assertThat(candidates.instance(0).host()).isEqualTo("h0");
              assertThat(candidates.latencyNanos(0)).isEqualTo(1e6);
              assertThat(candidates.weight(1)).isEqualTo(50);
              assertThat(candidates.cpu(1)).isEqualTo(-1);
              return "second".equals(key) ? 1 : 0;
            },
            100,
            50);
    assertThat(fleet.pick("second")).isEqualTo(1);
    assertThat(fleet.pick(null)).isZero();
  }

  @Test
  void pick_allStockBalancersAtHundred_allocatesNothing() {
    long seen = 0;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (Balancer balancer : Balancer.Stock.values()) {
      FleetOptions options = FleetOptions.DEFAULT.balancer(balancer);
      Fleet fleet =
          new Fleet(
              new FleetState("s", options),
              instances(IntStream.range(0, 100).map(i -> 100).toArray()),
              new Fleet.Parts(options, System::nanoTime));
      fleet.publish();
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 10; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
          seen += fleet.pick("key");
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).as(balancer.toString()).isLessThan(10_000);
    }
    assertThat(seen).isPositive();
  }

  @Test
  void latency_manyByWeight_sharesAsTheWeightsSayWhileEquallyFast() {
    int[] counts = counts(fleet(Balancer.latency(), 100, 100, 200, 600));
    assertThat(counts[0]).isCloseTo(PICKS / 10, within(PICKS / 50));
    assertThat(counts[2]).isCloseTo(PICKS / 5, within(PICKS / 50));
    assertThat(counts[3]).isCloseTo(PICKS * 6 / 10, within(PICKS / 50));
  }

  @Test
  void cpu_toldLongAgo_isUnknown() {
    Fleet fleet = fleet(Balancer.cpu(), 100, 100, 100);
    fleet.member(0).cpu(5, nanos);
    nanos += Duration.ofSeconds(30).toNanos() - 1;
    assertThat(counts(fleet)[0]).isGreaterThan(PICKS / 2);
    nanos += 1;
    assertThat(counts(fleet)[0]).isCloseTo(PICKS / 3, within(PICKS / 30));
  }

  @Test
  void pick_hostsBalancerOutOfRange_named() {
    for (int wrong : new int[] {2, -1}) {
      Fleet fleet = fleet((candidates, key) -> wrong, 100, 100);
      assertThatThrownBy(() -> fleet.pick(null))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("must choose 0..1, chose " + wrong);
    }
  }
}
