package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server that third parties or the host run, on which {@linkplain Service services} live: a name
 * and where it listens. Names are alike whatever their case.
 *
 * <pre>{@code
 * registry.register(Server.named("features").at("10.0.0.3", 8080));
 * }</pre>
 *
 * Immutable.
 */
public final class Server {
  /** Longest name, in chars. */
  public static final int MAX_NAME = 30;

  /** Names that FATE Flow's routes and configuration hold for themselves. */
  private static final Set<String> RESERVED =
      Set.of("service", "version", "fateflow", "fate_on_eggroll", "fate_on_spark");

  private final String name;
  private final String host;
  private final int port;
  private final String protocol;
  private final @Nullable Times times;

  private Server(String name, String host, int port, String protocol, @Nullable Times times) {
    this.name = name;
    this.host = host;
    this.port = port;
    this.protocol = protocol;
    this.times = times;
  }

  /**
   * Begins a server with that name: 1..30 characters in Unicode normalization form C, none of them
   * a control or invisible character, no blank at either end. The names {@code service}, {@code
   * version}, {@code fateflow}, {@code fate_on_eggroll} and {@code fate_on_spark} are reserved.
   */
  public static Named named(String name) {
    Check.name(name, MAX_NAME, "server name");
    refuseReserved(name, RESERVED);
    return new Named(name);
  }

  /** Throws if the name is among the reserved ones, which are in lower case. */
  static void refuseReserved(String name, Set<String> reserved) {
    Check.that(
        !reserved.contains(RegistryStore.nameKey(name)),
        "server name must not be reserved, was '" + Check.shown(name) + "'");
  }

  /**
   * This server with another protocol.
   *
   * @param value {@code http}, the default, or {@code https}, in any case
   */
  public Server protocol(String value) {
    String lower = requireNonNull(value, "protocol").toLowerCase(Locale.ROOT);
    Check.that(
        lower.equals("http") || lower.equals("https"),
        "protocol must be http or https, was '" + Check.shown(value) + "'");
    return new Server(name, host, port, lower, times);
  }

  /** The name as it was registered. */
  public String name() {
    return name;
  }

  /** The host name or IP address; an IPv6 address without brackets. */
  public String host() {
    return host;
  }

  /** The port, 1..65535. */
  public int port() {
    return port;
  }

  /** {@code http} or {@code https}. */
  public String protocol() {
    return protocol;
  }

  /** When it was first registered, to the millisecond; empty before. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(times).map(Times::createdAt);
  }

  /** When it was last registered otherwise than before, to the millisecond; empty before. */
  public Optional<Instant> updatedAt() {
    return Optional.ofNullable(times).map(Times::updatedAt);
  }

  /** This server as registered at those times; of use to stores and the registry. */
  public Server registered(Instant createdAt, Instant updatedAt) {
    return new Server(name, host, port, protocol, new Times(createdAt, updatedAt));
  }

  /** Whether registering the other one would change nothing. */
  boolean isWhatIsRegisteredBy(Server other) {
    return times != null && equals(other.registered(times.createdAt(), times.updatedAt()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Server that
        && name.equals(that.name)
        && host.equals(that.host)
        && port == that.port
        && protocol.equals(that.protocol)
        && Objects.equals(times, that.times);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, host, port, protocol);
  }

  @Override
  public String toString() {
    return "Server '" + name + "' " + protocol + "://" + Host.inUri(host) + ":" + port;
  }

  /** A server whose address is still to be said. Immutable. */
  public static final class Named {
    private final String name;

    private Named(String name) {
      this.name = name;
    }

    /**
     * The server at that address, with protocol {@code http}.
     *
     * @param host a host name of at most 253 letters, digits, hyphens and dots, an IPv4 address, or
     *     an IPv6 address, in brackets or not; it is not looked up
     * @param port 1..65535
     */
    public Server at(String host, int port) {
      return new Server(name, Host.valid(host), Check.range(port, 1, 65_535, "port"), "http", null);
    }
  }
}
