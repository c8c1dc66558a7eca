package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.observe.GatehouseListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * How calls are spread over the instances of servers, and which of these may take any. Immutable.
 *
 * @param balancers the balancer for a server, by its name in lower case; asked when a call is made
 *     after a change of the server or of its instances' health. What it throws, that call throws
 * @param local metadata that tell what is near, such as a zone: while an instance that has all of
 *     them may take calls, those that do not have them take none; empty for no preference
 * @param failures after so many failures in a row an instance is ejected, 1..1000
 * @param ejection for how long, times how often that happened lately, 1 s to 1 h; at most ten times
 *     that
 * @param maxEjected the most instances ejected at a time, in per cent of the server's, 0..100; one
 *     may always be, but never the last that takes calls: if the others go down or lose their
 *     weight later, those that are ejected take calls
 * @param slowStart how long an instance that comes, or comes back, takes to get its whole share, 0
 *     to 1 h; at first it gets a tenth of what the balancer gives it
 * @param allDown what becomes of a call when no instance may take it
 * @param listener hears of changes
 * @param random gives random numbers, all 64 bits of them
 */
public record FleetOptions(
    Function<String, Balancer> balancers,
    Map<String, String> local,
    int failures,
    Duration ejection,
    int maxEjected,
    Duration slowStart,
    AllDown allDown,
    GatehouseListener listener,
    LongSupplier random) {

  /** What becomes of a call when every instance is down by probes. */
  public enum AllDown {
    /** It fails at once. */
    FAIL,
    /** Every instance takes calls, as if all were up. */
    PANIC
  }

  /**
   * {@link Balancer#latency} for all servers, no preference, ejection after 5 failures for 30 s of
   * at most 10 per cent, 30 s of slow start, failing when all are down.
   */
  public static final FleetOptions DEFAULT =
      new FleetOptions(
          server -> Balancer.latency(),
          Map.of(),
          5,
          Duration.ofSeconds(30),
          10,
          Duration.ofSeconds(30),
          AllDown.FAIL,
          GatehouseListener.NONE,
          () -> ThreadLocalRandom.current().nextLong());

  /** Checks the ranges. */
  public FleetOptions {
    requireNonNull(balancers, "balancers");
    local = Map.copyOf(requireNonNull(local, "local"));
    Check.range(failures, 1, 1_000, "failures");
    Check.range(ejection, Duration.ofSeconds(1), Duration.ofHours(1), "ejection");
    Check.range(maxEjected, 0, 100, "maxEjected");
    Check.range(slowStart, Duration.ZERO, Duration.ofHours(1), "slowStart");
    requireNonNull(allDown, "allDown");
    requireNonNull(listener, "listener");
    requireNonNull(random, "random");
  }

  /** These options with one balancer for all servers. */
  public FleetOptions balancer(Balancer value) {
    requireNonNull(value, "balancer");
    return balancers(server -> value);
  }

  /** These options with other balancers. */
  public FleetOptions balancers(Function<String, Balancer> value) {
    return new FleetOptions(
        value, local, failures, ejection, maxEjected, slowStart, allDown, listener, random);
  }

  /** These options with another preference. */
  public FleetOptions local(Map<String, String> value) {
    return new FleetOptions(
        balancers, value, failures, ejection, maxEjected, slowStart, allDown, listener, random);
  }

  /** These options with other rules of ejection. */
  public FleetOptions ejecting(int afterFailures, Duration time, int mostPercent) {
    return new FleetOptions(
        balancers, local, afterFailures, time, mostPercent, slowStart, allDown, listener, random);
  }

  /** These options with another slow start. */
  public FleetOptions slowStart(Duration value) {
    return new FleetOptions(
        balancers, local, failures, ejection, maxEjected, value, allDown, listener, random);
  }

  /** These options with something else done when all are down. */
  public FleetOptions allDown(AllDown value) {
    return new FleetOptions(
        balancers, local, failures, ejection, maxEjected, slowStart, value, listener, random);
  }

  /** These options with another listener. */
  public FleetOptions listener(GatehouseListener value) {
    return new FleetOptions(
        balancers, local, failures, ejection, maxEjected, slowStart, allDown, value, random);
  }

  /** These options with other random numbers. */
  public FleetOptions random(LongSupplier value) {
    return new FleetOptions(
        balancers, local, failures, ejection, maxEjected, slowStart, allDown, listener, value);
  }
}
