package dev.gatehouse.transport.http.api;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.gatehouse.transport.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Mounts the API into the JDK's {@link HttpServer}, at the context {@code /}:
 *
 * <pre>{@code
 * HttpServer server = JdkHttpMount.server(new InetSocketAddress("127.0.0.1", 8080));
 * JdkHttpMount mount = JdkHttpMount.of(api);
 * server.setExecutor(mount.executor(Executors.newFixedThreadPool(64)));
 * server.createContext("/", mount);
 * server.start();
 * }</pre>
 *
 * <p>A body that does not come within {@link ApiLimits#bodyTime} is answered and its connection
 * closed, by a thread of the mount's that {@link #close} ends; the server is the host's to stop.
 * The server reads heads itself, on a thread of its executor, so that as many senders as it has
 * threads can hold it up by stopping in the middle of one: {@link #executor} closes such a
 * connection after 3 s, or the time for bodies if that is shorter; without it only {@code
 * maxReqTime} does. What the server refuses before the mount sees it, a head that is not HTTP, it
 * answers with a page of its own, and no audit record is written. Safe for use by multiple threads.
 */
public final class JdkHttpMount implements HttpHandler, AutoCloseable {
  private static final Duration LINGER = Duration.ofSeconds(1);
  private static final int LINGER_BYTES = 1 << 20;
  private static final Duration HEAD = Duration.ofSeconds(3);

  /** For how long nobody must have come before a drain takes it that nobody will. */
  private static final Duration QUIET = Duration.ofMillis(100);

  /** How long a drain refuses those who come nevertheless before it gives up on quiet. */
  private static final Duration NEWCOMERS = Duration.ofSeconds(1);

  private static final long LOOK_MILLIS = 20;

  private final HttpApi api;
  private final Deadlines deadlines = new Deadlines("gatehouse-http-bodies");

  /** Requests that came before the mount was closing, and are not answered yet. */
  private final AtomicInteger served = new AtomicInteger();

  /** Whatever the server is at, from before a head is read; and how often it was at something. */
  private final AtomicInteger underWay = new AtomicInteger();

  private final AtomicLong came = new AtomicLong();

  private volatile boolean closing;

  private JdkHttpMount(HttpApi api) {
    this.api = requireNonNull(api, "api");
  }

  /** The API as a handler. */
  public static JdkHttpMount of(HttpApi api) {
    return new JdkHttpMount(api);
  }

  /**
   * A server of the JDK's that is not started yet. It reads some settings only from the system's
   * properties, once for the whole process, when its first server is made; those that have no value
   * by then get one that serves the API: {@code sun.net.httpserver.nodelay=true}, or an answer
   * takes 40 ms on a connection that is kept; {@code drainAmount=0}, or a body that is refused is
   * waited for; {@code maxReqTime=12} for head and body together, more than which {@link
   * ApiLimits#bodyTime} needs if it is above 10 s; {@code maxRspTime=60}, both in seconds.
   *
   * @param address port 0 for any that is free
   * @throws IOException if the address cannot be bound
   */
  public static HttpServer server(InetSocketAddress address) throws IOException {
    setIfAbsent("nodelay", "true");
    setIfAbsent("drainAmount", "0");
    setIfAbsent("maxReqTime", "12");
    setIfAbsent("maxRspTime", "60");
    return HttpServer.create(address, 0);
  }

  private static void setIfAbsent(String name, String value) {
    String property = "sun.net.httpserver." + name;
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * The threads of the server that this is mounted into, on the host's: a connection whose head
   * does not come in time is closed. That interrupts the thread while the server reads on it, at no
   * other time.
   *
   * @param threads at least as many as there may be slow senders at once; the host's to shut down
   */
  public Executor executor(Executor threads) {
    requireNonNull(threads, "threads");
    Duration bodyTime = api.limits().bodyTime();
    long most = (bodyTime.compareTo(HEAD) < 0 ? bodyTime : HEAD).toNanos();
    return task -> {
      begin();
      try {
        threads.execute(
            () -> {
              try {
                TimedHead.run(task, deadlines, most);
              } finally {
                end();
              }
            });
      } catch (RejectedExecutionException e) {
        end();
        throw e;
      }
    };
  }

  private void begin() {
    underWay.incrementAndGet();
    came.incrementAndGet();
  }

  private void end() {
    underWay.decrementAndGet();
    if (closing) {
      synchronized (underWay) {
        underWay.notifyAll();
      }
    }
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    TimedHead.came();
    begin();
    served.incrementAndGet();
    // Looked at after it is counted: a drain that sees no request sees that this one sees it.
    boolean refused = closing;
    if (refused) {
      served.decrementAndGet();
    }
    try {
      answer(exchange, refused);
    } finally {
      if (!refused) {
        served.decrementAndGet();
      }
      end();
    }
  }

  private void answer(HttpExchange exchange, boolean refused) throws IOException {
    try (exchange;
        TimedBody body = new TimedBody(exchange.getRequestBody())) {
      ApiRequest request =
          new ApiRequest(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              exchange.getRequestHeaders(),
              body,
              exchange.getRemoteAddress().getAddress().getHostAddress());
      Deadlines.Deadline late =
          deadlines.in(api.limits().bodyTime().toNanos(), () -> endEarly(exchange, request, body));
      ApiResponse response = refused ? api.closing(request) : api.handle(request);
      late.callOff();
      if (body.tryAnswer()) {
        send(exchange, response);
        if (response.headers().first("Connection").isPresent()) {
          linger(exchange);
        }
      }
    }
  }

  /**
   * Reads on for a moment what is refused already. A connection that is closed on bytes that nobody
   * read is reset, and the answer lost on its way.
   */
  private void linger(HttpExchange exchange) {
    Deadlines.Deadline end = deadlines.in(LINGER.toNanos(), exchange::close);
    byte[] buffer = new byte[LINGER_BYTES / 64];
    try {
      int left = LINGER_BYTES;
      int read = 0;
      while (read >= 0 && left > 0) {
        read = exchange.getRequestBody().read(buffer);
        left -= read;
      }
    } catch (IOException e) {
      // The sender has gone, or took too long: either way this is the end.
      exchange.close();
    } finally {
      end.callOff();
    }
  }

  private void endEarly(HttpExchange exchange, ApiRequest request, TimedBody body) {
    if (!body.tryGiveUp()) {
      return;
    }
    try (exchange) {
      send(exchange, api.tooSlow(request));
    } catch (IOException e) {
      // Whoever was to read the answer is gone.
      exchange.close();
    }
  }

  private static void send(HttpExchange exchange, ApiResponse response) throws IOException {
    for (Headers.Field field : response.headers().fields()) {
      exchange.getResponseHeaders().add(field.name(), field.value());
    }
    boolean withoutBody = exchange.getRequestMethod().equals("HEAD");
    long length = response.length().orElse(0);
    boolean empty = response.length().isPresent() && length == 0;
    exchange.sendResponseHeaders(response.status(), withoutBody || empty ? -1 : length);
    if (!withoutBody) {
      response.writeTo(exchange.getResponseBody());
    }
    exchange.getResponseBody().flush();
  }

  /**
   * Answers whatever comes from now on that the service is not available, and waits until what came
   * before is answered, for as long as that; then for those who come nevertheless: until nobody has
   * for 100 ms, at most 1 s in all. What a host does before it stops its server, which of itself
   * waits for nobody; to be stopped with a delay of 1 s, so that who was let in last is answered
   * too.
   *
   * @return whether all that came before is answered
   */
  public boolean drain(Duration timeout) throws InterruptedException {
    requireNonNull(timeout, "timeout");
    closing = true;
    long start = System.nanoTime();
    long changed = start;
    long seen = came.get();
    for (long now = start; now - start < timeout.toNanos(); now = System.nanoTime()) {
      if (underWay.get() > 0 || came.get() != seen) {
        changed = now;
        seen = came.get();
      }
      boolean quiet = now - changed >= QUIET.toNanos() || now - start >= NEWCOMERS.toNanos();
      if (quiet && served.get() == 0) {
        return true;
      }
      synchronized (underWay) {
        underWay.wait(LOOK_MILLIS);
      }
    }
    return served.get() == 0;
  }

  /** Ends the mount's thread; bodies that do not come are waited for from then on. Idempotent. */
  @Override
  public void close() {
    deadlines.close();
  }
}
