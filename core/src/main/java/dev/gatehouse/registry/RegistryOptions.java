package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What a {@link Registry} runs by. Immutable.
 *
 * @param clock gives the times of registrations
 * @param ids gives the ids of applications: 1 or more, none twice
 * @param staleness how long changes by others may go unseen, 0..1 h
 * @param nanoTime a clock in nanoseconds that never steps back, for measuring staleness
 * @param reservedServerNames server names to refuse beside those that {@link Server#named} refuses
 * @param addressing where services are called
 * @param protocols whether a service's own protocol must be its server's
 * @param fleet how calls are spread over the instances of servers
 * @param calls how services are called
 * @param callsOf how those of a server are called, by its name in lower case, of what holds for
 *     all; asked once, at the first call after the server was registered or the process began. What
 *     it throws, that call throws
 */
public record RegistryOptions(
    InstantSource clock,
    LongSupplier ids,
    Duration staleness,
    LongSupplier nanoTime,
    Set<String> reservedServerNames,
    Addressing addressing,
    Protocols protocols,
    FleetOptions fleet,
    CallOptions calls,
    BiFunction<String, CallOptions, CallOptions> callsOf) {

  /**
   * {@link System#nanoTime}, the default. With this very clock, whose time passes as that of
   * sleeping threads does, a started upkeep measures the staleness for lookups.
   */
  public static final LongSupplier SYSTEM_NANO_TIME = System::nanoTime;

  /** Where services are called. */
  public enum Addressing {
    /** At an instance of the server, as these are when it is called. */
    AT_CALL,
    /**
     * At the address that the server itself had when the service was registered, as FATE Flow does:
     * whoever moves a server registers its services again.
     */
    AT_REGISTRATION
  }

  /** What is made of a service's own protocol. */
  public enum Protocols {
    /** It is kept and not used. */
    KEPT,
    /** A service whose own protocol is not its server's is refused. */
    CHECKED
  }

  /** Checks the staleness. */
  public RegistryOptions {
    requireNonNull(clock, "clock");
    requireNonNull(ids, "ids");
    Check.range(staleness, Duration.ZERO, Duration.ofHours(1), "staleness");
    requireNonNull(nanoTime, "nanoTime");
    reservedServerNames =
        requireNonNull(reservedServerNames, "reservedServerNames").stream()
            .map(RegistryStore::nameKey)
            .collect(Collectors.toUnmodifiableSet());
    requireNonNull(addressing, "addressing");
    requireNonNull(protocols, "protocols");
    requireNonNull(fleet, "fleet");
    requireNonNull(calls, "calls");
    requireNonNull(callsOf, "callsOf");
  }

  /**
   * A staleness of one second by {@link System#nanoTime}, no further reserved names, services
   * called where their server is then, their own protocols kept.
   */
  public static RegistryOptions of(InstantSource clock, LongSupplier ids) {
    return new RegistryOptions(
        clock,
        ids,
        Duration.ofSeconds(1),
        SYSTEM_NANO_TIME,
        Set.of(),
        Addressing.AT_CALL,
        Protocols.KEPT,
        FleetOptions.DEFAULT,
        CallOptions.DEFAULT,
        (server, all) -> all);
  }

  /** These options with another staleness. */
  public RegistryOptions staleness(Duration value) {
    return new RegistryOptions(
        clock,
        ids,
        value,
        nanoTime,
        reservedServerNames,
        addressing,
        protocols,
        fleet,
        calls,
        callsOf);
  }

  /** These options with another clock for measuring staleness. */
  public RegistryOptions nanoTime(LongSupplier value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        value,
        reservedServerNames,
        addressing,
        protocols,
        fleet,
        calls,
        callsOf);
  }

  /** These options with other reserved server names, such as the host's configuration sections. */
  public RegistryOptions reservedServerNames(Set<String> value) {
    return new RegistryOptions(
        clock, ids, staleness, nanoTime, value, addressing, protocols, fleet, calls, callsOf);
  }

  /** These options with services called elsewhere. */
  public RegistryOptions addressing(Addressing value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        nanoTime,
        reservedServerNames,
        value,
        protocols,
        fleet,
        calls,
        callsOf);
  }

  /** These options with something else made of services' own protocols. */
  public RegistryOptions protocols(Protocols value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        nanoTime,
        reservedServerNames,
        addressing,
        value,
        fleet,
        calls,
        callsOf);
  }

  /** These options with calls spread otherwise. */
  public RegistryOptions fleet(FleetOptions value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        nanoTime,
        reservedServerNames,
        addressing,
        protocols,
        value,
        calls,
        callsOf);
  }

  /** These options with services called otherwise. */
  public RegistryOptions calls(CallOptions value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        nanoTime,
        reservedServerNames,
        addressing,
        protocols,
        fleet,
        value,
        callsOf);
  }

  /** These options with the services of some servers called otherwise. */
  public RegistryOptions callsOf(BiFunction<String, CallOptions, CallOptions> value) {
    return new RegistryOptions(
        clock,
        ids,
        staleness,
        nanoTime,
        reservedServerNames,
        addressing,
        protocols,
        fleet,
        calls,
        value);
  }
}
