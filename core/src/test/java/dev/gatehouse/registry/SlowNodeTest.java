package dev.gatehouse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Ten nodes of four workers each, one of them ten times slower, under a load that even the slow one
 * bears when each gets the same, in simulated time: each call waits for a worker of the node that
 * was picked.
 */
final class SlowNodeTest {
  private static final int NODES = 10;
  private static final int WORKERS = 4;
  private static final int CALLS = 20_000;
  private static final long WORK_NANOS = 10_000_000;

  private long nanos;

  private record Finish(long at, int node, long start) {}

  private long p99(Balancer balancer) {
    Random random = new Random(42);
    FleetOptions options = FleetOptions.DEFAULT.balancer(balancer).random(random::nextLong);
    Fleet fleet =
        new Fleet(
            new FleetState("s", options),
            IntStream.range(0, NODES).mapToObj(i -> Instance.on("s").at("h" + i, 80)).toList(),
            new Fleet.Parts(options, () -> nanos));
    fleet.publish();
    long[][] freeAt = new long[NODES][WORKERS];
    PriorityQueue<Finish> endings =
        new PriorityQueue<>((one, other) -> Long.compare(one.at(), other.at()));
    long[] times = new long[CALLS];
    double rate = 0.09 * NODES * WORKERS / WORK_NANOS;
    nanos = 0;
    for (int call = 0; call < CALLS; call++) {
      nanos += (long) (-Math.log(1 - random.nextDouble()) / rate);
      long now = nanos;
      while (!endings.isEmpty() && endings.peek().at() <= now) {
        end(fleet, endings.remove());
      }
      nanos = now;
      int node = fleet.pick(null);
      fleet.member(node).began();
      Arrays.sort(freeAt[node]);
      long work = (long) (-Math.log(1 - random.nextDouble()) * WORK_NANOS) * (node == 0 ? 10 : 1);
      long end = Math.max(now, freeAt[node][0]) + work;
      freeAt[node][0] = end;
      endings.add(new Finish(end, node, now));
      times[call] = end - now;
    }
    Arrays.sort(times);
    return times[CALLS * 99 / 100];
  }

  private void end(Fleet fleet, Finish ending) {
    nanos = ending.at();
    fleet.member(ending.node()).ended();
    fleet
        .state()
        .ended(
            fleet.member(ending.node()),
            ending.at() - ending.start(),
            Ending.ANSWERED,
            ending.at());
  }

  @Test
  void oneOfTenSlow_latency_p99FarBelowRoundRobinAndRandom() {
    long latency = p99(Balancer.latency());
    long roundRobin = p99(Balancer.roundRobin());
    long random = p99(Balancer.random());
    System.out.println(
        "p99 with one of ten nodes ten times slower: latency "
            + Duration.ofNanos(latency)
            + ", round robin "
            + Duration.ofNanos(roundRobin)
            + ", random "
            + Duration.ofNanos(random));
    assertThat(roundRobin).isGreaterThan(latency * 3 / 2);
    assertThat(random).isGreaterThan(latency * 3 / 2);
  }
}
