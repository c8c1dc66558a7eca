package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server that third parties or the host run, on which {@linkplain Service services} live: a name
 * and where it listens. More addresses of it are {@linkplain Instance instances}. Names are alike
 * whatever their case.
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

  /** The key of the metadata entry with the path of probes. */
  public static final String HEALTH = "health";

  /** Most servers in a registry. */
  public static final int MAX_SERVERS = 10_000;

  /**
   * Most servers that an application {@linkplain Registry#attachedBy attaches}. Of instances and of
   * services it has as many in all as a server may have.
   */
  public static final int MAX_ATTACHED_SERVERS = 100;

  /** Names that FATE Flow's routes and configuration hold for themselves. */
  private static final Set<String> RESERVED =
      Set.of("service", "version", "fateflow", "fate_on_eggroll", "fate_on_spark");

  private final String name;
  private final Address address;
  private final Traits traits;
  private final long owner;
  private final @Nullable Times times;

  private Server(String name, Address address, Traits traits, long owner, @Nullable Times times) {
    this.name = name;
    this.address = address;
    this.traits = traits;
    this.owner = owner;
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
        () -> "server name must not be reserved, was '" + Check.shown(name) + "'");
  }

  /**
   * This server with another protocol.
   *
   * @param value {@code http}, the default, or {@code https}, in any case
   */
  public Server protocol(String value) {
    return new Server(name, address.protocol(value), traits, owner, times);
  }

  /**
   * This server with another share of the calls for its own address, against the weights of its
   * {@linkplain Instance instances}.
   *
   * @param value 0..1000, default 100; 0 for none, unless every instance has 0
   */
  public Server weight(int value) {
    return new Server(name, address, traits.weight(value), owner, times);
  }

  /**
   * This server with other metadata, as in {@link Instance#metadata(Map)}. Default none.
   *
   * <p>The entry {@value #HEALTH} is the path, with a query if need be, at which each instance is
   * asked how it is, if anything is to be asked: an answer of 200..299 to a GET there is good.
   */
  public Server metadata(Map<String, String> value) {
    String path = requireNonNull(value, "metadata").get(HEALTH);
    if (path != null) {
      Paths.valid(path, HEALTH);
    }
    return new Server(name, address, traits.metadata(value), owner, times);
  }

  /**
   * This server as attached by that application; of use to stores and the registry, which alone
   * decides whose a server is.
   *
   * @param applicationId 1 or more; 0 for the host's own
   */
  public Server ownedBy(long applicationId) {
    long valid = Check.range(applicationId, 0, Long.MAX_VALUE, "owner");
    return new Server(name, address, traits, valid, times);
  }

  /** The name as it was registered. */
  public String name() {
    return name;
  }

  /** The host name or IP address; an IPv6 address without brackets. */
  public String host() {
    return address.host();
  }

  /** The port, 1..65535. */
  public int port() {
    return address.port();
  }

  /** {@code http} or {@code https}. */
  public String protocol() {
    return address.protocol();
  }

  /** The share of the calls for its own address, 0..1000. */
  public int weight() {
    return traits.weight();
  }

  /** The metadata, in order of keys. */
  public Map<String, String> metadata() {
    return traits.metadata();
  }

  /** The id of the application that attached it; empty if the host registered it. */
  public OptionalLong owner() {
    return owner == 0 ? OptionalLong.empty() : OptionalLong.of(owner);
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
    return new Server(name, address, traits, owner, new Times(createdAt, updatedAt));
  }

  Address address() {
    return address;
  }

  Traits traits() {
    return traits;
  }

  /** Whether registering the other one, whose owner does not count, would change nothing. */
  boolean isWhatIsRegisteredBy(Server other) {
    return times != null
        && equals(other.ownedBy(owner).registered(times.createdAt(), times.updatedAt()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Server that
        && name.equals(that.name)
        && address.equals(that.address)
        && traits.equals(that.traits)
        && owner == that.owner
        && Objects.equals(times, that.times);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, address);
  }

  @Override
  public String toString() {
    return "Server '" + name + "' " + address.origin();
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
      return new Server(name, Address.of(host, port), Traits.DEFAULT, 0, null);
    }
  }
}
