package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.error.TransportException;
import dev.gatehouse.observe.GatehouseListener;
import dev.gatehouse.transport.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who may take calls, as calls and probes show; every second is stepped. */
final class FleetHealthTest {
  private final List<String> heard = new ArrayList<>();
  private final Random random = new Random(11);
  private long nanos = -5;

  private final FleetOptions options =
      FleetOptions.DEFAULT
          .balancer(Balancer.weighted())
          .random(random::nextLong)
          .listener(
              new GatehouseListener() {
                @Override
                public void instanceChanged(String server, String address, String change) {
                  heard.add(address + " " + change);
                }

                @Override
                public void serverDown(String server, boolean down, String policy) {
                  heard.add(server + (down ? " down " : " not down ") + policy);
                }

                @Override
                public void breakerChanged(String server, String service, String state) {
                  heard.add(service + " " + state);
                }
              });

  private Fleet fleet(int size) {
    return fleet(new FleetState("s", options), size);
  }

  private Fleet fleet(FleetState state, int size) {
    List<Instance> instances =
        IntStream.range(0, size).mapToObj(i -> Instance.on("s").at("h" + i, 80)).toList();
    Fleet fleet = new Fleet(state, instances, new Fleet.Parts(options, () -> nanos));
    fleet.publish();
    return fleet;
  }

  private void fail(Fleet fleet, int position, int times) {
    for (int i = 0; i < times; i++) {
      fleet.state().ended(fleet.member(position), 1_000, Ending.FAILED, nanos);
    }
  }

  private void succeed(Fleet fleet, int position) {
    fleet.state().ended(fleet.member(position), 1_000_000, Ending.ANSWERED, nanos);
  }

  private static double share(Fleet fleet, int position) {
    int hits = 0;
    for (int i = 0; i < 10_000; i++) {
      hits += fleet.pick(null) == position ? 1 : 0;
    }
    return hits / 10_000.0;
  }

