package dev.gatehouse.transport.http;

import static java.util.Objects.requireNonNull;

import dev.gatehouse.check.Check;
import dev.gatehouse.error.LimitException;
import dev.gatehouse.error.TransportException;
import dev.gatehouse.transport.BodySource;
import dev.gatehouse.transport.Deadline;
import dev.gatehouse.transport.Request;
import dev.gatehouse.transport.Response;
import dev.gatehouse.transport.StreamedResponse;
import dev.gatehouse.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Authenticator;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.CookieJar;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/**
 * Sends requests over HTTP/1.1, guarded against server-side request forgery: the address of every
 * connection is judged at the moment of connecting, after the name was resolved. Refused are
 * private, loopback, link-local, shared, reserved, multicast and documentation ranges of IPv4 and
 * IPv6 (also as carried by NAT64, 6to4 and Teredo) and the addresses of this machine's interfaces,
 * unless {@link Builder#allow} opens them; the metadata services of clouds always.
 *
 * <p>One send is at most one request: no redirect is followed, nothing repeated. No cookie, cache,
 * proxy or authenticator takes part, and no answer is inflated. Header fields go out as given;
 * {@code User-Agent: gatehouse} and {@code Accept-Encoding: identity} are added if absent. Refused
 * are header values that are not ASCII, fields that frame the message or name the host, and targets
 * with user info, a fragment, dot segments, or a host that parsers read differently ({@code
 * 127.1}).
 *
 * <p>Limits: {@value #MAX_PER_HOST} requests at once to a host and {@value #MAX_REQUESTS} in all,
 * further ones wait, up to {@value #MAX_PENDING} under way or waiting, beyond which a send fails
 * with a {@link LimitException}; an answer's head of 256 KiB and 128 fields, else it fails; of an
 * answer's body, {@link Builder#maxAnswerBytes} are kept and the rest is cut off ({@link
 * Response#isTruncated}). The deadline covers waiting, name resolution, connecting, sending and
 * receiving. Of what is {@linkplain #stream streamed}, any length is taken, {@value #MAX_STREAMS}
 * at once in all, further ones fail likewise; and it fails if no byte comes or goes for {@link
 * Builder#streamIdleTimeout}. A connection is kept for 4 s after its last answer, and looked at
 * before it is used again: a server may have closed it.
 *
 * <p>{@link #execute} uses the caller's thread; its deadline and interrupting the thread end it
 * whatever it waits for. {@link #send} and {@link #stream} use threads of the transport, on which a
 * stage's dependents run, which should not block. A failure's message names the origin and says
 * {@code no connection to}, {@code no whole answer from} or {@code no answer in time from}; whether
 * an address was refused or merely silent stands only in the exception's cause, which is not for
 * third parties.
 *
 * <p>Safe for use by multiple threads.
 */
public final class HttpTransport implements Transport {
  static final int MAX_PER_HOST = 64;
  static final int MAX_REQUESTS = 256;
  static final int MAX_PENDING = 4096;
  static final int MAX_STREAMS = 64;

  static final String CLOSED = "the transport is closed";
  private static final String NOT_IN_TIME = "no answer in time from ";
  private static final Duration IDLE_CONNECTION = Duration.ofSeconds(4);
  private static final Duration IDLE_THREAD = Duration.ofSeconds(10);

  private final OkHttpClient client;
  private final OkHttpClient streaming;
  private final Targets targets;
  private final AddressGuard guard;
  private final ExecutorService workers;
  private final Deadlines deadlines;
  private final Exchange.Shared shared;
  private final Semaphore streams = new Semaphore(MAX_STREAMS);
  private volatile boolean closed;

