package dev.gatehouse.registry;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One of the addresses at which a {@link Server} answers, beside the server's own. Calls are spread
 * over all of them. Within a server, host and port tell instances apart.
 *
 * <pre>{@code
 * registry.register(Instance.on("features").at("10.0.0.4", 8080).lease(Duration.ofSeconds(30)));
 * }</pre>
 *
 * An instance with a lease is there as long as somebody {@linkplain Registry#renew renews} it; one
 * without, until it is removed. Immutable.
 */
public final class Instance {
  /** Most instances of a server, its own address not counted. */
  public static final int MAX_INSTANCES = 1_000;

  /** Shortest lease. */
  public static final Duration MIN_LEASE = Duration.ofSeconds(1);

  /** Longest lease. */
  public static final Duration MAX_LEASE = Duration.ofDays(1);

  private final String server;
  private final Address address;
  private final Traits traits;
  private final Term term;
  private final @Nullable Times times;

  private Instance(
      String server, Address address, Traits traits, Term term, @Nullable Times times) {
    this.server = server;
    this.address = address;
    this.traits = traits;
    this.term = term;
    this.times = times;
  }

  /** Begins an instance of the server of that name, which must be registered before. */
  public static Placed on(String server) {
    return new Placed(Check.name(server, Server.MAX_NAME, "server name"));
  }

  /** The server's own address as one of its instances. */
  static Instance own(Server server) {
    return new Instance(server.name(), server.address(), server.traits(), Term.NONE, null);
  }

  /**
   * This instance with another protocol.
   *
   * @param value {@code http}, the default, or {@code https}, in any case
   */
  public Instance protocol(String value) {
    return new Instance(server, address.protocol(value), traits, term, times);
  }

  /**
   * This instance with another share of the calls, against the weights of the server's other
   * instances.
   *
   * @param value 0..1000, default 100; 0 for none, unless every instance has 0
   */
  public Instance weight(int value) {
    return new Instance(server, address, traits.weight(value), term, times);
  }

  /**
   * This instance with other metadata: at most 32 entries, keys of 1..64 ASCII letters, digits,
   * dots, hyphens and underscores, values of at most 256 characters without control characters,
   * 4,096 characters all together. Default none.
   */
  public Instance metadata(Map<String, String> value) {
    return new Instance(server, address, traits.metadata(value), term, times);
  }

  /**
   * This instance with a lease of that length, to the millisecond: who registers it must renew it
   * in time, or it is removed. Default none: it stays until it is removed.
   *
   * @param value 1 s to 1 day; zero for none
   */
  public Instance lease(Duration value) {
    requireNonNull(value, "lease");
    if (!value.isZero()) {
      Check.range(value, MIN_LEASE, MAX_LEASE, "lease");
    }
    return new Instance(
        server, address, traits, new Term(Duration.ofMillis(value.toMillis()), 0), times);
  }

  /** The name of its server, as this instance's registration spelled it. */
  public String server() {
    return server;
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

  /**
   * Host and port as they stand in a URI, the host in lower case: {@code 10.0.0.4:8080}. This is
   * what tells the instances of a server apart.
   */
  public String address() {
    return address.key();
  }

  /** The share of the calls, 0..1000. */
  public int weight() {
    return traits.weight();
  }

  /** The metadata, in order of keys. */
  public Map<String, String> metadata() {
    return traits.metadata();
  }

  /** The length of the lease; empty if it has none. */
  public Optional<Duration> lease() {
    return term.lease().isZero() ? Optional.empty() : Optional.of(term.lease());
  }

  /**
   * The number of this registration: who registers the same address later has a higher one, and
   * renewals by the earlier are refused. 0 before it is registered.
   */
  public long epoch() {
    return term.epoch();
  }

  /** When it was first registered, to the millisecond; empty before. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(times).map(Times::createdAt);
  }

  /** When it was last registered, to the millisecond; empty before. */
  public Optional<Instant> updatedAt() {
    return Optional.ofNullable(times).map(Times::updatedAt);
  }

  /** This instance as registered at those times; of use to stores and the registry. */
  public Instance registered(long epoch, Instant createdAt, Instant updatedAt) {
    Check.range(epoch, 1, Long.MAX_VALUE, "epoch");
    return new Instance(
        server, address, traits, new Term(term.lease(), epoch), new Times(createdAt, updatedAt));
  }

  String origin() {
    return address.origin();
  }

  /** Whether registering the other one would change nothing: never so with a lease. */
  boolean isWhatIsRegisteredBy(Instance other) {
    return times != null
        && term.lease().isZero()
        && equals(other.registered(term.epoch(), times.createdAt(), times.updatedAt()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Instance that
        && server.equals(that.server)
        && address.equals(that.address)
        && traits.equals(that.traits)
        && term.equals(that.term)
        && Objects.equals(times, that.times);
  }

  @Override
  public int hashCode() {
    return Objects.hash(server, address);
  }

  @Override
  public String toString() {
    return "Instance " + origin() + " of '" + server + "'";
  }

  private record Term(Duration lease, long epoch) {
    static final Term NONE = new Term(Duration.ZERO, 0);
  }

  /** An instance whose address is still to be said. Immutable. */
  public static final class Placed {
    private final String server;

    private Placed(String server) {
      this.server = server;
    }

    /**
     * The instance at that address, with protocol {@code http}.
     *
     * @param host as in {@link Server.Named#at}
     * @param port 1..65535
     */
    public Instance at(String host, int port) {
      return new Instance(server, Address.of(host, port), Traits.DEFAULT, Term.NONE, null);
    }
  }
}