  private void advance(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void ejection_fiveFailuresInARow_outForThirtySecondsThenSlowStart() {
    Fleet fleet = fleet(4);
    fail(fleet, 2, 4);
    succeed(fleet, 2);
    fail(fleet, 2, 4);
    assertThat(heard).isEmpty();
    fail(fleet, 2, 1);
    assertThat(heard).containsExactly("h2:80 ejected");
    assertThat(share(fleet, 2)).isZero();
    advance(Duration.ofMillis(29_999));
    assertThat(share(fleet, 2)).isZero();
    advance(Duration.ofMillis(1));
    double first = share(fleet, 2);
    assertThat(heard).containsExactly("h2:80 ejected", "h2:80 restored");
    assertThat(first).as("a tenth of its share").isBetween(0.005, 0.06);
    advance(Duration.ofSeconds(15));
    double half = share(fleet, 2);
    assertThat(half).isBetween(first, 0.2);
    advance(Duration.ofSeconds(15));
    assertThat(share(fleet, 2)).isBetween(0.22, 0.28);
  }

  @Test
  void ejection_again_takesLongerAndIsForgottenInTime() {
    Fleet fleet = fleet(4);
    fail(fleet, 0, 5);
    advance(Duration.ofSeconds(30));
    fleet.pick(null);
    fail(fleet, 0, 5);
    advance(Duration.ofSeconds(59));
    assertThat(share(fleet, 0)).as("twice as long").isZero();
    advance(Duration.ofSeconds(1));
    assertThat(share(fleet, 0)).isPositive();
    advance(Duration.ofMinutes(10));
    fleet.pick(null);
    fail(fleet, 0, 5);
    advance(Duration.ofSeconds(30));
    assertThat(share(fleet, 0)).as("as for the first time").isPositive();
  }

  @Test
  void ejection_cap_oneOfThreeAndNeverTheLast() {
    Fleet one = fleet(1);
    fail(one, 0, 100);
    assertThat(one.pick(null)).isZero();
    Fleet three = fleet(3);
    fail(three, 0, 5);
    fail(three, 1, 500);
    assertThat(share(three, 0)).isZero();
    assertThat(share(three, 1)).isPositive();
    Fleet two = fleet(2);
    two.state().probed(two.member(0), false, nanos);
    two.state().probed(two.member(0), false, nanos);
    two.state().probed(two.member(0), false, nanos);
    fail(two, 1, 100);
    assertThat(two.pick(null)).as("the other is down").isEqualTo(1);
  }

  @Test
  void ejection_cap_tenPercentOfThirty() {
    Fleet fleet = fleet(30);
    for (int position = 0; position < 30; position++) {
      fail(fleet, position, 10);
    }
    assertThat(heard).hasSize(3).allMatch(event -> event.endsWith("ejected"));
  }

  @Test
  void blackHole_ejectedAfterOneBatch_othersKeepServing() {
    Fleet fleet = fleet(10);
    int failed = 0;
    for (int call = 0; call < 2_000; call++) {
      int position = fleet.pick(null);
      if (position == 3) {
        failed++;
        fail(fleet, position, 1);
      } else {
        succeed(fleet, position);
      }
      advance(Duration.ofMillis(1));
    }
    assertThat(failed).isEqualTo(5);
  }

  @Test
  void flapping_ejectedLongerEachTime_fewCallsLost() {
    Fleet fleet = fleet(10);
    int lost = 0;
    for (int second = 0; second < 600; second++) {
      for (int call = 0; call < 20; call++) {
        int position = fleet.pick(null);
        boolean fails = position == 3 && second / 5 % 2 == 0;
        lost += fails ? 1 : 0;
        fleet
            .state()
            .ended(
                fleet.member(position), 1_000_000, fails ? Ending.FAILED : Ending.ANSWERED, nanos);
        advance(Duration.ofMillis(50));
      }
    }
    assertThat(lost).as("of 12000, where 600 would be lost without ejection").isLessThan(120);
  }

  @Test
  void probes_threeBadInARow_downAndOneGoodUp() {
    Fleet fleet = fleet(2);
    Member member = fleet.member(0);
    fleet.state().probed(member, false, nanos);
    fleet.state().probed(member, false, nanos);
    fleet.state().probed(member, true, nanos);
    fleet.state().probed(member, false, nanos);
    fleet.state().probed(member, false, nanos);
    assertThat(share(fleet, 0)).isPositive();
    fleet.state().probed(member, false, nanos);
    assertThat(share(fleet, 0)).isZero();
    advance(Duration.ofDays(1));
    assertThat(share(fleet, 0)).as("until a probe says otherwise").isZero();
    fleet.state().probed(member, true, nanos);
    assertThat(share(fleet, 0)).isBetween(0.01, 0.2);
    assertThat(heard).containsExactly("h0:80 down", "h0:80 up");
  }

  @Test
  void allDown_toldOnceAndOnceWhenOver() {
    Fleet fleet = fleet(1);
    for (int i = 0; i < 3; i++) {
      fleet.state().probed(fleet.member(0), false, nanos);
    }
    for (int i = 0; i < 3; i++) {
      try {
        fleet.pick(null);
      } catch (TransportException e) {
        assertThat(e).hasMessage("no instance of server 's' is up");
      }
    }
    fleet.state().probed(fleet.member(0), true, nanos);
    fleet.pick(null);
    assertThat(heard).containsExactly("h0:80 down", "s down FAIL", "h0:80 up", "s not down FAIL");
  }

  @Test
  void newSnapshot_sameInstance_keepsWhatIsKnownAndNewOneStartsSlowly() {
    Fleet before = fleet(2);
    fail(before, 1, 5);
    Fleet after = fleet(before.state(), 3);
    assertThat(share(after, 1)).as("still ejected").isZero();
    assertThat(share(after, 2)).isBetween(0.05, 0.15);
    assertThat(before.pick(null)).as("picks from the old snapshot go on").isZero();
    advance(Duration.ofSeconds(30));
    assertThat(share(after, 2)).isBetween(0.4, 0.65);
  }

  /** The clock that measures may be anything at the start, and wraps around. */
  @Test
  void clock_wrapsAround_ejectionEndsAllTheSame() {
    nanos = Long.MAX_VALUE - Duration.ofSeconds(10).toNanos();
    Fleet fleet = fleet(3);
    fail(fleet, 0, 5);
    advance(Duration.ofSeconds(29));
    assertThat(share(fleet, 0)).isZero();
    advance(Duration.ofSeconds(2));
    assertThat(share(fleet, 0)).isPositive();
  }

  @Test
  void listener_throwing_isDropped() {
    FleetOptions hostile =
        options.listener(
            new GatehouseListener() {
              @Override
              public void instanceChanged(String server, String address, String change) {
                throw new IllegalStateException("as told");
              }
            });
    FleetState state = new FleetState("s", hostile);
    Fleet fleet = fleet(state, 2);
    fail(fleet, 0, 5);
    assertThat(share(fleet, 0)).isZero();
  }

  private Fleet weighing(FleetState state, int... weights) {
    List<Instance> instances =
        IntStream.range(0, weights.length)
            .mapToObj(i -> Instance.on("s").at("h" + i, 80).weight(weights[i]))
            .toList();
    return new Fleet(state, instances, new Fleet.Parts(options, () -> nanos));
  }

  private void probe(Fleet fleet, int position, boolean good, int times) {
    for (int i = 0; i < times; i++) {
      fleet.state().probed(fleet.member(position), good, nanos);
    }
  }

  /** One with weight 0 is up, and takes no calls all the same. */
  @Test
  void ejection_onlyOneWithWeight_never() {
    Fleet fleet = weighing(new FleetState("s", options), 0, 100);
    fleet.publish();
    fail(fleet, 1, 100);
    assertThat(heard).isEmpty();
    assertThat(fleet.pick(null)).isEqualTo(1);
  }

  @Test
  void ejected_othersLoseTheirWeightOrGoDown_takesCalls() {
    FleetState state = new FleetState("s", options);
    Fleet before = weighing(state, 100, 100);
    before.publish();
    fail(before, 1, 5);
    assertThat(before.pick(null)).isZero();
    Fleet drained = weighing(state, 0, 100);
    drained.publish();
    assertThat(drained.pick(null)).isEqualTo(1);
    Fleet back = weighing(state, 100, 100);
    back.publish();
    assertThat(share(back, 1)).isZero();
    probe(back, 0, false, 3);
    assertThat(back.pick(null)).isEqualTo(1);
    probe(back, 1, false, 3);
    assertThatThrownBy(() -> back.pick(null)).isInstanceOf(TransportException.class);
  }

  /** It may be of a snapshot that another overtook. */
  @Test
  void fleet_notPublished_changesNothing() {
    FleetState state = new FleetState("s", options);
    Fleet drained = weighing(state, 100, 0);
    drained.publish();
    weighing(state, 100, 100, 100);
    assertThat(share(drained, 1)).isZero();
    fail(drained, 0, 100);
    assertThat(heard).as("the only one that takes calls").isEmpty();
  }

  @Test
  void ejection_callsUnderWayThenFail_countForNothingAfterwards() {
    Fleet fleet = fleet(4);
    fail(fleet, 0, 9);
    advance(Duration.ofSeconds(30));
    fleet.pick(null);
    fail(fleet, 0, 4);
    assertThat(heard).containsExactly("h0:80 ejected", "h0:80 restored");
    fail(fleet, 0, 1);
    assertThat(heard).hasSize(3);
  }

  @Test
  void removed_whileCallsAreUnderWay_countForNothing() {
    FleetState state = new FleetState("s", options);
    Fleet before = weighing(state, 100, 100, 100);
    before.publish();
    Fleet after = weighing(state, 100, 100);
    after.publish();
    fail(before, 2, 10);
    probe(before, 2, false, 3);
    assertThat(heard).isEmpty();
    fail(after, 1, 5);
    assertThat(heard).as("the one that may be").containsExactly("h1:80 ejected");
    state.forget();
    probe(after, 0, false, 3);
    assertThat(heard).hasSize(1);
  }

  @Test
  void removed_whileAllAreDown_isDownNoMoreAndTellsNothingElse() {
    Fleet fleet = fleet(1);
    FleetState state = fleet.state();
    ServicePolicies policies = breaking(state, "n");
    int begun = policies.tryBegin();
    probe(fleet, 0, false, 3);
    state.allDown(true);
    state.forget();
    assertThat(heard).containsExactly("h0:80 down", "s down FAIL", "s not down FAIL");
    policies.ended(begun, true);
    assertThatThrownBy(() -> fleet.pick(null)).isInstanceOf(TransportException.class);
    state.forget();
    assertThat(heard).hasSize(3);
    fleet.publish();
    probe(fleet, 0, false, 3);
    state.allDown(true);
    assertThat(heard).as("registered again").endsWith("s down FAIL").hasSizeGreaterThan(3);
  }

  @Test
  void removedService_breakerTellsNothingMore() {
    FleetState state = new FleetState("s", options);
    ServicePolicies removed = breaking(state, "n");
    ServicePolicies kept = breaking(state, "m");
    state.retainServices(Set.of("m"));
    removed.ended(removed.tryBegin(), true);
    kept.ended(kept.tryBegin(), true);
    assertThat(heard).containsExactly("m open");
    assertThat(breaking(state, "n")).isNotSameAs(removed);
  }

  private ServicePolicies breaking(FleetState state, String service) {
    return state.policies(
        service, CallOptions.DEFAULT.breaker(1, Duration.ofSeconds(1)), () -> nanos);
  }

  @Test
  void overtaken_fiveInARow_ejectedAndNotTakenForFast() {
    Fleet fleet = fleet(4);
    succeed(fleet, 0);
    double before = fleet.member(0).latency().now(nanos);
    end(fleet, 0, Ending.OVERTAKEN, 500_000);
    assertThat(fleet.member(0).latency().now(nanos)).as("took longer than that").isEqualTo(before);
    end(fleet, 0, Ending.OVERTAKEN, 60_000_000);
    assertThat(fleet.member(0).latency().now(nanos)).isEqualTo(6e7);
    for (int i = 0; i < 3; i++) {
      end(fleet, 0, Ending.OVERTAKEN, 60_000_000);
    }
    assertThat(heard).containsExactly("h0:80 ejected");
  }

  @Test
  void abandoned_neitherFailureNorSuccess() {
    Fleet fleet = fleet(4);
    fail(fleet, 0, 4);
    double before = fleet.member(0).latency().now(nanos);
    end(fleet, 0, Ending.ABANDONED, 1_000);
    assertThat(fleet.member(0).latency().now(nanos)).isEqualTo(before);
    assertThat(heard).isEmpty();
    fail(fleet, 0, 1);
    assertThat(heard).containsExactly("h0:80 ejected");
  }

  /** Who refuses fast because it has too much to do must not get more. */
  @Test
  void shed_looksSlowAndIsNotEjected() {
    Fleet fleet = fleet(4);
    for (int i = 0; i < 20; i++) {
      end(fleet, 0, Ending.SHED, 1_000);
    }
    assertThat(heard).isEmpty();
    assertThat(fleet.member(0).latency().now(nanos)).isEqualTo(5e9);
    assertThat(Caller.ending(Response.of(429, ""), null)).isEqualTo(Ending.SHED);
    assertThat(Caller.ending(Response.of(501, ""), null)).isEqualTo(Ending.ANSWERED);
    assertThat(Caller.ending(Response.of(503, ""), null)).isEqualTo(Ending.FAILED);
  }

  private void end(Fleet fleet, int position, Ending ending, long took) {
    fleet.state().ended(fleet.member(position), took, ending, nanos);
  }

  @Test
  void slowStart_everyBalancer_aTenthOfItsShareAtFirst() {
    for (Balancer balancer :
        List.of(Balancer.roundRobin(), Balancer.random(), Balancer.latency(), Balancer.cpu())) {
      FleetOptions chosen = options.balancer(balancer);
      FleetState state = new FleetState("s", chosen);
      Fleet.Parts parts = new Fleet.Parts(chosen, () -> nanos);
      List<Instance> both = List.of(Instance.on("s").at("h0", 80), Instance.on("s").at("h1", 80));
      new Fleet(state, both.subList(0, 1), parts).publish();
      Fleet fleet = new Fleet(state, both, parts);
      fleet.publish();
      assertThat(share(fleet, 1)).as(balancer.toString()).isBetween(0.02, 0.13);
      advance(Duration.ofSeconds(30));
      assertThat(share(fleet, 1)).as(balancer.toString()).isBetween(0.45, 0.55);
    }
  }

  /** The upkeep looks at servers that nobody calls. */
  @Test
  void withoutCalls_changesAreToldAllTheSame() {
    Fleet fleet = fleet(2);
    fail(fleet, 0, 5);
    advance(Duration.ofSeconds(30));
    fleet.current();
    assertThat(heard).containsExactly("h0:80 ejected", "h0:80 restored");
    probe(fleet, 0, false, 3);
    probe(fleet, 1, false, 3);
    fleet.current();
    assertThat(heard).endsWith("s down FAIL");
  }
}