  private HttpTransport(Builder builder) {
    targets = new Targets(builder.schemes, builder.ports);
    workers =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_THREAD.toMillis(),
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            threads("gatehouse-http-"));
    deadlines =
        new Deadlines(
            late -> endEarly(late, NOT_IN_TIME + late.origin()),
            threads("gatehouse-http-deadline-"));
    shared =
        new Exchange.Shared(
            builder.maxAnswerBytes,
            new Places(new Places.Limits(MAX_PER_HOST, MAX_REQUESTS, MAX_PENDING)),
            () -> closed);
    guard = new AddressGuard(builder.allowed, new OwnAddresses());
    client = hardened(builder.client, guard, builder.connectTimeout, workers);
    streaming =
        client
            .newBuilder()
            .readTimeout(builder.streamIdleTimeout)
            .writeTimeout(builder.streamIdleTimeout)
            .build();
  }

  /** A transport with the safe defaults. */
  public static HttpTransport create() {
    return builder().build();
  }

  /** Starts from the safe defaults. */
  public static Builder builder() {
    return new Builder();
  }

  private static OkHttpClient hardened(
      OkHttpClient base, AddressGuard guard, Duration connectTimeout, ExecutorService workers) {
    Dispatcher dispatcher = new Dispatcher(workers);
    // Places bound them, together with those on threads of callers.
    dispatcher.setMaxRequests(Integer.MAX_VALUE);
    dispatcher.setMaxRequestsPerHost(Integer.MAX_VALUE);
    OkHttpClient.Builder builder =
        base.newBuilder()
            .dispatcher(dispatcher)
            .connectionPool(
                new ConnectionPool(MAX_REQUESTS, IDLE_CONNECTION.toMillis(), TimeUnit.MILLISECONDS))
            .socketFactory(new GuardedSockets(guard))
            .dns(new GuardedDns(base.dns(), guard, workers))
            .proxy(Proxy.NO_PROXY)
            .protocols(List.of(Protocol.HTTP_1_1))
            .followRedirects(false)
            .followSslRedirects(false)
            .retryOnConnectionFailure(false)
            .fastFallback(false)
            .cookieJar(CookieJar.NO_COOKIES)
            .authenticator(Authenticator.NONE)
            .proxyAuthenticator(Authenticator.NONE)
            .cache(null)
            .connectTimeout(connectTimeout)
            // The deadline covers what follows.
            .readTimeout(Duration.ZERO)
            .writeTimeout(Duration.ZERO)
            .callTimeout(Duration.ZERO);
    Trip.install(builder);
    LiveConnections.install(builder, MAX_REQUESTS);
    return builder.build();
  }

  @Override
  public CompletionStage<Response> send(Request request, Deadline deadline) {
    requireNonNull(request, "request");
    requireNonNull(deadline, "deadline");
    Trip trip = new Trip();
    Exchange exchange;
    try {
      Call call = call(client, targets.translate(request, trip), deadline);
      exchange = new Exchange(call, trip, endOf(deadline), shared);
    } catch (TransportException e) {
      return CompletableFuture.failedFuture(e);
    }
    watch(exchange);
    exchange.start(() -> deadlines.remove(exchange));
    return exchange.future();
  }

  @Override
  public Response execute(Request request, Deadline deadline) throws InterruptedException {
    requireNonNull(request, "request");
    requireNonNull(deadline, "deadline");
    Trip trip = new Trip();
    Call call = call(client, targets.translate(request, trip), deadline);
    BlockingExchange exchange = new BlockingExchange(call, trip, endOf(deadline), shared);
    watch(exchange);
    try {
      return exchange.run();
    } finally {
      deadlines.remove(exchange);
    }
  }

  @Override
  public CompletionStage<StreamedResponse> stream(
      Request request, BodySource body, Deadline deadline) {
    requireNonNull(request, "request");
    requireNonNull(body, "body");
    requireNonNull(deadline, "deadline");
    Trip trip = new Trip();
    Call call;
    try {
      call = call(streaming, targets.translate(request, body, trip), deadline);
    } catch (TransportException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (!streams.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new LimitException("too many streams under way, at most " + MAX_STREAMS));
    }
    StreamedExchange exchange = new StreamedExchange(call, trip, endOf(deadline), () -> closed);
    watch(exchange);
    exchange.start(
        () -> {
          streams.release();
          deadlines.remove(exchange);
        });
    return exchange.future();
  }

  private Call call(OkHttpClient by, okhttp3.Request request, Deadline deadline) {
    if (closed) {
      throw new TransportException(CLOSED);
    }
    if (deadline.remaining().isZero()) {
      throw new TransportException(NOT_IN_TIME + Exchange.origin(request));
    }
    return by.newCall(request);
  }

  private static long endOf(Deadline deadline) {
    return System.nanoTime() + deadline.remaining().toNanos();
  }

  /**
   * Whether a target may be called, as far as that can be told without looking a name up: its
   * scheme, form and port, and its address if that stands in it. A name is judged by {@link #send}.
   */
  public boolean permits(URI target) {
    try {
      String host =
          targets.translate(Request.get(requireNonNull(target, "target")), new Trip()).url().host();
      boolean literal = host.indexOf(':') >= 0 || Cidr.isIpv4(host);
      return !literal || guard.permits(InetAddress.getByName(host));
    } catch (TransportException | UnknownHostException e) {
      return false;
    }
  }

  /**
   * Whether something takes connections there, which is tried once, under the same guard as
   * requests: an address that may not be called takes none. Blocks.
   *
   * @param port 1..65535
   * @param timeout 1 ms to 60 s for each address of the host
   */
  public boolean connects(String host, int port, Duration timeout) {
    requireNonNull(host, "host");
    Check.range(port, 1, 65_535, "port");
    Check.range(timeout, Duration.ofMillis(1), Duration.ofSeconds(60), "timeout");
    try {
      for (InetAddress address : client.dns().lookup(host)) {
        if (connects(new InetSocketAddress(address, port), (int) timeout.toMillis())) {
          return true;
        }
      }
    } catch (UnknownHostException e) {
      return false;
    }
    return false;
  }

  private boolean connects(InetSocketAddress address, int timeoutMillis) {
    try (Socket socket = client.socketFactory().createSocket()) {
      socket.connect(address, timeoutMillis);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends it when its time is up; who closes sees it, or it sees that this is closed. */
  private void watch(UnderWay exchange) {
    deadlines.add(exchange);
    if (closed) {
      endEarly(exchange, CLOSED);
    }
  }

  /** Completes the future on a worker, since its dependents are the caller's code. */
  private void endEarly(UnderWay exchange, String message) {
    Runnable end = () -> exchange.end(new TransportException(message));
    try {
      workers.execute(end);
    } catch (RejectedExecutionException e) {
      end.run();
    }
  }

  private static ThreadFactory threads(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Fails what is under way or waiting, and closes all connections. Does not wait. Idempotent. */
  @Override
  public void close() {
    closed = true;
    deadlines.close(exchange -> endEarly(exchange, CLOSED));
    workers.shutdown();
    client.connectionPool().evictAll();
  }

  /** Collects what differs from the safe defaults. Not safe: confine to one thread. */
  public static final class Builder {
    private final List<Cidr> allowed = new ArrayList<>();
    private final Set<Integer> ports = new TreeSet<>();
    private Targets.Schemes schemes = Targets.Schemes.HTTP_AND_HTTPS;
    private OkHttpClient client = new OkHttpClient();
    private Duration connectTimeout = Duration.ofSeconds(3);
    private Duration streamIdleTimeout = Duration.ofSeconds(30);
    private int maxAnswerBytes = 64 << 10;

    private Builder() {}

    /**
     * Ranges that may be reached although they are refused by default, such as {@code 10.20.0.0/16}
     * or {@code fd12:3456::/32}, for third parties on the host's own network. Adds to ranges given
     * before. Link-local addresses and the metadata services of clouds stay refused.
     *
     * @throws IllegalArgumentException if a text is no range, or has bits set after its prefix
     */
    public Builder allow(String... cidrs) {
      for (String cidr : requireNonNull(cidrs, "cidrs")) {
        allowed.add(Cidr.parse(cidr));
      }
      return this;
    }

    /**
     * The only ports that may be called, 1..65535. Adds to ports given before. Default: all but
     * those that browsers refuse, where servers of other protocols (mail, IRC, SIP, file systems)
     * would take a request for commands.
     */
    public Builder ports(int... numbers) {
      for (int number : requireNonNull(numbers, "ports")) {
        ports.add(Check.range(number, 1, 65_535, "port"));
      }
      return this;
    }

    /** Refuses http. Default: http and https. */
    public Builder httpsOnly() {
      schemes = Targets.Schemes.HTTPS;
      return this;
    }

    /**
     * A client of the host to take TLS settings (trusted certificates, pinning, client
     * certificates), DNS, interceptors and event listener from. Default: OkHttp's own. The client
     * itself is neither changed nor closed; what it says about sockets, proxy, redirects, retries,
     * timeouts, cookies, authentication, cache, protocols and dispatcher is replaced. Its
     * interceptors are trusted: they see requests and answers, and must keep the request's tags.
     */
    public Builder client(OkHttpClient value) {
      client = requireNonNull(value, "client");
      return this;
    }

    /** The time for connecting to one address, 1 ms to 60 s. Default 3 s. */
    public Builder connectTimeout(Duration value) {
      connectTimeout =
          Check.range(value, Duration.ofMillis(1), Duration.ofSeconds(60), "connectTimeout");
      return this;
    }

    /**
     * How long nothing may come, or nothing be taken, while bodies are streamed, 1 ms to 10 min.
     * Default 30 s.
     */
    public Builder streamIdleTimeout(Duration value) {
      streamIdleTimeout =
          Check.range(value, Duration.ofMillis(1), Duration.ofMinutes(10), "streamIdleTimeout");
      return this;
    }

    /** The bytes that are kept of an answer's body, 1 to 16 MiB. Default 64 KiB. */
    public Builder maxAnswerBytes(int value) {
      maxAnswerBytes = Check.range(value, 1, 16 << 20, "maxAnswerBytes");
      return this;
    }

    /** The transport. Does no I/O and starts no thread. */
    public HttpTransport build() {
      return new HttpTransport(this);
    }
  }
}
