package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What a {@link Registry} runs by. Immutable.
 *
 * @param clock gives the times of registrations
 * @param ids gives the ids of applications: 1 or more, none twice
 * @param staleness how long changes by others may go unseen, 0..1 h
 * @param nanoTime a clock in nanoseconds that never steps back, by which staleness, health and the
 *     deadlines of calls and probes are measured
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

  /** These options while they are changed. */
  private static final class Draft {
    private final RegistryOptions of;
    private Duration staleness;
    private LongSupplier nanoTime;
    private Set<String> reservedServerNames;
    private Addressing addressing;
    private Protocols protocols;
    private FleetOptions fleet;
    private CallOptions calls;
    private BiFunction<String, CallOptions, CallOptions> callsOf;

    Draft(RegistryOptions of) {
      this.of = of;
      staleness = of.staleness;
      nanoTime = of.nanoTime;
      reservedServerNames = of.reservedServerNames;
      addressing = of.addressing;
      protocols = of.protocols;
      fleet = of.fleet;
      calls = of.calls;
      callsOf = of.callsOf;
    }

    RegistryOptions options() {
      return new RegistryOptions(
          of.clock,
          of.ids,
          staleness,
          nanoTime,
          reservedServerNames,
          addressing,
          protocols,
          fleet,
          calls,
          callsOf);
    }
  }

  private RegistryOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** These options with another staleness. */
  public RegistryOptions staleness(Duration value) {
    return with(draft -> draft.staleness = value);
  }

  /** These options with another clock for elapsed time. */
  public RegistryOptions nanoTime(LongSupplier value) {
    return with(draft -> draft.nanoTime = value);
  }

  /** These options with other reserved server names, such as the host's configuration sections. */
  public RegistryOptions reservedServerNames(Set<String> value) {
    return with(draft -> draft.reservedServerNames = value);
  }

  /** These options with services called elsewhere. */
  public RegistryOptions addressing(Addressing value) {
    return with(draft -> draft.addressing = value);
  }

  /** These options with something else made of services' own protocols. */
  public RegistryOptions protocols(Protocols value) {
    return with(draft -> draft.protocols = value);
  }

  /** These options with calls spread otherwise. */
  public RegistryOptions fleet(FleetOptions value) {
    return with(draft -> draft.fleet = value);
  }

  /** These options with services called otherwise. */
  public RegistryOptions calls(CallOptions value) {
    return with(draft -> draft.calls = value);
  }

  /** These options with the services of some servers called otherwise. */
  public RegistryOptions callsOf(BiFunction<String, CallOptions, CallOptions> value) {
    return with(draft -> draft.callsOf = value);
  }
}
