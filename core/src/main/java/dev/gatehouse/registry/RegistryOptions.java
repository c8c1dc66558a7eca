package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
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
 */
public record RegistryOptions(
    InstantSource clock,
    LongSupplier ids,
    Duration staleness,
    LongSupplier nanoTime,
    Set<String> reservedServerNames) {

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
  }

  /** A staleness of one second by {@link System#nanoTime}, and no further reserved names. */
  public static RegistryOptions of(InstantSource clock, LongSupplier ids) {
    return new RegistryOptions(clock, ids, Duration.ofSeconds(1), System::nanoTime, Set.of());
  }

  /** These options with another staleness. */
  public RegistryOptions staleness(Duration value) {
    return new RegistryOptions(clock, ids, value, nanoTime, reservedServerNames);
  }

  /** These options with another clock for measuring staleness. */
  public RegistryOptions nanoTime(LongSupplier value) {
    return new RegistryOptions(clock, ids, staleness, value, reservedServerNames);
  }

  /** These options with other reserved server names, such as the host's configuration sections. */
  public RegistryOptions reservedServerNames(Set<String> value) {
    return new RegistryOptions(clock, ids, staleness, nanoTime, value);
  }
}
